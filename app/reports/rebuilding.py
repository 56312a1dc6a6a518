"""Rollups written anew from the rows, or proved to equal them: money, people, touches, and their sums."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.errors import NotFound
from app.core.i18n import N_
from app.credit import touch_counts
from app.nonprofits.models import Nonprofit
from app.reports import people, rollups, summed
from app.reports.models import Giving

EQUAL, DIFFERENT = 0, 1
AT_ONCE = 2
MEMORY = "256MB"  # of the database for each thing it sorts, and twice that for each it groups or joins
MOST_NAMED = 20  # of the differences of one rollup


@dataclass(frozen=True)
class Looked:
    """One rollup of one organisation or of the whole site: how long it took, and the rows that the ones it is
    made from do not confirm, as text; `count` is how many these are in all. Of the whole site's money a check
    tells the organisations that have such rows."""

    nonprofit: str
    rollup: str
    seconds: float
    count: int
    differences: Sequence[str]


class _Todo(NamedTuple):
    """One rollup of one organisation or of all, and what is to be done with it in a transaction."""

    nonprofit: str
    rollup: str
    work: Callable[[Session], Any]


Work = Callable[[Session, int], Any]
MONEY: tuple[Work, Work] = (rollups.differences, rollups.rebuild)
PEOPLE: tuple[Work, Work] = (people.differences, people.rebuild)


def run(say: Callable[[str], None], code: str = "", *, check: bool, as_json: bool) -> int:
    """Rebuild every rollup, or those of the organisation of a code; with `check` only compare.

    Each organisation has a transaction of its own. Money is looked at for the whole site at once, and then
    once more for each organisation where it differs. Touches are counted for the whole site, and so are the
    sums that the database keeps: not for one organisation alone. Returns 1 when a check finds a difference,
    else 0. Raises NotFound.
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
    """Everything there is to do, two at a time: each is a transaction, which uses one processor. What takes
    long comes first, so that both are done at about the same time."""
    with unit_of_work() as session:
        gifts = select(func.count()).where(Giving.nonprofit_id == Nonprofit.id).scalar_subquery()
        query = select(Nonprofit.code, Nonprofit.id).order_by(gifts.desc(), Nonprofit.id)
        found = session.execute(query.where(Nonprofit.code == code) if code else query).all()
    if code and not found:
        raise NotFound(N_("There is no such organisation."))

    def of_each(rollup: str, work: tuple[Work, Work], nonprofit_ids: Collection[int]) -> Iterator[_Todo]:
        for name, nonprofit_id in found:
            if nonprofit_id in nonprofit_ids:
                yield _Todo(name, rollup, _of(work[0] if check else work[1], nonprofit_id))

    named = () if code else summed.NAMES
    one, every = partial(_one, check=check), {nonprofit_id for _, nonprofit_id in found}
    differing: set[int] = every if code else set()
    todo: list[_Todo] = []
    if not code:
        todo.append(_Todo("", "touches", _touches if check else _recounted))
        todo.append(_Todo("", "money", partial(_money, differing=differing, check=check)))
    todo += of_each("people", PEOPLE, every)
    sums = summed.differences if check else summed.rebuild
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(one, todo)
        yield from threads.map(one, of_each("money", MONEY, differing))
        # These last: what is mended above writes the same tables.
        yield from threads.map(one, (_Todo("", name, partial(sums, name=name)) for name in named))


def _of(work: Work, nonprofit_id: int) -> Callable[[Session], Any]:
    return lambda session: work(session, nonprofit_id)


def _money(session: Session, differing: set[int], *, check: bool) -> Sequence[Any]:
    """Note the organisations whose money differs; they are told of by a check, and mended one by one."""
    differing.update(rollups.apart(session))
    codes = select(Nonprofit.code.label("nonprofit")).where(Nonprofit.id.in_(differing))
    return session.execute(codes.order_by(Nonprofit.id)).all() if check and differing else ()


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
    if check:
        verdict = "differs" if one.count else "equal"
    else:  # the money of all is looked at, and mended where it differs, organisation by organisation
        verdict = "rebuilt" if one.nonprofit or one.rollup != "money" else "compared"
    yield f"{one.nonprofit or 'whole site'}  {one.rollup}  {verdict}  {one.seconds:.2f} s"
    yield from (f"    {line}" for line in one.differences)
    if one.count > len(one.differences):
        yield f"    and {one.count - len(one.differences)} more"
