"""Alembic's entry: one connection, short locks, one migrator at a time."""

import re

from alembic import context
from sqlalchemy import text

from app.core.migrate import engine_for
from app.tables import metadata

MIGRATION_LOCK = 5_467_364  # any number that nothing else locks
PARTITION = re.compile(r"touch_\d{4}_\d{2}")  # of each month, made as touches come


def described(_thing: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether the models describe a table; partitions are made at run time."""
    return not (kind == "table" and PARTITION.fullmatch(name or ""))


def run() -> None:
    engine = engine_for(context.config.attributes["database_url"])
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text("SET lock_timeout = '5s'; SET statement_timeout = '10min'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            include_object=described,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
