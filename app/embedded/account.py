"""PostgreSQL refuses to run as root: which account runs it then, and what that account can reach."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError

REACHABLE_PLACE = Path("/var/lib/kindrelay")
USUAL_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user a server runs as in place of root."""

    name: str
    uid: int
    gid: int


def for_servers(home: Path) -> Account | None:
    """The account for servers that refuse root: the home's owner, `postgres` or `nobody`, if it reaches it.

    None when this process is not root: then everything runs as the person who started it.
    Raises EmbeddedError when this machine has no such account at all.
    """
    if os.geteuid() != 0:
        return None
    accounts = list(_candidates(home))
    if not accounts:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no other user for it. "
            "Run Kindrelay as a normal user, or add one: useradd --system postgres."
        )
    place = nearest_existing(home)
    return next((account for account in accounts if reaches(account, place)), accounts[0])


def reaches(account: Account, path: Path) -> bool:
    """True when the account can enter a folder or run a file at `path`, whatever the modes on the way say."""
    finished = subprocess.run(
        ["test", "-x", str(path)],  # noqa: S607 (every POSIX system has it, in its own place)
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return finished.returncode == 0


def nearest_existing(path: Path) -> Path:
    """`path`, or the closest folder above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def place_for(home: Path) -> Path:
    """A folder outside the home, always the same one for the same home."""
    return REACHABLE_PLACE / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def make_place(account: Account, home: Path) -> None:
    """Make the folder outside the home. Raises EmbeddedError when the account cannot reach it either."""
    place = place_for(home)
    place.mkdir(parents=True, exist_ok=True, mode=0o755)
    if not reaches(account, place):
        raise EmbeddedError(
            f"The user {account.name}, who runs PostgreSQL in place of root, reaches neither {home} "
            f"nor {place}. Run Kindrelay as a normal user, or choose a home outside private folders."
        )


def reachable_program(account: Account, program: Path, place: Path) -> Path:
    """`program` itself when the account can run it, else a copy of its installation under `place`.

    `program` is `<package>/pginstall/bin/<name>`; the libraries a wheel keeps beside its package go along.
    """
    if reaches(account, program):
        return program
    package = program.parents[2]
    copy = place / "programs" / f"{package.name}-{int(program.stat().st_mtime)}"
    copied = copy / package.name / program.relative_to(package)
    if not copied.exists():
        shutil.rmtree(copy, ignore_errors=True)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, copy / folder.name, symlinks=True)
    return copied


def give(account: Account, path: Path) -> None:
    """Make the account the owner of everything under `path`."""
    for folder, _, files in os.walk(path):
        os.chown(folder, account.uid, account.gid)
        for name in files:
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def _candidates(home: Path) -> list[Account]:
    found: list[Account] = []
    for who in (nearest_existing(home).stat().st_uid, int(os.environ.get("SUDO_UID", "0")), *USUAL_ACCOUNTS):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
            if entry.pw_uid != 0:
                found.append(Account(entry.pw_name, entry.pw_uid, entry.pw_gid))
    return found
