"""The home: the one folder that holds a platform's data, secrets, ports and logs."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.embedded.errors import EmbeddedError

DEFAULT_HOME = Path(__file__).parents[2] / "var"
MAKERS: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "sandbox_secret": lambda: secrets.token_urlsafe(36),
    "postgres_password": lambda: secrets.token_urlsafe(24),
    "s3_access_key": lambda: "kindrelay" + secrets.token_hex(6),
    "s3_secret_key": lambda: secrets.token_urlsafe(36),
}


@dataclass
class Recorded:
    """A process this home started: enough to find it again, and to be sure that it is still that one."""

    pid: int
    created: float
    stop_signal: int


@dataclass
class State:
    """What a home remembers between runs, and what `kindrelay` commands beside a running `up` need."""

    ports: dict[str, int] = field(default_factory=dict[str, int])
    postgres_dir: str | None = None
    pending_once: list[str] = field(default_factory=list[str])
    done_once: list[str] = field(default_factory=list[str])
    run: str | None = None
    base_url: str | None = None
    s3_public_endpoint: str | None = None
    children: dict[str, Recorded] = field(default_factory=dict[str, Recorded])


class Home:
    """A platform's folder. Reading it never starts anything."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.logs = self.path / "logs"
        self.sign_ins = (
            self.path / "sign-in.txt"
        )  # written by the demo: who can sign in, for a person to read
        self._state_file = self.path / "state.json"
        self._secrets_file = self.path / "secrets.json"

    @classmethod
    def here(cls) -> "Home":
        """The home KINDRELAY_HOME names, else `var/` of this checkout."""
        named = os.environ.get("KINDRELAY_HOME")
        return cls(Path(named) if named else DEFAULT_HOME)

    def create(self) -> None:
        """Make the folder and its secrets if they are not there yet.

        Raises EmbeddedError when the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise EmbeddedError(
                f"The home {self.path} cannot be written ({error.strerror}). "
                "Choose another folder with --home or KINDRELAY_HOME."
            ) from None
        if not self._secrets_file.exists():
            _write_atomically(self._secrets_file, {name: make() for name, make in MAKERS.items()})

    def exists(self) -> bool:
        """True when a platform has been made here."""
        return self._secrets_file.exists()

    def secrets(self) -> dict[str, str]:
        """The home's random secrets, made once; readable by their owner alone."""
        return json.loads(self._secrets_file.read_text())

    def state(self) -> State:
        """What the home remembers; a fresh state when nothing was written yet."""
        if not self._state_file.exists():
            return State()
        raw = json.loads(self._state_file.read_text())
        raw["children"] = {name: Recorded(**child) for name, child in raw["children"].items()}
        return State(**raw)

    def remember(self, state: State) -> None:
        """Write the state in one step, so that a reader never sees half of it."""
        _write_atomically(self._state_file, asdict(state))

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the home alone. Raises EmbeddedError when another process holds it."""
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise EmbeddedError(
                    f"Kindrelay is already running on {self.path} (process {holder}). "
                    "Stop it first, or choose another home with --home."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def is_running(self) -> bool:
        """True while some `kindrelay up` holds this home."""
        if not (self.path / "lock").exists():
            return False
        try:
            with self.lock():
                return False
        except EmbeddedError:
            return True


def _write_atomically(path: Path, content: object) -> None:
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
