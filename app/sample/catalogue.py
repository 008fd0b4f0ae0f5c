"""The object types of the sample, by the part of the railway that they belong to."""

from __future__ import annotations

from app.sample.business import FINANCE, MAINTENANCE, PEOPLE, SAFETY, SALES
from app.sample.words import Type

T = Type
_ACTIVE = {"status": "ACTIVE"}

NETWORK = (
    T(
        "Line",
        "Lines",
        "network",
        "A railway line between two ends.",
        "lineNumber:string! name:~name!* length:double electrified:boolean validFrom:~validFrom validUntil:~validUntil createdAt:~createdAt updatedAt:~updatedAt",
        _ACTIVE,
        {"length": {"format": {"unit": "km"}}},
    ),
    T(
        "LineSection",
        "Line sections",
        "network",
        "The track between two neighbouring operating points.",
        "sectionId:string! name:string* lineNumber:string! maximumSpeed:integer gradient:double course:geoshape",
    ),
    T("Track", "Tracks", "network", "One pair of rails.", "trackId:string! sectionId:string! gauge:short usage:string"),
    T(
        "OperatingPoint",
        "Operating points",
        "network",
        "A place with a name on the network.",
        "code:string! name:~name!* location:~location kind:string",
        _ACTIVE,
    ),
    T(
        "Junction",
        "Junctions",
        "network",
        "Where lines meet or part.",
        "junctionId:string! name:string* location:geopoint switches:integer",
    ),
    T(
        "Signal",
        "Signals",
        "network",
        "What tells the driver to go or to stop.",
        "signalId:string! trackId:string! kind:string kilometre:double lastAspect:series(string)",
    ),
    T("Tunnel", "Tunnels", "network", "Track below ground.", "tunnelId:string! name:string* length:double opened:date"),
    T(
        "Bridge",
        "Bridges",
        "network",
        "Track above water, road or valley.",
        "bridgeId:string! name:string* length:double loadLimit:decimal(8,2) inspectionReport:attachment",
    ),
    T(
        "LevelCrossing",
        "Level crossings",
        "network",
        "Where a road crosses the track.",
        "crossingId:string! location:geopoint protection:string closures:series(integer)",
    ),
    T(
        "ElectrificationSection",
        "Electrification sections",
        "network",
        "Catenary that is fed and switched as one.",
        "feedId:string! voltage:integer frequency:float load:series(double)",
    ),
)
STATIONS = (
    T(
        "Station",
        "Stations",
        "stations",
        "Where passengers board and leave trains.",
        "stationCode:string! name:~name!* location:~location address:@postalAddress country:@countryCode opened:date photo:media_reference createdAt:~createdAt updatedAt:~updatedAt",
        {
            **_ACTIVE,
            "visibility": "PROMINENT",
            "icon": {"name": "train-station", "colour": "#F2A541"},
            "translations": {"ko": {"displayName": "역", "description": "승객이 열차에 타고 내리는 곳."}, "de": {"displayName": "Bahnhof"}},
        },
    ),
    T(
        "Platform",
        "Platforms",
        "stations",
        "An edge along which a train stops.",
        "platformId:string! stationCode:string! number:string* length:integer height:short accessible:boolean",
    ),
    T(
        "Entrance",
        "Entrances",
        "stations",
        "A way from the street into a station.",
        "entranceId:string! stationCode:string! name:string* location:geopoint stepFree:boolean",
    ),
    T(
        "Elevator",
        "Elevators",
        "stations",
        "A lift between levels.",
        "assetNumber:string! name:~name!* bookValue:decimal(14,2) inService:boolean outages:series(integer) createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T(
        "TicketMachine",
        "Ticket machines",
        "stations",
        "Where tickets are bought without a counter.",
        "assetNumber:string! name:~name!* bookValue:decimal(14,2) cash:boolean software:string createdAt:~createdAt updatedAt:~updatedAt",
    ),
    T(
        "Shop",
        "Shops",
        "stations",
        "A tenant in a station.",
        "shopId:string! stationCode:string! name:string* category:string rent:decimal(10,2)",
    ),
    T(
        "ParkingLot",
        "Parking lots",
        "stations",
        "Where people leave cars and bicycles.",
        "lotId:string! stationCode:string! spaces:integer occupancy:series(double)",
    ),
    T(
        "DisplayBoard",
        "Display boards",
        "stations",
        "What shows departures.",
        "boardId:string! stationCode:string! model:string firmware:string",
    ),
)
FLEET = (
    T(
        "Vehicle",
        "Vehicles",
        "fleet",
        "Anything that runs on rails.",
        "uicNumber:@uicNumber! name:~name!* assetNumber:string! bookValue:decimal(14,2) commissioned:date position:geotime_series mileage:series(double) createdAt:~createdAt updatedAt:~updatedAt",
        {**_ACTIVE, "visibility": "PROMINENT", "icon": {"name": "train", "colour": "#2364AA"}, "aliases": ["RollingStock"]},
    ),
    T(
        "VehicleClass",
        "Vehicle classes",
        "fleet",
        "Vehicles that were built alike.",
        "classCode:string! name:string* manufacturer:string maximumSpeed:integer seats:integer drawing:attachment",
        _ACTIVE,
    ),
    T("TrainSet", "Train sets", "fleet", "Vehicles that run coupled.", "setNumber:string! name:string* formed:timestamp length:double"),
    T(
        "Locomotive",
        "Locomotives",
        "fleet",
        "A vehicle that pulls.",
        "locomotiveId:string! power:integer traction:string energy:series(double)",
    ),
    T("Coach", "Coaches", "fleet", "A vehicle for passengers.", "coachId:string! seatsFirst:integer seatsSecond:integer bicycles:byte"),
    T("Depot", "Depots", "fleet", "Where vehicles rest.", "depotCode:string! name:~name!* location:~location capacity:integer"),
    T(
        "Sensor",
        "Sensors",
        "fleet",
        "Something on a vehicle that measures.",
        "sensorId:string! kind:string unit:string reading:series(double) fingerprint:vector(8)",
    ),
    T(
        "SeatMap",
        "Seat maps",
        "fleet",
        "Which seat is where.",
        "mapId:string! version:integer layout:struct(rows=integer,columns=integer,quietZone=boolean)",
    ),
)
TIMETABLE = (
    T(
        "Timetable",
        "Timetables",
        "timetable",
        "What runs from one date to another.",
        "timetableId:string! name:~name!* validFrom:~validFrom! validUntil:~validUntil",
        _ACTIVE,
    ),
    T(
        "Service",
        "Services",
        "timetable",
        "Trains under one number, day after day.",
        "serviceNumber:string! name:string* category:string timetableId:string! days:string[]",
        {"visibility": "PROMINENT"},
    ),
    T(
        "Trip",
        "Trips",
        "timetable",
        "One service on one day.",
        "tripId:string! serviceNumber:string! date:date! punctuality:@percentage",
        {"visibility": "PROMINENT"},
    ),
    T(
        "StopTime",
        "Stop times",
        "timetable",
        "When a trip is where.",
        "stopTimeId:string! tripId:string! stationCode:string! arrival:timestamp departure:timestamp platform:string",
    ),
    T(
        "Connection",
        "Connections",
        "timetable",
        "A change of trains that is promised.",
        "connectionId:string! minutes:short guaranteed:boolean",
    ),
    T(
        "PathRequest",
        "Path requests",
        "timetable",
        "Asking the network for a slot.",
        "requestId:string! submitted:timestamp status:string externalId:@externalId",
    ),
    T("Calendar", "Calendars", "timetable", "On which days something runs.", "calendarId:string! name:string* dates:date[]"),
)
OPERATIONS = (
    T(
        "Disruption",
        "Disruptions",
        "operations",
        "Something that keeps trains from running.",
        "disruptionId:string! headline:string!* began:timestamp ended:timestamp severity:@severity cause:string area:geoshape",
        {"visibility": "PROMINENT"},
    ),
    T("Delay", "Delays", "operations", "Minutes that a trip lost.", "delayId:string! tripId:string! minutes:integer reason:string"),
    T("ControlCentre", "Control centres", "operations", "Where dispatchers work.", "centreId:string! name:~name!* location:~location!"),
    T(
        "Dispatch",
        "Dispatches",
        "operations",
        "An order of a dispatcher.",
        "dispatchId:string! issued:timestamp text:string* acknowledged:boolean",
    ),
    T(
        "Announcement",
        "Announcements",
        "operations",
        "What passengers are told.",
        "announcementId:string! text:string* languages:string[] audio:media_reference",
    ),
    T(
        "WeatherReport",
        "Weather reports",
        "operations",
        "What the sky does.",
        "reportId:string! issued:timestamp temperature:float warning:string",
    ),
    T(
        "OccupancyForecast",
        "Occupancy forecasts",
        "operations",
        "How full a train will be.",
        "forecastId:string! tripId:string! expected:@percentage model:string",
    ),
)

PARTS = {
    "network": NETWORK, "stations": STATIONS, "fleet": FLEET, "timetable": TIMETABLE, "operations": OPERATIONS, "people": PEOPLE,
    "sales": SALES, "maintenance": MAINTENANCE, "safety": SAFETY, "finance": FINANCE,
}  # fmt: skip

# object type → interface → interface property → own property
IMPLEMENTS: dict[str, dict[str, dict[str, str]]] = {
    "OperatingPoint": {"Located": {"name": "name", "location": "location"}},
    "Station": {"Located": {"name": "name", "location": "location"}, "Recorded": {"createdAt": "createdAt", "updatedAt": "updatedAt"}},
    "Depot": {"Located": {"name": "name", "location": "location"}},
    "Workshop": {"Located": {"name": "name", "location": "location"}},
    "ControlCentre": {"Located": {"name": "name", "location": "location"}},
    "Line": {"Named": {"name": "name"}, "Valid": {"validFrom": "validFrom", "validUntil": "validUntil"}},
    "Timetable": {"Named": {"name": "name"}, "Valid": {"validFrom": "validFrom", "validUntil": "validUntil"}},
    "Contract": {"Valid": {"validFrom": "validFrom", "validUntil": "validUntil"}},
    "Fare": {
        "Payable": {"amount": "amount", "createdAt": "createdAt", "updatedAt": "updatedAt"},
        "Valid": {"validFrom": "validFrom", "validUntil": "validUntil"},
    },
    **{
        name: {"Asset": {own: own for own in ("name", "assetNumber", "bookValue", "createdAt", "updatedAt")}}
        for name in ("Vehicle", "Elevator", "TicketMachine")
    },
    "Supplier": {"Contactable": {"email": "email"}},
    "Employee": {"Contactable": {"email": "email", "phone": "phone"}},
    **{
        name: {"Payable": {own: own for own in ("amount", "createdAt", "updatedAt")}}
        for name in ("Ticket", "Refund", "WorkOrder", "Invoice")
    },
}
