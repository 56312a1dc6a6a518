"""`kindrelay up` with the real engines: it starts, refuses company, recovers, and leaves nothing running."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from app.embedded import ports, process, valkey
from app.embedded.environment import environment
from app.embedded.home import Home
from tests.engines import own_environment
from tests.families import family, tell
from tests.waits import eventually

ROOT = Path(__file__).parents[2]
ENGINES = ("postgres", "valkey", "seaweedfs")


def kindrelay(home: Home, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        env=own_environment() | {"KINDRELAY_HOME": str(home.path), **variables},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(home: Home, *arguments: str, **variables: str) -> tuple[int, str]:
    with kindrelay(home, *arguments, **variables) as command:
        output, _ = command.communicate(timeout=60)
        return command.returncode, output


def read_until(command: "subprocess.Popen[str]", wanted: str) -> str:
    assert command.stdout
    read = ""
    for line in command.stdout:
        read += line
        if wanted in line:
            return read
    raise AssertionError(f"It ended without saying {wanted!r}:\n{read}")


@contextmanager
def running(home: Home, *arguments: str, ready: str = "ready after") -> Generator["subprocess.Popen[str]"]:
    with kindrelay(home, "up", *arguments) as command:
        try:
            read_until(command, ready)
            yield command
        finally:
            command.terminate()
            command.communicate(timeout=60)


def test_engines_start_refuse_company_restart_and_leave_nothing(home: Home) -> None:
    with running(home, "--engines-only") as command:
        code, output = output_of(home, "up", "--engines-only")
        assert code == 1
        assert output == f"Error: Kindrelay is already running on {home.path} (process {command.pid}). " + (
            "Stop it first, or choose another home with --home.\n"
        )
        code, output = output_of(home, "doctor", "--port", "1")
        assert len(re.findall(r"port \d+, running", output)) == len(ENGINES)
        first = home.state().children["valkey"].pid
        os.kill(first, signal.SIGKILL)
        assert "valkey ended (killed by SIGKILL); starting it again" in read_until(
            command, "starting it again"
        )
        eventually(lambda: home.state().children["valkey"].pid != first)
        eventually(lambda: ports.answers(home.state().ports["valkey"]))
    assert command.returncode == 0
    assert process.leftovers(home) == []
    assert not any(ports.answers(port) for port in home.state().ports.values())


def test_after_the_whole_tree_is_killed_the_next_up_has_its_data(home: Home) -> None:
    with kindrelay(home, "up", "--engines-only") as command:
        read_until(command, "ready after")
        variables = environment(home)
        with psycopg.connect(variables["KINDRELAY_DATABASE_URL"].replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        tell(family(command.pid), signal.SIGKILL)
        command.communicate()
    before = home.state().ports
    with running(home, "--engines-only"):
        assert home.state().ports == before
        with psycopg.connect(variables["KINDRELAY_DATABASE_URL"].replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with Redis.from_url(valkey.url(before["valkey"])) as redis:
            assert redis.config_get("appendonly") == {"appendonly": "yes"}
    assert process.leftovers(home) == []


def test_a_killed_supervisor_takes_its_children_with_it(home: Home) -> None:
    with kindrelay(home, "up", "--engines-only") as command:
        read_until(command, "ready after")
        children = [child.pid for child in home.state().children.values()]
        command.kill()
        command.communicate()
    assert all(process.wait_until_gone(pid, 30) for pid in children)
    eventually(lambda: process.leftovers(home) == [])


def test_the_whole_platform_comes_up_and_stops(home: Home) -> None:
    [port] = ports.choose(["web"], {}).values()
    with running(home, "--port", str(port)) as command:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("KINDRELAY_BASE_URL", raising=False)
            assert environment(home)["KINDRELAY_BASE_URL"] == f"http://127.0.0.1:{port}"
        names = set(home.state().children)
        assert names >= {*ENGINES, "web", "workers"}
        code, output = output_of(home, "admin", "nobody@example.org")
        assert (code, output) == (1, "Error: Nobody has signed up with nobody@example.org.\n")
    assert command.returncode == 0
    assert process.leftovers(home) == []


def test_up_refuses_when_the_operator_names_other_engines(home: Home) -> None:
    code, output = output_of(home, "up", KINDRELAY_DATABASE_URL="postgresql+psycopg://elsewhere/kindrelay")
    assert code == 1
    assert "KINDRELAY_DATABASE_URL names another" in output


def test_a_taken_web_port_is_told_before_anything_starts(home: Home) -> None:
    [port] = ports.choose(["web"], {}).values()
    with socket.create_server(("127.0.0.1", port)):
        code, output = output_of(home, "up", "--port", str(port))
    assert code == 1
    assert f"Port {port} is in use by another program." in output
    assert not (home.path / "postgres").exists()


def test_a_command_beside_a_platform_that_is_not_running_says_so(home: Home) -> None:
    code, output = output_of(home, "admin", "ada@example.org")
    assert code == 1
    assert "There is no Kindrelay in" in output
