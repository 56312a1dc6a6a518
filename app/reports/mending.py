"""Compares an organisation's rows of a rollup with those that were computed, and makes them the same.

Only rows that differ are written: so counting anew what was right takes as long as looking, and leaves the
database nothing to clean.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, TextualSelect, column, func, insert, literal, select, table, text, union_all
from sqlalchemy.orm import Session

Computed = Select[Any] | TextualSelect


def differences(
    session: Session, rollup: str, columns: Sequence[str], computed: Computed, about: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of `about`'s nonprofit_id that are in the table `rollup` and not in `computed`, which selects
    them as they should be, with these columns; and those that are in `computed` and not in the table. Which
    is which is not said."""
    found = _differing(rollup, columns, computed).subquery()
    return session.execute(select(*[found.c[name] for name in columns]), about).all()


def mend(
    session: Session,
    rollup: str,
    columns: Sequence[str],
    key: Sequence[str],
    computed: Computed,
    about: Mapping[str, Any],
) -> None:
    """Put right what `differences` finds.

    The columns of `key`, of which none is null, narrow down to few rows the one that is looked for; rows are
    written in its order, so that those of a few days lie together, as when they are counted day by day.
    """
    names = ", ".join(columns)
    like = f"SELECT {names}, 0::bigint AS side FROM {rollup} WITH NO DATA"  # noqa: S608 (names of our own)
    session.execute(text(f"CREATE TEMPORARY TABLE differing AS {like}"))
    differing = table("differing", *map(column, (*columns, "side")))
    fresh = _differing(rollup, columns, computed)
    session.execute(insert(differing).from_select([*columns, "side"], fresh), about)
    same = [f"{rollup}.{name} = differing.{name}" for name in key]
    same += [f"{rollup}.{name} IS NOT DISTINCT FROM differing.{name}" for name in columns if name not in key]
    session.execute(text(f"DELETE FROM {rollup} USING differing WHERE side < 0 AND {' AND '.join(same)}"))  # noqa: S608
    missing = f"SELECT {names} FROM differing WHERE side > 0 ORDER BY {', '.join(key)}"  # noqa: S608
    session.execute(text(f"INSERT INTO {rollup} ({names}) {missing}"))
    session.execute(text("DROP TABLE differing"))


def _differing(rollup: str, columns: Sequence[str], computed: Computed) -> Select[Any]:
    """Rows that are on one side alone: with 1 the computed ones, with -1 those of the table."""
    fresh, kept = computed.subquery(), table(rollup, *map(column, columns))
    of_nonprofit = kept.c.nonprofit_id == text(":nonprofit_id")
    both = union_all(
        select(*[fresh.c[name] for name in columns], literal(1).label("side")),
        select(*kept.c, literal(-1).label("side")).where(of_nonprofit),
    ).subquery()
    rows, side = [both.c[name] for name in columns], func.sum(both.c.side)
    return select(*rows, side.label("side")).group_by(*rows).having(side != 0)
