"""Rollups written anew from the rows, or proved to equal them: money, people, touches, and their sums."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.errors import NotFound
from app.core.i18n import N_
from app.credit import touch_counts
from app.nonprofits.models import Nonprofit
from app.reports import people, rollups, summed

EQUAL, DIFFERENT = 0, 1
AT_ONCE = 2
MEMORY = "128MB"  # to sort and group in: a rebuild runs alone
MOST_NAMED = 20  # of the differences of one rollup


@dataclass(frozen=True)
class Looked:
    """One rollup of one organisation (or, of touches, of the whole site): how long it took, and the rows that
    the ones it is made from do not confirm, as text; `count` is how many these are in all."""

    nonprofit: str
    rollup: str
    seconds: float
    count: int
    differences: Sequence[str]


class _Todo(NamedTuple):
    """One rollup of one organisation, and what is to be done with it in a transaction."""

    nonprofit: str
    rollup: str
    work: Callable[[Session], Any]


Work = Callable[[Session, int], Any]
OF_NONPROFITS: tuple[tuple[str, Work, Work], ...] = (
    ("money", rollups.differences, rollups.rebuild),
    ("people", people.differences, people.rebuild),
)


def run(say: Callable[[str], None], code: str = "", *, check: bool, as_json: bool) -> int:
    """Rebuild every rollup, or those of the organisation of a code; with `check` only compare.

    Each organisation has a transaction of its own. Touches are counted for the whole site at once, and so are
    the sums that the database keeps: not for one organisation alone. Returns 1 when a check finds a
    difference, else 0. Raises NotFound.
    """
    looked: list[Looked] = []
    for one in _all(code, check=check):
        looked.append(one)
        if not as_json:
            for line in _in_words(one, check=check):
                say(line)
    differ = any(one.count for one in looked)
    if as_json:
        say(json.dumps({"equal": not differ if check else None, "rollups": [asdict(one) for one in looked]}))
    return DIFFERENT if check and differ else EQUAL


def _all(code: str, *, check: bool) -> Iterator[Looked]:
    """Everything there is to do, two at a time: each is a transaction, which uses one processor."""
    with unit_of_work() as session:
        query = select(Nonprofit.code, Nonprofit.id).order_by(Nonprofit.id)
        found = session.execute(query.where(Nonprofit.code == code) if code else query).all()
    if code and not found:
        raise NotFound(N_("There is no such organisation."))
    todo: list[_Todo] = [] if code else [_Todo("", "touches", _touches if check else _recounted)]
    for name, nonprofit_id in found:
        for rollup, compare, rebuild in OF_NONPROFITS:
            todo.append(_Todo(name, rollup, _of(compare if check else rebuild, nonprofit_id)))
    for name in () if code else summed.NAMES:
        todo.append(_Todo("", name, partial(summed.differences if check else summed.rebuild, name=name)))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(partial(_one, check=check), todo)


def _of(work: Work, nonprofit_id: int) -> Callable[[Session], Any]:
    return lambda session: work(session, nonprofit_id)


def _touches(session: Session) -> Sequence[Any]:
    return touch_counts.differences(session)


def _recounted(session: Session) -> None:
    touch_counts.rebuild(session)


def _one(todo: _Todo, *, check: bool) -> Looked:
    began = time.monotonic()
    with unit_of_work() as session:
        if check:  # both sides as they are at one moment, while others go on writing
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        session.execute(text(f"SET LOCAL work_mem = '{MEMORY}'"))
        found: Sequence[Any] = todo.work(session) or ()
    seconds = round(time.monotonic() - began, 3)
    return Looked(
        todo.nonprofit, todo.rollup, seconds, len(found), [_said(row) for row in found[:MOST_NAMED]]
    )


def _said(row: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in row._asdict().items())


def _in_words(one: Looked, *, check: bool) -> Iterator[str]:
    verdict = ("differs" if one.count else "equal") if check else "rebuilt"
    yield f"{one.nonprofit or 'whole site'}  {one.rollup}  {verdict}  {one.seconds:.2f} s"
    yield from (f"    {line}" for line in one.differences)
    if one.count > len(one.differences):
        yield f"    and {one.count - len(one.differences)} more"
