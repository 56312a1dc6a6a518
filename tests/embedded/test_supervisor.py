"""Children are restarted when they die and stopped with everything they started."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from app.embedded import process
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home
from app.embedded.process import Command
from app.embedded.supervisor import Supervisor
from tests.waits import eventually

SLEEPER = "import time; time.sleep(60)"
PARENT_OF_A_STRAY = f"""
import subprocess, sys, time
stray = subprocess.Popen([sys.executable, "-c", "{SLEEPER}"], start_new_session=True)
print(stray.pid, flush=True)
time.sleep(60)
"""


def python(name: str, code: str) -> Command:
    return Command(name, [sys.executable, "-c", code], patience=1)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(home: Home, said: list[str]) -> Supervisor:
    home.create()
    return Supervisor(home, home.state(), said.append)


def number_in(log: Path) -> int:
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    return int(log.read_text())


def test_a_dead_child_is_started_again_and_it_is_said(supervisor: Supervisor, said: list[str]) -> None:
    with supervisor.watching():
        supervisor.start(python("sleeper", SLEEPER))
        first = supervisor.children["sleeper"].handle
        first.kill()
        first.wait()
        supervisor.run_until_stopped(lambda: supervisor.children["sleeper"].handle.pid != first.pid)
        assert psutil.pid_exists(supervisor.children["sleeper"].handle.pid)
    assert len(said) == 1
    assert said[0].startswith("sleeper ended (killed by SIGKILL); starting it again in 0.5 s.")


def test_a_child_that_keeps_dying_is_given_longer_pauses(supervisor: Supervisor, said: list[str]) -> None:
    with supervisor.watching():
        supervisor.start(python("dying", "raise SystemExit(3)"))
        supervisor.run_until_stopped(lambda: len(said) >= 3)
    assert [
        f"exit code 3); starting it again in {pause} s" in line
        for pause, line in zip(("0.5", "1", "2"), said, strict=False)
    ]


def test_stopping_ends_what_a_child_started_in_a_session_of_its_own(
    supervisor: Supervisor, home: Home
) -> None:
    with supervisor.watching():
        supervisor.start(python("parent", PARENT_OF_A_STRAY))
        stray = number_in(home.logs / "parent.log")
        assert psutil.pid_exists(stray)
    assert process.wait_until_gone(stray, 1)


def test_leftovers_of_a_dead_parent_are_found_and_ended(supervisor: Supervisor, home: Home) -> None:
    with supervisor.watching():
        supervisor.start(python("parent", PARENT_OF_A_STRAY))
        stray = number_in(home.logs / "parent.log")
        supervisor.children["parent"].handle.kill()
        supervisor.children["parent"].handle.wait()
        assert [left.pid for left in process.leftovers(home)] == [stray]
        assert process.clear(home) == 1
    assert not psutil.pid_exists(stray)


def test_a_child_that_ignores_the_request_to_stop_is_killed(supervisor: Supervisor, home: Home) -> None:
    deaf = "import os, signal; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); "
    with supervisor.watching():
        supervisor.start(python("deaf", deaf + SLEEPER))
        pid = number_in(home.logs / "deaf.log")
    assert not psutil.pid_exists(pid)


def test_a_child_that_dies_while_starting_is_reported_with_its_log(supervisor: Supervisor) -> None:
    with supervisor.watching():
        supervisor.start(python("broken", "raise SystemExit('no such table')"))
        with pytest.raises(
            EmbeddedError, match=r"broken ended while starting \(exit code 1\)(?s:.*)no such table"
        ):
            supervisor.wait("broken", lambda: False)


def test_children_run_in_the_environment_they_are_given(supervisor: Supervisor, home: Home) -> None:
    code = "import os; print(os.environ['KINDRELAY_X'], flush=True); import time; time.sleep(60)"
    with supervisor.watching():
        supervisor.start(Command("child", [sys.executable, "-c", code], {"KINDRELAY_X": str(os.getpid())}))
        assert number_in(home.logs / "child.log") == os.getpid()
