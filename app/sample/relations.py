"""The links and actions of the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.kind import Kind
from app.sample.words import create

if TYPE_CHECKING:
    from app.domain.change_set import Operation

# name, one side, its name for the other, many side, its name for the other, foreign key on the many side
ONE_TO_MANY = (
    ("sectionsOfLine", "Line", "sections", "LineSection", "line", "lineNumber"),
    ("tracksOfSection", "LineSection", "tracks", "Track", "section", "sectionId"),
    ("signalsOfTrack", "Track", "signals", "Signal", "track", "trackId"),
    ("platformsOfStation", "Station", "platforms", "Platform", "station", "stationCode"),
    ("entrancesOfStation", "Station", "entrances", "Entrance", "station", "stationCode"),
    ("shopsOfStation", "Station", "shops", "Shop", "station", "stationCode"),
    ("parkingOfStation", "Station", "parkingLots", "ParkingLot", "station", "stationCode"),
    ("boardsOfStation", "Station", "displayBoards", "DisplayBoard", "station", "stationCode"),
    ("servicesOfTimetable", "Timetable", "services", "Service", "timetable", "timetableId"),
    ("tripsOfService", "Service", "trips", "Trip", "service", "serviceNumber"),
    ("stopsOfTrip", "Trip", "stopTimes", "StopTime", "trip", "tripId"),
    ("stopsAtStation", "Station", "stopTimes", "StopTime", "station", "stationCode"),
    ("delaysOfTrip", "Trip", "delays", "Delay", "trip", "tripId"),
    ("forecastsOfTrip", "Trip", "forecasts", "OccupancyForecast", "trip", "tripId"),
    ("driversOfEmployee", "Employee", "driverRecords", "Driver", "employee", "employeeNumber"),
    ("shiftsOfEmployee", "Employee", "shifts", "Shift", "employee", "employeeNumber"),
    ("recordsOfDriver", "Driver", "qualificationRecords", "DriverQualification", "driver", "driverId"),
    ("recordsOfQualification", "Qualification", "driverRecords", "DriverQualification", "qualification", "qualificationId"),
    ("ticketsOfCustomer", "Customer", "tickets", "Ticket", "customer", "customerNumber"),
    ("subscriptionsOfCustomer", "Customer", "subscriptions", "Subscription", "customer", "customerNumber"),
    ("reservationsOfTicket", "Ticket", "reservations", "Reservation", "ticket", "ticketId"),
    ("reservationsOfTrip", "Trip", "reservations", "Reservation", "trip", "tripId"),
    ("refundsOfTicket", "Ticket", "refunds", "Refund", "ticket", "ticketId"),
    ("contractsOfSupplier", "Supplier", "contracts", "Contract", "supplier", "supplierId"),
)
# name, A, its name for B, B, its name for A
MANY_TO_MANY = (
    ("stationsOnLine", "Line", "stations", "Station", "lines"),
    ("vehiclesInSet", "TrainSet", "vehicles", "Vehicle", "trainSets"),
    ("vehiclesOfClass", "VehicleClass", "vehicles", "Vehicle", "classes"),
    ("setsOfTrip", "Trip", "trainSets", "TrainSet", "trips"),
    ("disruptedLines", "Disruption", "lines", "Line", "disruptions"),
    ("disruptedStations", "Disruption", "stations", "Station", "disruptions"),
    ("membersOfTeam", "Team", "members", "Employee", "teams"),
    ("ordersForVehicle", "WorkOrder", "vehicles", "Vehicle", "workOrders"),
    ("partsOfOrder", "WorkOrder", "spareParts", "SparePart", "workOrders"),
    ("defectsOfVehicle", "Vehicle", "defects", "Defect", "vehicles"),
    ("inspectedVehicles", "Inspection", "vehicles", "Vehicle", "inspections"),
    ("hazardsOfIncident", "Incident", "hazards", "Hazard", "incidents"),
    ("investigatedIncidents", "Investigation", "incidents", "Incident", "investigations"),
    ("rulesForHazard", "Hazard", "safetyRules", "SafetyRule", "hazards"),
    ("sensorsOfVehicle", "Vehicle", "sensors", "Sensor", "vehicles"),
    ("partnerStations", "Station", "partners", "Station", "partnerOf"),
)


def links() -> list[Operation]:
    """Every link type; foreign keys, joins, one intermediary and one link to its own object type among them."""
    made = [
        create(
            Kind.LINK_TYPE, name, apiName=name, cardinality="ONE_TO_MANY", a=_side(one, near), b=_side(many, far),
            backing={"type": "FOREIGN_KEY", "property": f"ref:{many}.{key}"},
        )
        for name, one, near, many, far, key in ONE_TO_MANY
    ]  # fmt: skip
    made += [
        create(Kind.LINK_TYPE, name, apiName=name, cardinality="MANY_TO_MANY", a=_side(a, near), b=_side(b, far), backing={"type": "JOIN"})
        for name, a, near, b, far in MANY_TO_MANY
    ]
    through = {
        "type": "INTERMEDIARY", "objectType": "ref:DriverQualification",
        "linkA": "ref:recordsOfDriver", "linkB": "ref:recordsOfQualification",
    }  # fmt: skip
    made.append(
        create(
            Kind.LINK_TYPE, "qualificationsOfDriver", apiName="qualificationsOfDriver", cardinality="MANY_TO_MANY",
            a=_side("Driver", "qualifications"), b=_side("Qualification", "drivers"), backing=through,
        )
    )  # fmt: skip
    return made


def _side(object_type: str, name: str) -> dict[str, str]:
    return {"objectType": f"ref:{object_type}", "apiName": name}


def _from(parameter: str) -> dict[str, str]:
    return {"source": "PARAMETER", "parameter": parameter}


def _value(name: str, base: str, **more: Any) -> dict[str, Any]:
    return {"apiName": name, "displayName": name.capitalize(), "kind": "VALUE", "type": {"base": base}, **more}


def _object(name: str, object_type: str) -> dict[str, Any]:
    return {"apiName": name, "displayName": name.capitalize(), "kind": "OBJECT_REFERENCE", "objectType": f"ref:{object_type}"}


def _sets(prop: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"key": prop.replace(".", "-"), "property": f"ref:{prop}", "value": value}


def _when(operator: str, left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {"operator": operator, "left": left, "right": right}


def _constant(value: Any) -> dict[str, Any]:
    return {"source": "CONSTANT", "constant": value}


def _criterion(condition: dict[str, Any], message: str) -> list[dict[str, Any]]:
    return [{"condition": condition, "message": message}]


def actions() -> list[Operation]:
    """What people do: every type of rule is used somewhere."""
    named = _criterion(_when("NOT_EQUAL", {"source": "CURRENT_USER"}, _constant("")), "Sign in first.")
    return [
        create(
            Kind.ACTION_TYPE, "report-disruption", apiName="report-disruption", description="Tell everybody that something is wrong.",
            parameters=[_value("headline", "STRING"), _value("severity", "INTEGER", allowedValues=[1, 2, 3, 4, 5], default=2), _object("line", "Line")],
            rules=[{
                "key": "create", "type": "CREATE_OBJECT", "objectType": "ref:Disruption",
                "assignments": [
                    _sets("Disruption.disruptionId", {"source": "UNIQUE_ID"}), _sets("Disruption.headline", _from("headline")),
                    _sets("Disruption.severity", _from("severity")), _sets("Disruption.began", {"source": "CURRENT_TIME"}),
                ],
            }],
            criteria=_criterion(
                {"operator": "AND", "conditions": [
                    _when("MATCHES", _from("headline"), _constant(r".{10,}")),
                    {"operator": "OR", "conditions": [
                        _when("LESS", _from("severity"), _constant(4)),
                        {"operator": "NOT", "conditions": [_when("EQUAL", {"source": "CURRENT_USER"}, _constant("trainee"))]},
                    ]},
                ]},
                "Say in ten characters or more what is wrong; trainees may not report severity 4 and above.",
            ),
        ),
        create(
            Kind.ACTION_TYPE, "close-disruption", apiName="close-disruption", parameters=[_object("disruption", "Disruption")],
            rules=[{"key": "modify", "type": "MODIFY_OBJECT", "parameter": "disruption", "assignments": [_sets("Disruption.ended", {"source": "CURRENT_TIME"})]}],
            criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "record-training", apiName="record-training",
            parameters=[_object("training", "Training"), _value("title", "STRING")],
            rules=[{"key": "save", "type": "CREATE_OR_MODIFY_OBJECT", "objectType": "ref:Training", "parameter": "training", "assignments": [_sets("Training.title", _from("title"))]}],
            criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "discard-lost-item", apiName="discard-lost-item", parameters=[_object("item", "LostItem")],
            rules=[{"key": "delete", "type": "DELETE_OBJECT", "parameter": "item"}], criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "join-team", apiName="join-team", parameters=[_object("team", "Team"), _object("employee", "Employee")],
            rules=[{"key": "link", "type": "CREATE_LINK", "linkType": "ref:membersOfTeam", "a": "team", "b": "employee"}], criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "leave-team", apiName="leave-team", parameters=[_object("team", "Team"), _object("employee", "Employee")],
            rules=[{"key": "unlink", "type": "DELETE_LINK", "linkType": "ref:membersOfTeam", "a": "team", "b": "employee"}], criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "rename-place", apiName="rename-place",
            parameters=[
                {"apiName": "place", "displayName": "Place", "kind": "INTERFACE_REFERENCE", "interface": "ref:Located"}, _value("name", "STRING"),
            ],
            rules=[{
                "key": "rename", "type": "MODIFY_INTERFACE_OBJECT", "parameter": "place",
                "assignments": [{"key": "name", "interfaceProperty": "name", "value": _from("name")}],
            }],
            criteria=named,
        ),
        create(
            Kind.ACTION_TYPE, "optimise-rosters", apiName="optimise-rosters", status="EXPERIMENTAL",
            parameters=[{"apiName": "drivers", "displayName": "Drivers", "kind": "OBJECT_SET", "objectType": "ref:Driver"}],
            rules=[{"key": "run", "type": "FUNCTION", "function": {"name": "rosters.optimise", "version": "2.1", "inputs": {"drivers": _from("drivers")}}}],
            criteria=named,
        ),
    ]  # fmt: skip
