"""`kindrelay doctor`: what runs the platform on this machine, and what stands in its way."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from app.embedded import account, binaries, ports
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home, State

ENGINES = (
    (binaries.POSTGRES, "postgres"),
    (binaries.VALKEY, "valkey"),
    (binaries.SEAWEEDFS, "s3"),
    (binaries.FFMPEG, None),
    (binaries.FFPROBE, None),
)
LEAST_FREE_BYTES = 2 * 1024**3


@dataclass
class Findings:
    """What the doctor prints, and the troubles apart."""

    lines: list[str] = field(default_factory=list[str])
    troubles: list[str] = field(default_factory=list[str])


def examine(home: Home, web_port: int) -> Findings:
    """Look at the home, the engines' binaries and ports, and whether they run. Starts and changes nothing."""
    findings = Findings()
    running = home.is_running()
    state = home.state() if home.exists() else State()
    _home(findings, home, running)
    for engine, port_name in ENGINES:
        _engine(
            findings,
            engine,
            _data_major(engine, state),
            state.ports.get(port_name) if port_name else None,
            running,
        )
    _web(findings, state, web_port, running)
    _postgres_account(findings, home)
    _room(findings, home)
    return findings


def report(findings: Findings, say: Callable[[str], None]) -> bool:
    """Print what was found. True when nothing is wrong."""
    for line in findings.lines:
        say(line)
    say("")
    for trouble in findings.troubles:
        say(f"Trouble: {trouble}")
    if not findings.troubles:
        say("All is well.")
    return not findings.troubles


def _home(findings: Findings, home: Home, running: bool) -> None:
    what = "running" if running else "not running" if home.exists() else "not started yet"
    findings.lines.append(f"{'Home':<12} {home.path} ({what})")
    place = account.nearest_existing(home.path)
    if not os.access(place, os.W_OK | os.X_OK):
        findings.troubles.append(
            f"{place} cannot be written. Choose another folder with --home or KINDRELAY_HOME."
        )


def _engine(
    findings: Findings, engine: binaries.Engine, major: int | None, port: int | None, running: bool
) -> None:
    try:
        binary = binaries.resolve(engine, major)
    except EmbeddedError as error:
        findings.lines.append(f"{engine.name:<12} missing")
        findings.troubles.append(str(error))
        return
    findings.lines.append(f"{engine.name:<12} {binary.version}, the {binary.source}'s ({binary.reason})")
    findings.lines.append(f"{'':<12} {binary.path}")
    if port is None:
        return
    answering = ports.answers(port)
    findings.lines.append(f"{'':<12} port {port}, {'running' if running and answering else 'not running'}")
    if running and not answering:
        findings.troubles.append(
            f"{engine.name} does not answer on port {port}. Its log is in the home's logs folder."
        )


def _data_major(engine: binaries.Engine, state: State) -> int | None:
    if engine is binaries.POSTGRES and state.postgres_dir:
        return binaries.data_major(state.postgres_dir)
    return None


def _web(findings: Findings, state: State, web_port: int, running: bool) -> None:
    if running:
        findings.lines.append(f"{'Web':<12} {state.base_url}")
    elif ports.is_free(web_port):
        findings.lines.append(f"{'Web':<12} port {web_port} is free")
    else:
        findings.lines.append(f"{'Web':<12} port {web_port} is taken")
        findings.troubles.append(
            f"Port {web_port} is in use by another program. Choose another with KINDRELAY_PORT."
        )


def _postgres_account(findings: Findings, home: Home) -> None:
    try:
        who = account.for_servers(home.path)
        if who is None:
            return
        findings.lines.append(f"{'As root':<12} PostgreSQL runs as the user {who.name}")
        if not account.reaches(who, account.nearest_existing(home.path)):
            findings.lines.append(
                f"{'':<12} who cannot reach {home.path}; its data is in {account.place_for(home.path)}"
            )
    except EmbeddedError as error:
        findings.troubles.append(str(error))


def _room(findings: Findings, home: Home) -> None:
    free = shutil.disk_usage(account.nearest_existing(home.path)).free
    findings.lines.append(f"{'Disk':<12} {free / 1024**3:.0f} GiB free")
    if free < LEAST_FREE_BYTES:
        findings.troubles.append(
            "Less than 2 GiB of disk is free. Make room, or choose a home on another disk."
        )
