"""What runs once in a new home, the demo for one, runs there once and nowhere else."""

import sys
from pathlib import Path

import pytest

from app.embedded import up
from app.embedded.home import Home
from app.embedded.process import Command
from app.embedded.supervisor import Supervisor
from app.embedded.up import Plan


@pytest.fixture
def loads(home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that grows each time the command `demo` runs; it fails while a file named `fail` is there."""
    file = home.path / "loads"
    code = f"import os, sys; os.chdir({str(home.path)!r}); open('loads', 'a').write('x'); "
    code += "sys.exit(os.path.exists('fail'))"

    def demo(name: str, _variables: dict[str, str]) -> Command:
        return Command(name, [sys.executable, "-c", code])

    monkeypatch.setattr(up, "kindrelay", demo)
    return file


def run_demo(home: Home, pending: bool) -> list[str]:
    said: list[str] = []
    home.create()
    supervisor = Supervisor(home, home.state(), said.append)
    if pending:
        supervisor.state.pending_once = ["demo"]
    with supervisor.watching():
        up.fill_new_home(supervisor, Plan(once=["demo"]), {})
    return said


def test_it_runs_once_in_a_new_home(home: Home, loads: Path) -> None:
    run_demo(home, pending=True)
    said = run_demo(home, pending=False)
    assert loads.read_text() == "x"
    assert said == []


def test_it_is_tried_again_after_a_failure(home: Home, loads: Path) -> None:
    (home.path / "fail").touch()
    assert "could not be finished" in run_demo(home, pending=True)[0]
    (home.path / "fail").unlink()
    run_demo(home, pending=False)
    assert loads.read_text() == "xx"


def test_a_home_in_use_is_left_as_it_is(home: Home, loads: Path) -> None:
    said = run_demo(home, pending=False)
    assert not loads.exists()
    assert "goes into a new home only" in said[0]
