"""What the sample's object types share: groups, value types, shared properties and interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.kind import Kind
from app.sample.words import Vocabulary, create, data_type

if TYPE_CHECKING:
    from app.domain.change_set import Operation

GROUPS = {
    "network": ("#0B6E4F", "Network", "노선망"),
    "stations": ("#F2A541", "Stations", "역"),
    "fleet": ("#2364AA", "Fleet", "차량"),
    "timetable": ("#7B2D8B", "Timetable", "시간표"),
    "operations": ("#C1292E", "Operations", "운행"),
    "people": ("#3D5A80", "People", "직원"),
    "sales": ("#E07A5F", "Sales", "판매"),
    "maintenance": ("#6C584C", "Maintenance", "정비"),
    "safety": ("#D00000", "Safety", "안전"),
    "finance": ("#2A9D8F", "Finance", "재무"),
}

VALUE_TYPES: dict[str, tuple[str, list[dict[str, Any]], str]] = {
    "emailAddress": ("string", [{"type": "REGEX", "pattern": r"[^@\s]+@[^@\s]+\.[a-z]{2,}"}], "An address that mail can be sent to."),
    "phoneNumber": ("string", [{"type": "REGEX", "pattern": r"\+[1-9][0-9]{6,14}"}], "E.164, with the plus sign."),
    "countryCode": (
        "string",
        [{"type": "ONE_OF", "values": ["AT", "BE", "CH", "DE", "DK", "FR", "IT", "KR", "NL", "SE"]}],
        "ISO 3166-1 alpha-2.",
    ),
    "currencyCode": ("string", [{"type": "ONE_OF", "values": ["EUR", "CHF", "DKK", "SEK", "KRW"]}], "ISO 4217."),
    "percentage": ("double", [{"type": "RANGE", "min": 0, "max": 100}], "Hundredths of a whole."),
    "uicNumber": ("string", [{"type": "LENGTH", "min": 12, "max": 12}], "The twelve digits painted on a vehicle."),
    "externalId": ("string", [{"type": "UUID"}], "An identifier that another system gave."),
    "labels": ("string[]", [{"type": "ARRAY_SIZE", "max": 20}, {"type": "ARRAY_UNIQUE"}], "Up to twenty different words."),
    "postalAddress": (
        "struct(street=string,postcode=string,city=string,country=string)",
        [
            {
                "key": "country",
                "type": "STRUCT_FIELD",
                "field": "country",
                "constraint": {"key": "length", "type": "LENGTH", "min": 2, "max": 2},
            }
        ],
        "Where letters go.",
    ),
    "severity": ("integer", [{"type": "ONE_OF", "values": [1, 2, 3, 4, 5]}], "1 is a nuisance, 5 a catastrophe."),
}

SHARED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "name": ("string", "What people call it.", {"required": True}),
    "createdAt": ("timestamp", "When the record was made.", {"indexedForSearch": False}),
    "updatedAt": ("timestamp", "When the record was last touched.", {"indexedForSearch": False}),
    "location": ("geopoint", "Where it is, WGS 84.", {}),
    "notes": ("string", "Anything worth knowing.", {"visibility": "HIDDEN"}),
    "labelsOfRecord": ("string[]", "Words to find it by.", {}),
    "validFrom": ("date", "The first day on which it holds.", {}),
    "validUntil": ("date", "The last day on which it holds.", {}),
    "amount": ("decimal(14,2)", "Money, in the currency beside it.", {"format": {"unit": "EUR", "pattern": "#,##0.00"}}),
    "classification": ("marking", "Who may see it.", {"required": True}),
}

INTERFACES: dict[str, dict[str, Any]] = {
    "Recorded": {"description": "Something with a record in our systems.", "properties": ["createdAt", "updatedAt"]},
    "Named": {"description": "Something that people call by a name.", "properties": ["name!"]},
    "Located": {"description": "Something that has a place.", "properties": ["location!"], "extends": ["Named"]},
    "Valid": {"description": "Something that holds for a time.", "properties": ["validFrom!", "validUntil"]},
    "Asset": {
        "description": "Something that we own and maintain.",
        "properties": [],
        "extends": ["Named", "Recorded"],
        "own": {"assetNumber": "string!", "bookValue": "decimal(14,2)"},
    },
    "Contactable": {"description": "Somebody whom we can reach.", "properties": [], "own": {"email": "string!", "phone": "string"}},
    "Payable": {"description": "Something that costs money.", "properties": ["amount!"], "extends": ["Recorded"]},
}


def vocabulary() -> Vocabulary:
    """The types behind the names."""
    return Vocabulary(
        {name: data_type(text) for name, (text, _, _) in VALUE_TYPES.items()},
        {name: data_type(text) for name, (text, _, _) in SHARED.items()},
    )


def foundations() -> list[Operation]:
    """The creations, in an order in which people read them."""
    made = [
        create(Kind.TYPE_GROUP, name, apiName=name, displayName=shown, colour=colour, translations={"ko": {"displayName": korean}})
        for name, (colour, shown, korean) in GROUPS.items()
    ]
    made += [
        create(Kind.VALUE_TYPE, name, apiName=name, description=sentence, type=data_type(text), constraints=constraints)
        for name, (text, constraints, sentence) in VALUE_TYPES.items()
    ]
    made += [
        create(Kind.SHARED_PROPERTY, name, apiName=name, description=sentence, type=data_type(text), **more)
        for name, (text, sentence, more) in SHARED.items()
    ]
    return [*made, *(_interface(name, given) for name, given in INTERFACES.items())]


def _interface(name: str, given: dict[str, Any]) -> Operation:
    properties: list[dict[str, Any]] = [
        {"key": each.rstrip("!"), "sharedProperty": f"ref:{each.rstrip('!')}", "required": each.endswith("!")}
        for each in given["properties"]
    ]
    properties += [
        {"key": own, "apiName": own, "type": data_type(text.rstrip("!")), "required": text.endswith("!")}
        for own, text in given.get("own", {}).items()
    ]
    extends = [f"ref:{each}" for each in given.get("extends", [])]
    return create(Kind.INTERFACE, name, apiName=name, description=given["description"], properties=properties, extends=extends)
