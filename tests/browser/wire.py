"""A line between a browser and the store that a test can hold, cut and mend; it counts what it carries."""

import socket
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

PIECE = 64 * 1024
HEAD_END = b"\r\n\r\n"
PATIENCE = 30  # s
THROUGH = 1024 * 1024  # bytes of a held part that still get through


class Wire:
    """Forwards HTTP to the store.

    `begun` counts how often each part was sent, `carried` the bytes of all parts, `most_at_once` the parts
    that were on the way together. Parts in `held` stop half-way, small ones before their first byte.
    """

    def __init__(self, listener: socket.socket, upstream: tuple[str, int]) -> None:
        self.held: set[int] = set()
        self.begun: Counter[int] = Counter()
        self.carried = 0
        self.most_at_once = 0
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._listener, self._upstream = listener, upstream
        self._is_cut = False
        self._on_the_way = 0
        self._ends: set[socket.socket] = set()
        self._changed = threading.Condition()

    def cut(self) -> None:
        """Everything on the line is lost, and nobody gets through until it is mended."""
        with self._changed:
            self._is_cut = True
            for end in self._ends:
                hang_up(end)
            self._ends.clear()
            self._changed.notify_all()

    def mend(self) -> None:
        """Let people through again."""
        with self._changed:
            self._is_cut = False

    def renew(self) -> None:
        """Lose what is still on the line; nothing is held any longer, and everybody gets through."""
        self.cut()
        self.held = set()
        self.mend()

    def wait_for(self, part: int, times: int = 1) -> None:
        """Until this part has been begun so many times."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.begun[part] >= times, timeout=PATIENCE)

    def let_go(self, part: int) -> None:
        """Hold a part no longer; what is held of it goes on."""
        with self._changed:
            self.held.discard(part)
            self._changed.notify_all()

    def serve(self) -> None:
        """Take calls until the listener is closed."""
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                if self._is_cut:
                    caller.close()
                else:
                    threading.Thread(target=self._connect, args=(caller,), daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        with suppress(OSError), caller, socket.create_connection(self._upstream) as store:
            with self._changed:
                if self._is_cut:
                    return
                self._ends |= {caller, store}
            back = threading.Thread(target=copy, args=(store, caller), daemon=True)
            back.start()
            with suppress(OSError):
                while self._pass_request(caller, store):
                    pass
            with self._changed:
                self._ends -= {caller, store}
            hang_up(store)
            hang_up(caller)
            back.join()

    def _pass_request(self, caller: socket.socket, store: socket.socket) -> bool:
        head = b""
        while HEAD_END not in head:
            piece = caller.recv(PIECE)
            if not piece:
                return False
            head += piece
        lines, _, begun = head.partition(HEAD_END)
        part, length = read_head(lines)
        store.sendall(lines + HEAD_END)
        if part:
            self._count(1)
            self._begin(part)
        try:
            self._pass_body(caller, store, begun, length, part)
        finally:
            self._count(-1 if part else 0)
        return True

    def _begin(self, part: int) -> None:
        with self._changed:
            self.begun[part] += 1
            self._changed.notify_all()

    def _count(self, change: int) -> None:
        with self._changed:
            self._on_the_way += change
            self.most_at_once = max(self.most_at_once, self._on_the_way)

    def _pass_body(
        self, caller: socket.socket, store: socket.socket, piece: bytes, length: int, part: int
    ) -> None:
        passed = 0
        if length <= THROUGH:
            self._wait_while_held(part, caller)
        while True:
            store.sendall(piece)
            passed += len(piece)
            self.carried += len(piece) if part else 0
            if passed >= length:
                return
            if passed >= THROUGH:
                self._wait_while_held(part, caller)
            piece = caller.recv(PIECE)
            if not piece:
                raise ConnectionError

    def _wait_while_held(self, part: int, caller: socket.socket) -> None:
        with self._changed:
            self._changed.wait_for(lambda: part not in self.held or caller not in self._ends)
            if caller not in self._ends:
                raise ConnectionError


def read_head(lines: bytes) -> tuple[int, int]:
    """The number of the part that is put (0: another request), and the length of what follows."""
    first, *headers = lines.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    number = target.partition("partNumber=")[2].partition("&")[0]
    length = next((line.split(":")[1] for line in headers if line.lower().startswith("content-length:")), "0")
    return (int(number) if method == "PUT" and number else 0), int(length)


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)


def hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(upstream: str) -> Generator[Wire]:
    """A line to the store at the address `upstream`."""
    there = urlsplit(upstream)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Calls inherit it. Left to itself the system grows it until it takes in the rest of a held part.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        line = Wire(listener, (str(there.hostname), there.port or 80))
        threading.Thread(target=line.serve, daemon=True).start()
        yield line
        line.cut()
        hang_up(listener)
