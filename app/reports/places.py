"""Where a page of lines ended, as an address says it: the next page goes on from there. Pure."""

from datetime import UTC, datetime
from typing import NamedTuple


class Place(NamedTuple):
    """A line by its moment, its kind (a number) and its id."""

    at: datetime
    kind: int
    id: int


def told(place: Place) -> str:
    """A place as part of an address."""
    return f"{place.at.astimezone(UTC).isoformat()}_{place.kind}_{place.id}"


def read(text: str, kinds: int) -> Place | None:
    """The place that an address tells, where there are so many kinds; None for anything that is no place."""
    try:
        at, kind, row = text.split("_")
        place = Place(datetime.fromisoformat(at), int(kind), int(row))
    except ValueError:
        return None
    known = place.at.tzinfo and 0 <= place.kind < kinds and 0 <= place.id < 2**63
    return place if known else None
