"""What the tests of the schema have in common."""

from __future__ import annotations

import pytest

from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests.asking import Asking


@pytest.fixture
def ask(database):
    """The schema over the emptied database."""
    return Asking(database)


@pytest.fixture
def editing(database):
    return Editing(database)


@pytest.fixture
def change_sets(database):
    return ChangeSets(database)
