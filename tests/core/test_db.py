from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import audit, tasks
from app.core.db import snapshot, unit_of_work
from app.core.models import AuditEvent, Task
from app.core.settings import Settings


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Task)) or 0


def _defer_and_fail(mail: str) -> None:
    with unit_of_work() as session:
        tasks.defer(session, "mail.send", mail=mail)
        raise LookupError


def test_a_unit_commits_when_its_block_ends(live_database: Settings) -> None:
    with unit_of_work() as session:
        tasks.defer(session, "mail.send", mail="x")
    with unit_of_work() as session:
        assert _count(session) == 1


def test_a_snapshot_sees_one_moment_and_writes_nothing(live_database: Settings) -> None:
    with snapshot() as then:
        assert _count(then) == 0
        with unit_of_work() as session:
            tasks.defer(session, "mail.send", mail="x")
        assert _count(then) == 0
        with pytest.raises(DBAPIError, match="read-only"):
            then.execute(text("DELETE FROM task"))
        then.rollback()
    with snapshot() as now:
        assert _count(now) == 1


def test_a_unit_that_raises_keeps_nothing(live_database: Settings) -> None:
    with pytest.raises(LookupError):
        _defer_and_fail("x")
    with unit_of_work() as session:
        assert _count(session) == 0


def test_a_unit_inside_a_unit_is_undone_alone(live_database: Settings) -> None:
    with unit_of_work() as outer:
        tasks.defer(outer, "mail.send", mail="kept")
        with pytest.raises(LookupError):
            _defer_and_fail("undone")
    with unit_of_work() as session:
        assert [task.args["mail"] for task in session.scalars(select(Task))] == ["kept"]


def test_an_inner_unit_does_not_commit_the_outer_one(live_database: Settings) -> None:
    def outer() -> None:
        with unit_of_work():
            with unit_of_work() as inner:
                tasks.defer(inner, "mail.send", mail="x")
            raise LookupError

    with pytest.raises(LookupError):
        outer()
    with unit_of_work() as session:
        assert _count(session) == 0


def test_units_of_two_threads_are_apart(live_database: Settings) -> None:
    def count() -> int:
        with unit_of_work() as session:
            return _count(session)

    with unit_of_work() as session, ThreadPoolExecutor() as threads:
        tasks.defer(session, "mail.send", mail="x")
        assert _count(session) == 1
        assert threads.submit(count).result() == 0


def test_the_audit_log_takes_additions_only(session: Session) -> None:
    audit.record(session, "nonprofit.approve", None, "nonprofit:abc", reason="ok")
    session.flush()
    event = session.scalars(select(AuditEvent).where(AuditEvent.subject == "nonprofit:abc")).one()
    assert event.details == {"reason": "ok"}
    for change in ("UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(text(change))
