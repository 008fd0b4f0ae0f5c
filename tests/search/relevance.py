"""Fifty questions to one ontology, and what people expect to find first. The same for whatever answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from app.domain.change_set import Operation
from app.persistence.database import Database
from app.sample.story import ANNA, NAME, tell
from app.services.editing import Editing
from tests.given import object_type

SUCCESS, RECIPROCAL = 0.94, 0.85  # floors: an expected hit among the first three, and the mean of 1 / its place


class Question(NamedTuple):
    """What is typed, and the apiNames any of which is right."""

    query: str
    wanted: tuple[str, ...]


QUESTIONS = tuple(
    Question(query, tuple(wanted.split()))
    for query, wanted in (
        # names, whole and in part
        ("station", "Station"), ("Line", "Line"), ("line section", "LineSection"), ("lineSection", "LineSection"),
        ("LevelCrossing", "LevelCrossing"), ("level crossings", "LevelCrossing"), ("train set", "TrainSet"), ("vehicle class", "VehicleClass"),
        ("parking", "ParkingLot"), ("display", "DisplayBoard"), ("work order", "WorkOrder"), ("postal address", "postalAddress"),
        ("seat map", "SeatMap"), ("currency code", "currencyCode"), ("stationCode", "stationCode"), ("tickets of customer", "ticketsOfCustomer"),
        # the beginning of words
        ("electri", "ElectrificationSection electrified"), ("qualif", "Qualification"), ("disrup", "Disruption"), ("timet", "Timetable"),
        # other forms of words
        ("inspections", "Inspection"), ("locomotives", "Locomotive"), ("training", "Training"), ("reserved", "Reservation reserve-seat"),
        ("refunding", "Refund refund-ticket"),
        # typing errors
        ("staton", "Station"), ("vehcile", "Vehicle"), ("locomotiv", "Locomotive"), ("elevater", "Elevator"), ("anouncement", "Announcement"),
        ("pasenger", "Coach Station Announcement"), ("tunel", "Tunnel"),
        # what is said about it
        ("passengers board", "Station"), ("where vehicles are repaired", "Workshop"), ("somebody left behind", "LostItem"),
        ("catenary", "ElectrificationSection"), ("ISO 4217", "currencyCode"), ("WGS 84", "location"),
        # structure: an object type by its properties, a property with its owner
        ("station step free", "Entrance stepFree"), ("bridge load limit", "loadLimit Bridge"), ("driver licence", "licence Driver"),
        # Korean: names, translations, pairs within words, particles, descriptions
        ("역", "Station"), ("직원", "Employee"), ("구급차로", "Ambulance"), ("고속열차", "ExpressTrain"), ("환승", "TransferStation"),
        ("예약을", "SeatBooking"), ("환자", "Patient"), ("처방전은", "Prescription"), ("갈아타는", "TransferStation"),
    )
)  # fmt: skip


def korean() -> list[Operation]:
    """What the sample lacks: entities whose own words are Korean."""
    told = {
        "ExpressTrain": ("고속열차", "먼 도시 사이를 빠르게 달리는 열차."),
        "TransferStation": ("환승역", "승객이 다른 노선으로 갈아타는 역."),
        "SeatBooking": ("좌석 예약", "열차의 좌석을 미리 잡아 두는 것."),
        "Patient": ("환자", "병원에서 진료를 받는 사람."),
        "Prescription": ("처방전", "의사가 환자에게 내린 약의 목록."),
        "Ambulance": ("구급차", "환자를 병원으로 옮기는 차량."),
    }
    return [each for name, (shown, said) in told.items() for each in object_type(name, displayName=shown, description=said)]


async def tell_all(database: Database) -> str:
    """Write the fixed ontology; answers with its name."""
    await tell(database)
    await Editing(database).apply(ANNA, NAME, korean())
    return NAME


class Judged(NamedTuple):
    """How good the answers are, and which were not."""

    success: float
    reciprocal: float
    missed: tuple[str, ...]

    def __str__(self) -> str:
        missed = "".join(f"\n  {each}" for each in self.missed)
        return f"success@3 {self.success:.2f}, mean reciprocal rank {self.reciprocal:.2f}, not first:{missed}"


async def judged(ask: Callable[[str], Awaitable[list[str]]]) -> Judged:
    """Ask every question; `ask` answers with the apiNames of the first ten hits."""
    ranks, missed = [], []
    for question in QUESTIONS:
        names = await ask(question.query)
        rank = next((place for place, name in enumerate(names, 1) if name in question.wanted), 0)
        ranks.append(rank)
        if rank != 1:
            missed.append(f"{question.query}: {' '.join(question.wanted)} at {rank or '-'}: {' '.join(names[:4])}")
    return Judged(sum(1 <= rank <= 3 for rank in ranks) / len(ranks), sum(1 / rank for rank in ranks if rank) / len(ranks), tuple(missed))
