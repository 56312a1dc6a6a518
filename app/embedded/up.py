"""`kindrelay up`: the whole platform on one machine, from nothing to the site's address."""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.task_kinds import QUEUES
from app.embedded import process, seaweedfs
from app.embedded.environment import ANY_ADDRESS, environment, external_engines, public_host
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home
from app.embedded.ports import choose, is_free
from app.embedded.postgres import Postgres
from app.embedded.process import Command
from app.embedded.seaweedfs import SeaweedFS
from app.embedded.supervisor import Engine, Stopped, Supervisor
from app.embedded.valkey import Valkey

LOOPBACK = "127.0.0.1"
WEB_THREADS = 16
FIRST_START_SECONDS = 120  # the first start also compiles the libraries, on whatever machine this is
RELAY_RANK, PROCESS_RANK = 1, 2
PUBLIC_S3 = "public"


@dataclass(frozen=True)
class Plan:
    """What one `up` was asked for. `once` are `kindrelay` commands that run a single time, in a new home."""

    host: str = LOOPBACK
    port: int = 8000
    engines_only: bool = False
    once: Sequence[str] = ()
    durable: bool = True


def up(
    home: Home, plan: Plan, say: Callable[[str], None], also_stop: Callable[[], bool] = lambda: False
) -> None:
    """Start everything, keep it running, and return when it was stopped.

    Raises EmbeddedError with the remedy when something cannot start; nothing is left running then.
    """
    if named := external_engines():
        raise EmbeddedError(
            f"`kindrelay up` brings its own engines, but {named[0]} names another. "
            "Unset it, or run the processes one by one as docs/operations.md shows."
        )
    is_new = not home.exists()
    home.create()
    with home.lock():
        began = time.monotonic()
        say(f"Kindrelay starts in {home.path}")
        if ended := process.clear(home):
            say(f"  Ended {ended} processes that an earlier run left behind")
        supervisor = Supervisor(home, home.state(), say)
        if is_new:
            supervisor.state.pending_once = list(plan.once)
        with supervisor.watching():
            try:
                _start(supervisor, plan)
                _greet(supervisor, plan, time.monotonic() - began)
                supervisor.run_until_stopped(also_stop)
            except Stopped:
                pass
            finally:
                say("Stopping…")
        seaweedfs.clear_sockets(supervisor.state)
        say("Kindrelay has stopped.")


def _start(supervisor: Supervisor, plan: Plan) -> None:
    if not plan.engines_only and not is_free(plan.port, plan.host):
        raise EmbeddedError(
            f"Port {plan.port} is in use by another program. "
            "Stop it, or choose another port with --port or KINDRELAY_PORT."
        )
    _start_engines(supervisor, plan)
    if plan.engines_only:
        return
    variables = environment(supervisor.home)
    _migrate(supervisor, variables)
    _start_processes(supervisor, plan, variables)
    fill_new_home(supervisor, plan, variables)


def _start_engines(supervisor: Supervisor, plan: Plan) -> None:
    home, state = supervisor.home, supervisor.state
    engines: list[Engine] = [
        Postgres(home, state, plan.durable),
        Valkey(home, state, plan.durable),
        SeaweedFS(home, state),
    ]
    names = [name for engine in engines for name in engine.ports]
    with_grpc = [name for engine in engines for name in engine.grpc_ports]
    state.ports |= choose(names, state.ports, with_grpc, promised=[plan.port])
    began = time.monotonic()
    for engine in engines:
        engine.prepare(state)
        supervisor.start(engine.command())
    for engine in engines:
        supervisor.wait(engine.name, engine.is_ready)
        engine.finish()
        _tell(supervisor, f"{engine.title} {engine.binary.version}", f"{LOOPBACK}:{engine.port}", began)
        if engine.note:
            supervisor.say(f"    {engine.note}")
    _open_to_network(supervisor, plan)


def _open_to_network(supervisor: Supervisor, plan: Plan) -> None:
    """Settle the addresses browsers use; for other devices, open S3 beside the web server."""
    state = supervisor.state
    public = public_host(plan.host)
    state.base_url = f"http://{public}:{plan.port}"
    state.s3_public_endpoint = None
    if plan.host != LOOPBACK:
        state.ports |= choose([PUBLIC_S3], state.ports, promised=[plan.port])
        port = state.ports[PUBLIC_S3]
        state.s3_public_endpoint = seaweedfs.url(port, public)
        supervisor.start(_relay(plan.host, port, state.ports["s3"]))
        supervisor.wait("s3-relay", lambda: seaweedfs.is_healthy(port, public))
        supervisor.say(
            f"  Open to the network: {state.base_url}, uploads and media at {state.s3_public_endpoint}"
        )
    supervisor.home.remember(state)


def _migrate(supervisor: Supervisor, variables: dict[str, str]) -> None:
    began = time.monotonic()
    if not supervisor.run_once(kindrelay("migrate", variables)):
        raise EmbeddedError("The database could not be brought up to date; the reason stands above.")
    _tell(supervisor, "Database", "up to date", began)


def _start_processes(supervisor: Supervisor, plan: Plan, variables: dict[str, str]) -> None:
    began = time.monotonic()
    supervisor.start(_web(plan, variables))
    host = LOOPBACK if plan.host == ANY_ADDRESS else plan.host
    supervisor.wait("web", lambda: _answers(f"http://{host}:{plan.port}/readyz"), FIRST_START_SECONDS)
    _tell(supervisor, "Web", f"{plan.host}:{plan.port}", began)
    supervisor.start(_workers(variables))
    _tell(supervisor, "Workers", f"{' '.join(QUEUES)}, and the sweeper", began)


def fill_new_home(supervisor: Supervisor, plan: Plan, variables: dict[str, str]) -> None:
    """Run what runs once: in a new home, again after a failure, never in a home that started without it."""
    state = supervisor.state
    for name in plan.once:
        if name not in state.pending_once:
            if name not in state.done_once:
                supervisor.say(
                    f"  {name.capitalize()} content goes into a new home only; this one is in use already"
                )
            continue
        began = time.monotonic()
        if supervisor.run_once(kindrelay(name, variables)):
            state.pending_once.remove(name)
            state.done_once.append(name)
            supervisor.home.remember(state)
            _tell(supervisor, name.capitalize(), "loaded", began)
        else:
            supervisor.say(
                f"  {name} could not be finished, for the reason above. The next `kindrelay up` tries again."
            )


def _greet(supervisor: Supervisor, plan: Plan, seconds: float) -> None:
    if plan.engines_only:
        supervisor.say(f"The engines are ready after {seconds:.1f} s. Ctrl-C stops them.")
        return
    supervisor.say(f"\nKindrelay is ready after {seconds:.1f} s: {supervisor.state.base_url}")
    people = supervisor.home.sign_ins
    if people.exists():
        supervisor.say(people.read_text().rstrip())
    supervisor.say("Ctrl-C stops it.")


def kindrelay(name: str, variables: dict[str, str]) -> Command:
    """One of this program's own commands as a child."""
    return Command(name, [sys.executable, "-m", "app.cli", name], variables)


def _web(plan: Plan, variables: dict[str, str]) -> Command:
    options = ["--interface", "wsgi", "--host", plan.host, "--port", str(plan.port), "--no-ws"]
    options += ["--workers", "1", "--blocking-threads", str(WEB_THREADS)]
    arguments = [sys.executable, "-m", "granian", *options, "app.wsgi:application"]
    return Command("web", arguments, variables, rank=PROCESS_RANK)


def _relay(host: str, port: int, target: int) -> Command:
    arguments = [sys.executable, "-m", "app.embedded.relay", host, str(port), str(target)]
    return Command("s3-relay", arguments, rank=RELAY_RANK)


def _workers(variables: dict[str, str]) -> Command:
    arguments = [sys.executable, "-m", "workers", *QUEUES, "sweep"]
    return Command("workers", arguments, variables, rank=PROCESS_RANK)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (our own address)
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _tell(supervisor: Supervisor, what: str, where: str, began: float) -> None:
    supervisor.say(f"  {what:<38} {where:<52} {time.monotonic() - began:5.1f} s")
