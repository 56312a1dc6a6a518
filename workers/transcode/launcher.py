"""Puts a media tool in its cage, then becomes it: `launcher.py PARENT CPU MEMORY FILE TOOL ARGUMENT…`.

Runs alone, without the project on its path: what it does must be done in the child, between fork and exec,
where a parent with threads may not run Python.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NOT_STARTED = 127
NICENESS = 10  # people looking at pages come before encoding


def main(argv: list[str]) -> None:
    """Limit this process (seconds of CPU, bytes of memory and a file), cut off its network, exec the tool."""
    parent, cpu, memory, file_size = (int(value) for value in argv[:4])
    os.nice(NICENESS)
    # The hard limit kills with a signal that says nothing; the soft one comes first and says what it is for.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 2))
    for kind, limit in (
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(kind, (limit, limit))
    if sys.platform == "linux":
        leave_network_and_die_with_parent()
    if os.getppid() != parent:  # it died before we could ask to be told
        os._exit(1)
    try:
        os.execv(argv[4], argv[4:])  # noqa: S606 (no shell is the point)
    except OSError as error:
        sys.stderr.write(f"{argv[4]}: {error.strerror}\n")
        os._exit(NOT_STARTED)


def leave_network_and_die_with_parent() -> None:
    """Where the platform allows no network namespace, the protocol whitelist still stands."""
    libc = ctypes.CDLL(None)
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # After unshare: a change of credentials forgets it.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
