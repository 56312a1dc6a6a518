"""The database connection and the one commit point."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, create_engine, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from app.core import wakeups
from app.core.settings import Settings

# Seconds: both ends notice within a minute that the other host has vanished, and its locks are freed.
KEEPALIVES = {"idle": 30, "interval": 10, "count": 3}


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
    servers = " ".join([*theirs, asked]).strip()
    engine = create_engine(
        settings.database_url,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,
        connect_args={**ours, "options": servers},
    )
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
def joined(session: Session) -> Generator[None]:
    """Make every `unit_of_work` opened in this block a part of `session`'s transaction."""
    token = _active.set(session)
    try:
        yield
    finally:
        _active.reset(token)
