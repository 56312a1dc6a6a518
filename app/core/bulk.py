"""Many rows in one statement, whose text does not depend on how many they are: planned once, sent once."""

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, TextClause, any_, literal, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.core.db import Base, Row


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows that name the same columns, in their order. A column that is not named is NULL, or the
    database's to fill: defaults of Python are not applied."""
    if rows:
        told = {"rows": as_json(rows)}
        session.execute(_insertion(model.__tablename__, tuple(rows[0])), told)


def update(session: Session, model: type[Row], names: Sequence[str]) -> None:
    """Write these columns of every row of a table that was changed since it was loaded.

    SQLAlchemy's own flush does so row by row; it finds nothing left to write.
    """
    changed = [one for one in session.dirty if isinstance(one, model)]
    if not changed:
        return
    rows = [{"id": one.id, **{name: getattr(one, name) for name in names}} for one in changed]
    with session.no_autoflush:
        session.execute(_renewal(model.__tablename__, tuple(names)), {"rows": as_json(rows)})
    for one in changed:
        for name in names:
            set_committed_value(one, name, getattr(one, name))


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as one parameter, for `json_populate_recordset`; moments keep their zone and all their digits."""
    return json.dumps(rows, default=str)


def of_ids(ids: Collection[int]) -> ColumnElement[Any]:
    """To be compared with a column: any of these, as one parameter, however many there are."""
    return any_(literal(list(ids), ARRAY(BigInteger)))


def of_names(names: Collection[str]) -> ColumnElement[Any]:
    """The same for strings."""
    return any_(literal(list(names), ARRAY(String)))


@cache
def _renewal(table: str, names: tuple[str, ...]) -> TextClause:
    values = ", ".join(f"{name} = told.{name}" for name in names)
    return text(
        f"UPDATE {table} SET {values} "  # noqa: S608 (names of our own tables and columns)
        f"FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json)) told "
        f"WHERE {table}.id = told.id"
    )


@cache
def _insertion(table: str, names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(names)
    return text(
        f"INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608 (names of our own tables and columns)
        f"FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json))"
    )
