"""Compares an organisation's rows of a rollup with those that were computed, and makes them the same.

Only rows that differ are written: so counting anew what was right takes as long as looking, and leaves the
database nothing to clean.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    Select,
    TextualSelect,
    and_,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    table,
    text,
    union_all,
)
from sqlalchemy.orm import Session

Computed = Select[*tuple[Any, ...]] | TextualSelect

# The planner would rather sort what is joined by many columns, which is twice the work.
_SORTED, _UNSORTED = text("SET LOCAL enable_mergejoin TO DEFAULT"), text("SET LOCAL enable_mergejoin = off")

_NONPROFIT = text(":nonprofit_id")


class Rollup(NamedTuple):
    """A table of a nonprofit_id: all its columns; those of them that tell its rows apart, of which none is
    null; and those that are counted, of which none is either. The others also tell rows apart, and are ids or
    null."""

    table: str
    columns: Sequence[str]
    key: Sequence[str]
    sums: Sequence[str]


def differences(
    session: Session, rollup: Rollup, computed: Computed, about: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of `about`'s nonprofit_id that are in the rollup and not in `computed`, which selects them as
    they should be, with these columns; and those that are in `computed` and not in the rollup. Which is which
    is not said."""
    found = _differing(rollup, computed).subquery()
    session.execute(_UNSORTED)
    rows = session.execute(select(*[found.c[name] for name in rollup.columns]), about).all()
    session.execute(_SORTED)
    return rows


def apart(session: Session, rollup: Rollup, computed: Computed) -> Sequence[int]:
    """The organisations of which `differences` finds something, where `computed` selects the rows of all."""
    found = _both_sides(rollup, computed, of_all=True).subquery()
    each = func.coalesce(found.c.fresh_nonprofit_id, found.c.kept_nonprofit_id)
    session.execute(_UNSORTED)
    nonprofit_ids = session.scalars(select(each).distinct()).all()
    session.execute(_SORTED)
    return nonprofit_ids


def mend(session: Session, rollup: Rollup, computed: Computed, about: Mapping[str, Any]) -> None:
    """Put right what `differences` finds.

    Rows are written in the order of the rollup's key, so that those of a few days lie together, as when they
    are counted day by day.
    """
    names, key = ", ".join(rollup.columns), rollup.key
    like = f"SELECT {names}, 0::bigint AS side FROM {rollup.table} WITH NO DATA"  # noqa: S608 (names of our own)
    session.execute(text(f"CREATE TEMPORARY TABLE differing AS {like}"))
    differing = table("differing", *map(column, (*rollup.columns, "side")))
    fresh = _differing(rollup, computed)
    session.execute(_UNSORTED)
    session.execute(insert(differing).from_select([*rollup.columns, "side"], fresh), about)
    session.execute(_SORTED)
    same = [f"{rollup.table}.{name} = differing.{name}" for name in key]
    others = (name for name in rollup.columns if name not in key)
    same += [f"{rollup.table}.{name} IS NOT DISTINCT FROM differing.{name}" for name in others]
    session.execute(
        text(f"DELETE FROM {rollup.table} USING differing WHERE side < 0 AND {' AND '.join(same)}")  # noqa: S608
    )
    missing = f"SELECT {names} FROM differing WHERE side > 0 ORDER BY {', '.join(key)}"  # noqa: S608
    session.execute(text(f"INSERT INTO {rollup.table} ({names}) {missing}"))
    session.execute(text("DROP TABLE differing"))


def _differing(rollup: Rollup, computed: Computed) -> CompoundSelect[Any]:
    """Rows that are on one side alone: with 1 the computed ones, with -1 those of the table."""
    found = _both_sides(rollup, computed, of_all=False).cte("apart")
    return union_all(
        *(
            select(
                *[found.c[f"{side}_{name}"].label(name) for name in rollup.columns],
                literal(one).label("side"),
            ).where(found.c[f"{side}_nonprofit_id"].is_not(None))
            for side, one in (("fresh", 1), ("kept", -1))
        )
    )


def _both_sides(rollup: Rollup, computed: Computed, *, of_all: bool) -> Select[*tuple[Any, ...]]:
    """Rows of which the sums are not the same, as they should be and as they are, side by side; one may be
    missing. Of `:nonprofit_id`, or of all."""
    fresh, own = computed.subquery(), table(rollup.table, *map(column, rollup.columns))
    kept = (select(*own.c) if of_all else select(*own.c).where(own.c.nonprofit_id == _NONPROFIT)).subquery()
    given = () if of_all else ("nonprofit_id",)
    same = [
        fresh.c[name] == kept.c[name]
        if name in rollup.key
        else func.coalesce(fresh.c[name], 0) == func.coalesce(kept.c[name], 0)  # no id is 0
        for name in rollup.columns
        if name not in (*given, *rollup.sums)
    ]
    sides = {"fresh": fresh, "kept": kept}
    return (
        select(
            *[rows.c[name].label(f"{side}_{name}") for side, rows in sides.items() for name in rollup.columns]
        )
        .select_from(fresh.join(kept, and_(*same), full=True))
        .where(or_(*[fresh.c[name].is_distinct_from(kept.c[name]) for name in rollup.sums]))
    )
