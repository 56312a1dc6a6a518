"""A file of any length is written in the memory that a short one takes."""

import ctypes
import gc
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from app.core import clock
from app.reports import movements
from app.reports.files import making, rows
from app.reports.files.orders import Order, Wanted
from app.reports.periods import Period

MANY = 50_000
MEGABYTE = 1024  # in the kilobytes that the kernel tells
DAYS = Period(date(2026, 1, 1), date(2026, 2, 1), "UTC")
WANTED = Wanted("donations", "csv", DAYS, "en", with_donors=True)
ORDER = Order(0, "code", 0, "Paper Lanterns", "NL", WANTED)


def counted(count: int) -> Select:
    """As many movements as are wanted, each as long as real ones are."""
    number = func.generate_series(1, count).column_valued("number")
    words = {
        "kind": "gift",
        "donor_name": "Dora Donor of Somewhere",
        "email": "dora.donor@example.org",
        "project": "Draw it into reality, with a long name",
        "project_code": "k7m2x4k7m2",
        "video": "A swing from a drawing, and who drew it",
        "video_code": "k7m2x4k7m2",
        "creator": "Cleo Creator",
        "currency": "EUR",
        "rule": "last",
    }
    return select(
        literal(clock.now()).label("at"),
        func.concat("number-", number).label("number"),
        literal(False).label("anonymous"),
        literal(1).label("rule_version"),
        number.label("gross"),
        literal(0).label("refunded"),
        literal(29).label("fee"),
        *(literal(value).label(name) for name, value in words.items()),
    )


@pytest.fixture
def many(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session in which every report has MANY movements."""
    monkeypatch.setattr(movements, "statement", lambda *_: counted(MANY))
    monkeypatch.setattr(movements, "sums", lambda *_: movements.Sums([], MANY))
    return session


def order(format_: str) -> Order:
    return Order(
        0, "code", 0, "Paper Lanterns", "NL", Wanted("donations", format_, DAYS, "en", with_donors=True)
    )


def grown(work: Callable[[], object]) -> int:
    """By how many kilobytes the memory of this process was larger while `work` ran."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what earlier tests have left free would hide what this one takes
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    work()
    return memory("VmHWM") - before


def memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def test_fifty_thousand_rows_take_no_more_memory_than_a_few(many: Session, tmp_path: Path):
    told: list[tuple[int, int]] = []
    path = tmp_path / "report.csv"
    taken = grown(lambda: making.make(ORDER, path, lambda done, rows: told.append((done, rows))))
    assert sum(1 for _ in lines_of(path)) == MANY + 1
    assert told == [(0, MANY), (20_000, MANY), (40_000, MANY)]
    assert taken < 12 * MEGABYTE
    with rows.of(many, 0, WANTED, str) as found:
        assert grown(lambda: list(found.rows)) > 24 * MEGABYTE  # which is what all of them would take


def lines_of(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig") as file:
        yield from file
