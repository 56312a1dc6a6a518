"""Makes an organisation's rows of a rollup those that were computed; only rows that differ are written.

So counting anew what was right takes little longer than looking, and leaves the database nothing to clean.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, TextualSelect, column, insert, table, text
from sqlalchemy.orm import Session


def mend(
    session: Session,
    rollup: str,
    columns: Sequence[str],
    key: Sequence[str],
    computed: "Select[Any] | TextualSelect",
    about: Mapping[str, Any],
) -> None:
    """Put the rows of `about`'s nonprofit_id in the table `rollup` right.

    `computed` selects them as they should be, with these columns. Those of `key`, of which none is null,
    narrow down to few rows the one that is looked for; rows are written in its order, so that those of a few
    days lie together, as when they are counted day by day.
    """
    names = ", ".join(columns)
    kept = f"SELECT {names} FROM {rollup} WHERE nonprofit_id = :nonprofit_id"  # noqa: S608 (names of our own)
    session.execute(text(f"CREATE TEMPORARY TABLE computed AS SELECT {names} FROM {rollup} WITH NO DATA"))  # noqa: S608
    fresh = insert(table("computed", *map(column, columns))).from_select(columns, computed)
    session.execute(fresh, about)
    same = [f"{rollup}.{name} = surplus.{name}" for name in key]
    same += [f"{rollup}.{name} IS NOT DISTINCT FROM surplus.{name}" for name in columns if name not in key]
    wrong = f"DELETE FROM {rollup} USING ({kept} EXCEPT TABLE computed) surplus WHERE {' AND '.join(same)}"  # noqa: S608
    session.execute(text(wrong), about)
    is_less = f"SELECT (SELECT count(*) FROM ({kept}) kept) < (SELECT count(*) FROM computed)"  # noqa: S608
    if session.scalar(text(is_less), about):
        session.execute(
            text(f"INSERT INTO {rollup} ({names}) TABLE computed EXCEPT {kept} ORDER BY {', '.join(key)}"),
            about,
        )
    session.execute(text("DROP TABLE computed"))
