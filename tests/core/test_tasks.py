from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock, tasks, wakeups
from app.core.db import unit_of_work
from app.core.models import Task
from app.core.settings import Settings
from app.core.task_kinds import QUEUES, TASKS
from app.core.tasks import Claim, LeaseLost
from workers.sweep import sweep

LEASE = timedelta(seconds=20)
PAST = timedelta(seconds=-1)
LONG_ROW = 210  # more than are looked at before the keys are walked through


def _defer(session: Session, name: str = "credit.settle", **values: object) -> Task:
    task_id = tasks.defer(session, name, **values)  # type: ignore[arg-type]
    task = session.get(Task, task_id)
    assert task is not None
    return task


def _claim(session: Session, task: Task) -> Claim:
    [claim] = tasks.claim_due(session, task.queue, LEASE, 1)
    assert claim.task_id == task.id
    session.refresh(task)
    return claim


def _next(session: Session) -> int | None:
    claim = tasks.claim_next(session, "media", LEASE)
    return claim.task_id if claim else None


def test_every_kind_has_a_queue_that_somebody_listens_to() -> None:
    assert {kind.queue for kind in TASKS.values()} <= set(QUEUES)


def test_an_undeclared_task_is_refused(session: Session) -> None:
    with pytest.raises(KeyError):
        tasks.defer(session, "nobody.knows")


def test_a_dedupe_key_is_used_once(session: Session) -> None:
    assert tasks.defer(session, "credit.settle", dedupe_key="event:1", payment_event_id=1)
    assert tasks.defer(session, "credit.settle", dedupe_key="event:1", payment_event_id=1) is None


def test_a_task_for_later_is_not_due_now(session: Session) -> None:
    _defer(session, run_after=clock.now() + timedelta(minutes=1))
    assert tasks.claim_due(session, "money", LEASE, 10) == []


def test_a_claimed_task_is_nobody_elses_until_its_lease_ends(session: Session) -> None:
    task = _defer(session, payment_event_id=7)
    claim = _claim(session, task)
    assert claim.args == {"payment_event_id": 7}
    assert claim.attempt == 1
    assert tasks.claim_due(session, "money", LEASE, 10) == []
    task.lease_until = clock.now() + PAST * 3600
    session.flush()
    assert _claim(session, task).attempt == 2


def test_oldest_first_and_only_of_the_queue(session: Session) -> None:
    first, second = _defer(session), _defer(session)
    _defer(session, "mail.send")
    claims = tasks.claim_due(session, "money", LEASE, 10)
    assert [claim.task_id for claim in claims] == [first.id, second.id]


def test_a_finished_task_never_runs_again(session: Session) -> None:
    task = _defer(session)
    tasks.finish(session, _claim(session, task))
    session.refresh(task)
    assert task.done_at is not None
    assert tasks.claim_due(session, "money", LEASE, 10) == []


def test_who_has_lost_the_lease_cannot_finish(session: Session) -> None:
    task = _defer(session)
    first = _claim(session, task)
    task.lease_until = clock.now() + PAST * 3600
    session.flush()
    second = _claim(session, task)
    with pytest.raises(LeaseLost):
        tasks.finish(session, first)
    assert tasks.extend(session, [first], LEASE) == set()
    assert tasks.extend(session, [second], LEASE) == {task.id}
    tasks.finish(session, second)


def test_a_failed_task_waits_longer_each_time(session: Session) -> None:
    task = _defer(session)
    pauses: list[tuple[timedelta, timedelta]] = []
    for _ in range(5):
        claim = _claim(session, task)
        before = clock.now()
        tasks.give_back(session, claim, "the provider hung up")
        session.refresh(task)
        took = clock.now() - before
        pauses.append((task.run_after - before, took))
        task.run_after = clock.now() + PAST
        session.flush()
    assert task.last_error == "the provider hung up"
    for attempt, (pause, took) in enumerate(pauses):
        longest = timedelta(seconds=2 * 2**attempt)
        assert longest / 2 <= pause <= longest + took


def test_the_pause_never_exceeds_an_hour(session: Session) -> None:
    task = _defer(session, "sandbox.deliver")
    session.execute(update(Task).where(Task.id == task.id).values(attempts=18))
    tasks.give_back(session, _claim(session, task), "no")
    session.refresh(task)
    assert task.dead_at is None
    assert task.run_after - clock.now() <= timedelta(hours=1)


@pytest.mark.parametrize("attempts", [TASKS["credit.settle"].max_attempts - 1, 0])
def test_a_task_dies_out_of_attempts_or_by_a_final_word(session: Session, attempts: int) -> None:
    task = _defer(session)
    session.execute(update(Task).where(Task.id == task.id).values(attempts=attempts))
    tasks.give_back(session, _claim(session, task), "no", final=attempts == 0)
    session.refresh(task)
    assert task.dead_at is not None
    assert tasks.claim_due(session, "money", LEASE, 10) == []


def test_a_revived_task_has_all_its_attempts_again(session: Session) -> None:
    task = _defer(session)
    tasks.give_back(session, _claim(session, task), "no", final=True)
    session.refresh(task)
    tasks.revive(session, task)
    session.flush()
    assert _claim(session, task).attempt == 1


def test_a_task_whose_worker_died_in_every_attempt_is_buried(session: Session) -> None:
    task = _defer(session)
    values = {"attempts": TASKS["credit.settle"].max_attempts, "lease_until": clock.now() + PAST * 3600}
    session.execute(update(Task).where(Task.id == task.id).values(**values))
    assert task.id in tasks.bury_exhausted(session)
    session.refresh(task)
    assert task.last_error == "the worker died in every attempt"


def test_due_counts_what_could_run_and_nobody_holds(session: Session) -> None:
    held, _ = _defer(session), _defer(session)
    _defer(session, "mail.send")
    _claim(session, held)
    assert tasks.due(session) == {"money": 1, "outbound": 1}


def test_a_task_given_back_unfinished_has_lost_no_attempt(session: Session) -> None:
    task = _defer(session)
    tasks.release(session, _claim(session, task))
    assert _claim(session, task).attempt == 1


def test_who_has_lost_the_lease_gives_nothing_back(session: Session) -> None:
    task = _defer(session)
    first = _claim(session, task)
    task.lease_until = clock.now() + PAST * 3600
    session.flush()
    second = _claim(session, task)
    tasks.release(session, first)
    assert tasks.extend(session, [second], LEASE) == {task.id}


def test_creators_take_turns_and_the_first_of_one_is_not_behind_the_second_of_another(
    session: Session,
) -> None:
    first = [_defer(session, "media.ladder", fair_key="creator:1").id for _ in range(4)]
    second = [_defer(session, "media.ladder", fair_key="creator:2").id for _ in range(2)]
    turns = [_next(session) for _ in range(7)]
    assert turns == [first[0], second[0], first[1], second[1], first[2], first[3], None]


def test_what_runs_for_a_creator_counts_and_what_has_run_does_not(session: Session) -> None:
    mine = [_defer(session, "media.ladder", fair_key="creator:1") for _ in range(3)]
    running = tasks.claim_next(session, "media", LEASE)
    assert running is not None
    newcomer = _defer(session, "media.ladder", fair_key="creator:2")
    assert _next(session) == newcomer.id
    tasks.finish(session, running)
    later = _defer(session, "media.ladder", fair_key="creator:2")
    assert [_next(session), _next(session)] == [mine[1].id, mine[2].id]
    assert _next(session) == later.id


def test_a_lease_that_ran_out_is_no_running_task(session: Session) -> None:
    mine = [_defer(session, "media.ladder", fair_key="creator:1") for _ in range(2)]
    assert _next(session) == mine[0].id
    session.refresh(mine[0])
    mine[0].lease_until = clock.now() + PAST * 3600
    _defer(session, "media.ladder", fair_key="creator:2")
    session.flush()
    assert _next(session) == mine[0].id


def test_tasks_without_a_creator_do_not_wait_for_turns(session: Session) -> None:
    for _ in range(2):
        _defer(session, "media.ladder", fair_key="creator:1")
    nobodys = [_defer(session, "media.ladder").id for _ in range(2)]
    _next(session)
    assert [_next(session), _next(session)] == nobodys


def test_whose_turn_it_is_does_not_hide_behind_a_long_row_of_one_creator(session: Session) -> None:
    row = [
        Task(name="media.ladder", queue="media", args={}, fair_key="creator:1", run_after=clock.now() + PAST)
        for _ in range(LONG_ROW)
    ]
    session.add_all(row)
    session.flush()
    _next(session)
    others = [_defer(session, "media.ladder", fair_key=f"creator:{number}").id for number in (3, 2)]
    others.append(_defer(session, "media.ladder").id)
    assert [_next(session) for _ in range(3)] == others
    assert _next(session) == row[1].id


def test_what_is_wanted_soon_comes_first_and_bulk_last(session: Session) -> None:
    bulk = _defer(session, "media.sweep_all").id
    normal = [_defer(session, "media.ladder", fair_key="creator:1").id for _ in range(2)]
    quick = _defer(session, "media.sweep_orphans").id
    assert [_next(session) for _ in range(4)] == [quick, *normal, bulk]


def test_a_claim_takes_nothing_of_later_and_nothing_of_other_queues(session: Session) -> None:
    _defer(session, "media.ladder", run_after=clock.now() + timedelta(minutes=1))
    _defer(session, "media.preview")
    assert _next(session) is None


def test_eight_workers_at_once_claim_each_task_once_and_in_turn(live_database: Settings) -> None:
    with unit_of_work() as session:
        for number in range(24):
            tasks.defer(
                session, "media.ladder", fair_key=f"creator:{1 if number < 20 else number}", number=number
            )
    order: list[int] = []

    def work() -> None:
        while True:
            with unit_of_work() as session:
                claim = tasks.claim_next(session, "media", LEASE)
                if claim is None:
                    return
                order.append(claim.args["number"])  # while the others wait in line

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()
    assert order[:5] == [0, 20, 21, 22, 23]
    assert sorted(order) == list(range(24))


def test_a_locked_row_holds_nobody_up(live_database: Settings) -> None:
    with unit_of_work() as session:
        ids = [tasks.defer(session, "media.ladder", video_id=number) for number in range(2)]
    with unit_of_work() as session:
        session.execute(select(Task).where(Task.id == ids[0]).with_for_update())
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_next_committed).result(timeout=60) == ids[1]


def _next_committed() -> int | None:
    with unit_of_work() as session:
        return _next(session)


def _jobs(settings: Settings, queue: str) -> list[str]:
    with Redis.from_url(settings.redis_url) as redis:
        return Queue(queue, connection=redis).job_ids


def test_workers_are_called_only_after_the_commit(live_database: Settings) -> None:
    with unit_of_work() as session:
        tasks.defer(session, "media.preview", video_id=1)
        assert _jobs(live_database, "preview") == []
    assert len(_jobs(live_database, "preview")) == 1


def test_nobody_is_called_for_what_was_rolled_back(live_database: Settings) -> None:
    def fail() -> None:
        with unit_of_work() as session:
            tasks.defer(session, "media.preview", video_id=1)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _jobs(live_database, "preview") == []


def test_a_queue_of_short_tasks_has_one_call_waiting(live_database: Settings) -> None:
    for number in range(3):
        with unit_of_work() as session:
            tasks.defer(session, "credit.settle", payment_event_id=number)
    assert len(_jobs(live_database, "money")) == 1
    wakeups.answered("money")
    with unit_of_work() as session:
        tasks.defer(session, "credit.settle", payment_event_id=4)
    assert len(_jobs(live_database, "money")) == 2


def test_as_many_calls_wait_as_long_tasks_and_lost_ones_are_called_again(live_database: Settings) -> None:
    with unit_of_work() as session:
        for number in range(3):
            tasks.defer(session, "media.preview", video_id=number)
    sweep()
    assert len(_jobs(live_database, "preview")) == 3
    with Redis.from_url(live_database.redis_url) as redis:
        redis.flushdb()
    sweep()
    sweep()
    assert len(_jobs(live_database, "preview")) == 3


def test_the_calls_that_wait_on_a_queue_are_bounded(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "MOST_CALLS", 2)
    with unit_of_work() as session:
        for number in range(3):
            tasks.defer(session, "media.preview", video_id=number)
    sweep()
    assert len(_jobs(live_database, "preview")) == 2


@pytest.fixture
def silent_redis(live_database: Settings) -> Callable[[], None]:
    def silence() -> None:
        wakeups.connect(live_database.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))

    return silence


def test_a_dead_redis_costs_no_task(silent_redis: Callable[[], None]) -> None:
    silent_redis()
    with unit_of_work() as session:
        task_id = tasks.defer(session, "credit.settle", payment_event_id=1)
    assert task_id
    with unit_of_work() as session:
        assert tasks.due(session) == {"money": 1}
