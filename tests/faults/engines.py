"""Engines of a test's own, which it may kill: Valkey, SeaweedFS, and a gate on the way to it."""

import contextlib
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from app.embedded import binaries, ports, process, seaweedfs
from app.embedded.home import Home, State
from app.embedded.seaweedfs import SeaweedFS

READY_SECONDS = 60
CHUNK = 1 << 16
SIZE = re.compile(rb"(?i)(content-length: )\d+")


class Valkey:
    """A Valkey server with its append-only file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ports.choose(["valkey"], {})["valkey"]
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        places = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        binary = binaries.resolve(binaries.VALKEY).path
        self.process = subprocess.Popen(
            [str(binary), *places, "--appendonly", "yes", "--appendfsync", "no", "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def jobs(self) -> int:
        with Redis.from_url(self.url) as redis:
            return int(redis.llen("rq:queue:money"))  # pyright: ignore[reportArgumentType]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_and_forget(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Store:
    """A SeaweedFS in `folder`, with the platform's buckets."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.home.create()
        self.state = State(ports=ports.choose(SeaweedFS.ports, {}, SeaweedFS.grpc_ports))
        self.server = SeaweedFS(self.home, self.state)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()
        self.server.finish()

    @property
    def port(self) -> int:
        return self.server.port

    def start(self) -> None:
        """Start it, unless it runs; it answers when this returns."""
        if self.process is not None and self.process.poll() is None:
            return
        self.server.prepare(self.state)
        log = self.home.logs / "seaweedfs.log"
        self.process = process.start(self.server.command(), log, process.new_run(self.home))
        deadline = time.monotonic() + READY_SECONDS
        while not self.server.is_ready():
            is_starting = self.process.poll() is None and time.monotonic() < deadline
            assert is_starting, log.read_text(errors="replace")
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.kill()
        seaweedfs.clear_sockets(self.state)


class Gate:
    """Relays to `target` on loopback; told to, it lets no more than a number of PUTs to a bucket through.

    Requests pass unchanged, so signatures made for this address hold. Answers do, too, but for `overstate`.
    """

    def __init__(self, target: int, bucket: str) -> None:
        self._target = target
        self._put = f"PUT /{bucket}/".encode()
        self._lock = threading.Lock()
        self._left: int | None = None
        self._overstated: int | None = None
        self._open = threading.Event()
        self._open.set()
        self.reached = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def hold_after(self, puts: int) -> None:
        """Hold every PUT after the next `puts`; `reached` is set when one waits."""
        self.reached.clear()
        self._open.clear()
        self._left = puts

    def open(self) -> None:
        """Let everything through, also what waits."""
        self._left = None
        self._open.set()

    def overstate(self, size: int | None) -> None:
        """Let every object that somebody asks the size of be that many bytes; None tells the truth again."""
        self._overstated = size

    def close(self) -> None:
        self.open()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        address = ("127.0.0.1", self._target)
        with client, contextlib.suppress(OSError), socket.create_connection(address) as store:
            asks_size = threading.Event()
            threading.Thread(target=self._answer, args=(store, client, asks_size), daemon=True).start()
            while chunk := client.recv(CHUNK):
                if chunk.startswith(self._put):
                    self._wait()
                if chunk.startswith(b"HEAD "):
                    asks_size.set()
                store.sendall(chunk)
            store.shutdown(socket.SHUT_WR)

    def _answer(self, store: socket.socket, client: socket.socket, asks_size: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := store.recv(CHUNK):
                if asks_size.is_set() and self._overstated is not None:
                    chunk = SIZE.sub(b"%s%d" % (rb"\g<1>", self._overstated), chunk)
                asks_size.clear()
                client.sendall(chunk)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _wait(self) -> None:
        with self._lock:
            if self._left is None:
                return
            self._left -= 1
            is_held = self._left < 0
        if is_held:
            self.reached.set()
            self._open.wait()
