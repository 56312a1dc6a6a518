"""Many rows in one statement, whose text does not depend on how many they are: planned once, sent once."""

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, TextClause, any_, literal, text
from sqlalchemy.orm import Session

from app.core.db import Base


def insert(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Write rows that name the same columns, in their order. A column that is not named is NULL, or the
    database's to fill: defaults of Python are not applied."""
    if rows:
        told = {"rows": as_json(rows)}
        session.execute(_insertion(model.__tablename__, tuple(rows[0])), told)


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
def _insertion(table: str, names: tuple[str, ...]) -> TextClause:
    columns = ", ".join(names)
    return text(
        f"INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608 (names of our own tables and columns)
        f"FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json))"
    )
