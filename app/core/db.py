"""The database connection and the one commit point."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.core import wakeups
from app.core.settings import Settings

# Seconds: both ends notice within a minute that the other host has vanished, and its locks are freed.
KEEPALIVES = {"idle": 30, "interval": 10, "count": 3}
# Requests and tasks run beside each other: more processors for one, or compiling what runs once, makes the
# others wait.
ONE_PROCESSOR = ("-c max_parallel_workers_per_gather=0", "-c jit=off")
RESTED_SECONDS = 1.0  # a connection that was used just now is not asked again whether it is alive


class Base(DeclarativeBase):
    """Every table of Kindrelay. Times are stored with their zone, dictionaries as JSONB."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012 (declared by SQLAlchemy)


class Row(Base):
    """A table with a database id. The id never leaves the platform; public codes do."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)


_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)
_active: ContextVar[Session | None] = ContextVar("active_session", default=None)


def connect(settings: Settings) -> Engine:
    """Point `unit_of_work` at the settings' database; nothing is opened until first use."""
    ours = {f"keepalives_{name}": value for name, value in KEEPALIVES.items()}
    asked = str(make_url(settings.database_url).query.get("options", ""))
    theirs = (f"-c tcp_keepalives_{name}={value}" for name, value in KEEPALIVES.items())
    servers = " ".join([*theirs, *ONE_PROCESSOR, asked]).strip()
    engine = create_engine(
        settings.database_url,
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,
        connect_args={**ours, "options": servers},
    )
    _ask_the_rested(engine)
    _sessions.configure(bind=engine)
    return engine


@contextmanager
def unit_of_work() -> Generator[Session]:
    """One transaction: commits when the block ends, rolls back when it raises.

    Inside another unit it is a savepoint of that one. After the outermost commit has returned, the
    tasks it deferred are announced to the workers.
    """
    outer = _active.get()
    if outer is not None:
        with outer.begin_nested():
            yield outer
        return
    with _sessions() as session, joined(session):
        with session.begin():
            yield session
        wakeups.announce(session)


@contextmanager
def snapshot() -> Generator[Session]:
    """A session that only reads, and all of whose queries see the database as it was at the first of them.

    Units of work that are opened meanwhile are transactions of their own. Inside a unit it is that one.
    """
    outer = _active.get()
    if outer is not None:
        yield outer
        return
    with _sessions() as session, session.begin():
        session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        yield session


def _ask_the_rested(engine: Engine) -> None:
    """Before use, ask a connection that has lain idle whether it is alive; all are opened anew if it is not.

    Asking each time cost a page and a webhook a round trip for each transaction.
    """

    @event.listens_for(engine, "checkin")
    def note(_connection: object, entry: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        entry.info["rested_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        if monotonic() - entry.info.get("rested_since", monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("the connection did not answer") from error


@contextmanager
def joined(session: Session) -> Generator[None]:
    """Make every `unit_of_work` opened in this block a part of `session`'s transaction."""
    token = _active.set(session)
    try:
        yield
    finally:
        _active.reset(token)
