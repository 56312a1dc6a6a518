"""PostgreSQL on a data folder of the home."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from app.embedded import account, binaries
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home, State
from app.embedded.process import Command, wait_until_gone

USER = DATABASE = "kindrelay"
BUILTIN_LOCALE_SINCE = 17


class Postgres:
    """One PostgreSQL server. With `durable=False` it may lose its data in a power cut: for tests only."""

    name = "postgres"
    title = "PostgreSQL"
    ports: tuple[str, ...] = ("postgres",)
    grpc_ports: tuple[str, ...] = ()

    def __init__(self, home: Home, state: State, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.account = account.for_servers(home.path)
        self.port = state.ports.get("postgres", 0)
        self.folder = Path(state.postgres_dir) if state.postgres_dir else self._choose_folder()
        self.binary = binaries.resolve(binaries.POSTGRES, binaries.data_major(self.folder))
        self.note: str | None = None

    def prepare(self, state: State) -> None:
        """Make the data folder if it is new, and clear the traces of a crash if it is not."""
        self.port = state.ports["postgres"]
        state.postgres_dir = str(self.folder)
        if self.account:
            self._make_reachable(self.account)
        if (self.folder / "PG_VERSION").exists():
            self._clear_stale_lock()
        else:
            self._initialise()

    def command(self) -> Command:
        """The server itself, in the foreground. SIGINT is its fast and clean shutdown."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [str(self._program("postgres")), "-D", str(self.folder)]
        for name, value in options.items():
            arguments += ["-c", f"{name}={value}"]
        return Command(self.name, arguments, account=self.account, stop_signal=signal.SIGINT)

    def is_ready(self) -> bool:
        """True once it accepts statements."""
        try:
            with psycopg.connect(self.conninfo("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def finish(self) -> None:
        """Create the platform's database if it is not there."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def conninfo(self, database: str = DATABASE) -> str:
        """Address for psycopg."""
        return url(self.home, self.port, database).replace("+psycopg", "")

    def _choose_folder(self) -> Path:
        if self.account and not account.reaches(self.account, account.nearest_existing(self.home.path)):
            return account.place_for(self.home.path) / "postgres"
        return self.home.path / "postgres"

    def _make_reachable(self, who: account.Account) -> None:
        outside = self.home.path not in self.folder.parents
        if outside:
            account.make_place(who, self.home.path)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.folder.stat().st_uid != who.uid:
            account.give(who, self.folder)
        if outside:
            self.note = f"data in {self.folder}, because the user {who.name} cannot reach {self.home.path}"
        elif not account.reaches(who, self.folder.parent):
            raise EmbeddedError(
                f"PostgreSQL runs as the user {who.name}, who cannot reach {self.folder}. "
                "Let others enter the folders above it (chmod o+x), or choose another home with --home."
            )

    def _program(self, name: str) -> Path:
        program = self.binary.path.with_name(name)
        if self.account is None or self.binary.source == "system":
            return program
        place = self.home.path if account.reaches(self.account, self.home.path) else self.folder.parent
        return account.reachable_program(self.account, program, place)

    def _initialise(self) -> None:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        with _private_file(self.home.secrets()["postgres_password"], self.account) as password:
            arguments = [str(self._program("initdb")), "-D", str(self.folder), "-U", USER, "-E", "UTF8"]
            arguments += ["--auth=scram-sha-256", f"--pwfile={password}"]
            arguments += locale if self.binary.major >= BUILTIN_LOCALE_SINCE else ["--locale=C.UTF-8"]
            arguments += [] if self.durable else ["--no-sync"]
            finished = subprocess.run(
                arguments,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
                start_new_session=True,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        if finished.returncode:
            raise EmbeddedError(f"PostgreSQL could not prepare {self.folder}: {finished.stderr.strip()}")

    def _clear_stale_lock(self) -> None:
        """A killed server leaves `postmaster.pid`, which blocks a start once others have its pid."""
        lock = self.folder / "postmaster.pid"
        if not lock.exists():
            return
        with contextlib.suppress(psutil.Error, ValueError, IndexError):
            holder = psutil.Process(int(lock.read_text().split()[0]))
            if Path(holder.cwd()) == self.folder:
                holder.send_signal(signal.SIGINT)
                if not wait_until_gone(holder.pid, 10):
                    raise EmbeddedError(
                        f"Another PostgreSQL (process {holder.pid}) runs on {self.folder}. Stop it first."
                    )
        lock.unlink(missing_ok=True)


def url(home: Home, port: int, database: str = DATABASE) -> str:
    """Address for SQLAlchemy."""
    return f"postgresql+psycopg://{USER}:{home.secrets()['postgres_password']}@127.0.0.1:{port}/{database}"


@contextmanager
def _private_file(content: str, owner: account.Account | None) -> Generator[Path]:
    descriptor, name = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        if owner:
            os.chown(name, owner.uid, owner.gid)
        yield Path(name)
    finally:
        Path(name).unlink()
