"""Valkey (or Redis) on a data folder of the home; every write is in its append-only file."""

import socket

from app.embedded import binaries
from app.embedded.home import Home, State
from app.embedded.process import Command

DATABASES = 64


class Valkey:
    """One Valkey server on loopback."""

    name = "valkey"
    title = "Valkey"
    ports: tuple[str, ...] = ("valkey",)
    grpc_ports: tuple[str, ...] = ()
    note: str | None = None

    def __init__(self, home: Home, state: State, durable: bool = True) -> None:
        self.durable = durable  # or it may lose what it was told last in a power cut: for tests only
        self.binary = binaries.resolve(binaries.VALKEY)
        self.folder = home.path / "valkey"
        self.port = state.ports.get("valkey", 0)

    def prepare(self, state: State) -> None:
        """Make the data folder."""
        self.port = state.ports["valkey"]
        self.folder.mkdir(exist_ok=True, mode=0o700)

    def command(self) -> Command:
        """The server itself, in the foreground."""
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--dir": str(self.folder),
            "--appendonly": "yes",
            "--appendfsync": "everysec" if self.durable else "no",
            "--save": "",
            "--databases": str(DATABASES),
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
        }
        return Command(
            self.name, [str(self.binary.path), *(word for pair in options.items() for word in pair)]
        )

    def is_ready(self) -> bool:
        """True once it has read its data back and answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

    def finish(self) -> None:
        """Nothing is left to do once it answers."""


def url(port: int, database: int = 0) -> str:
    """Address for Redis clients."""
    return f"redis://127.0.0.1:{port}/{database}"
