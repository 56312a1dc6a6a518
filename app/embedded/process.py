"""Starting a child process, stopping it with all that it started, finding what a crash left behind."""

import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.embedded.account import Account
from app.embedded.home import Home, Recorded

MARK = "KINDRELAY_RUN"  # carried by everything a run starts, however far down and whoever adopted it
KEPT_LOG_BYTES = 5_000_000
PR_SET_PDEATHSIG = 1
_libc: ctypes.CDLL | None = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """How a child is started and stopped. `stop_signal` asks; after `patience` seconds it is killed.

    Higher ranks lean on lower ones: they start later and stop earlier.
    """

    name: str
    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    patience: float = 10
    rank: int = 0


def new_run(home: Home) -> str:
    """The mark of one run on one home."""
    return f"{home.path}#{secrets.token_hex(8)}"


def start(command: Command, log: Path, run: str) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log`.

    On Linux the kernel asks it to stop when this process dies. Call this from the main thread only: it is
    the thread that the kernel watches.
    """
    if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
        log.replace(log.with_suffix(".1.log"))
    account = command.account
    with log.open("ab") as output:
        return subprocess.Popen(
            command.arguments,
            env={**os.environ, **command.environment, MARK: run},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/" if account else None,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=lambda: _stop_with_parent(command.stop_signal),
        )


def _stop_with_parent(stop_signal: int) -> None:
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, stop_signal)


def record(child: subprocess.Popen[bytes], stop_signal: int) -> Recorded:
    """What must be written down to find the child again after a crash."""
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        created = 0.0
    return Recorded(child.pid, created, stop_signal)


def stop(children: Iterable[tuple[subprocess.Popen[bytes], Command]]) -> None:
    """Stop a group of children together, each with what it started; kill whatever outlasts its patience."""
    asked = [(child, command, _family(child.pid)) for child, command in children]
    for child, command, _ in asked:
        if child.poll() is None:
            child.send_signal(command.stop_signal)
    for child, command, family in asked:
        try:
            child.wait(command.patience)
        except subprocess.TimeoutExpired:
            _kill([*family, *_family(child.pid)])
            child.wait()
        _kill(family)


def end_session(leader: int) -> None:
    """Kill what a dead child left running; a child's session is named after it."""
    _kill(_session(leader))


def leftovers(home: Home, run: str | None = None) -> list[psutil.Process]:
    """Processes that earlier runs on this home left, or those of `run` alone, except us and our parents."""
    prefix = run or f"{home.path}#"
    state = home.state()
    found: dict[int, psutil.Process] = {}
    if state.run and state.run.startswith(prefix):
        for child in state.children.values():
            for process in _family(child.pid, child.created):
                found[process.pid] = process
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(prefix):
                found[process.pid] = process
    with contextlib.suppress(psutil.NoSuchProcess):
        us = psutil.Process()
        for process in (us, *us.parents()):
            found.pop(process.pid, None)
    return list(found.values())


def clear(home: Home, run: str | None = None, patience: float = 3) -> int:
    """End every leftover: first asked, then killed. Returns how many there were."""
    found = leftovers(home, run)
    signals = {child.pid: child.stop_signal for child in home.state().children.values()}
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signals.get(process.pid, signal.SIGTERM))
    _, alive = psutil.wait_procs(found, timeout=patience)
    _kill(alive)
    _kill(leftovers(home, run))
    return len(found)


def wait_until_gone(pid: int, patience: float) -> bool:
    """True once no process has this id any more."""
    deadline = time.monotonic() + patience
    while psutil.pid_exists(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _family(pid: int, created: float | None = None) -> list[psutil.Process]:
    try:
        head = psutil.Process(pid)
        if created is not None and abs(head.create_time() - created) > 1:
            return []
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return _session(pid)


def _session(leader: int) -> list[psutil.Process]:
    members: list[psutil.Process] = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) == leader:
                members.append(psutil.Process(pid))
    return members


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=5)
