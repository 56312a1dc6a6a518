"""Bringing a database to the newest schema, and telling whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine

from app.core.paths import MIGRATIONS


def config(database_url: str) -> Config:
    """Alembic's configuration for the database at `database_url`."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["database_url"] = database_url
    return made


def upgrade(database_url: str) -> None:
    """Run every migration that the database has not seen; several callers at once wait for each other."""
    command.upgrade(config(database_url), "head")


def is_current(connection: Connection) -> bool:
    """Whether the connected database stands at the newest migration of this release."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def engine_for(database_url: str) -> Engine:
    """A bare engine for migrating, apart from the one that serves requests."""
    return create_engine(database_url, pool_size=1)
