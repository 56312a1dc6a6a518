"""A small process that outlives a killed supervisor just long enough to end its children.

`python -m app.embedded.watchdog HOME RUN` reads its standard input, whose other end the supervisor holds:
a byte means that it stopped everything itself, an end without one that it was killed.
"""

import signal
import sys
from pathlib import Path

from app.embedded.home import Home
from app.embedded.process import clear


def main() -> None:
    """Wait for the supervisor's end, however it comes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    home, run = Home(Path(sys.argv[1])), sys.argv[2]
    if not sys.stdin.buffer.read(1):
        clear(home, run)


if __name__ == "__main__":
    main()
