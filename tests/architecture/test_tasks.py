"""Every task name resolves: what is deferred is declared, what is declared has a function, and back."""

import ast

from app.core.task_kinds import QUEUES, TASKS
from tests.architecture.source import calls, first_literal, modules
from workers.jobs import BATCHED, LONG, SHORT
from workers.sweep import DAILY, HOURLY, SANDBOX_DAILY, SANDBOX_HOURLY


def undeclared(tree: ast.AST) -> set[str]:
    deferred = {first_literal(call) for call in calls(tree, "defer")}
    return {name for name in deferred if name is not None and name not in TASKS}


def test_every_declared_task_has_exactly_one_function():
    assert sorted([*SHORT, *BATCHED, *LONG]) == sorted(TASKS)


def test_every_task_runs_on_a_queue_that_has_a_worker():
    assert {kind.queue for kind in TASKS.values()} <= set(QUEUES)


def test_every_deferred_name_is_declared():
    for path, tree in modules("app", "workers"):
        assert not undeclared(tree), path
    assert {*HOURLY, *DAILY, *SANDBOX_HOURLY, *SANDBOX_DAILY} <= set(TASKS)


def test_a_deferred_name_nobody_declared_is_caught():
    assert undeclared(ast.parse('tasks.defer(session, "credit.setle", payment_event_id=1)')) == {
        "credit.setle"
    }
