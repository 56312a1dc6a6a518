"""The resolver takes the system's engine when it is recent enough, else the wheel's, and says why."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded.binaries import Engine, parse_version, resolve
from app.embedded.errors import EmbeddedError


def nowhere() -> Iterator[Path]:
    return iter(())


def program(folder: Path, version_line: str, other_output: str = "") -> Callable[[], Iterator[Path]]:
    """A program that says `version_line` when asked for its version, and `other_output` otherwise."""
    folder.mkdir()
    path = folder / "engine"
    cases = f'-version|--version) echo "{version_line}";; *) echo "{other_output}";;'
    path.write_text(f'#!/bin/sh\ncase "$1" in {cases} esac\n')
    path.chmod(0o755)
    return lambda: iter([path])


def engine(
    base: Engine, system: Callable[[], Iterator[Path]], wheel: Callable[[], Iterator[Path]] = nowhere
) -> Engine:
    return replace(base, system=system, wheel=wheel)


def test_a_recent_system_engine_is_taken(tmp_path: Path) -> None:
    here = program(tmp_path / "a", "Redis server v=7.2.4 sha=0")
    found = resolve(engine(binaries.VALKEY, here, binaries.VALKEY.wheel))
    assert (found.source, found.version) == ("system", "7.2.4")


def test_an_old_system_engine_is_passed_over_with_the_reason(tmp_path: Path) -> None:
    here = program(tmp_path / "a", "Redis server v=6.2.1 sha=0")
    found = resolve(engine(binaries.VALKEY, here, binaries.VALKEY.wheel))
    assert found.source == "wheel"
    assert "is 6.2.1, older than 7" in found.reason


def test_a_broken_program_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    broken = folder / "engine"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    found = resolve(engine(binaries.VALKEY, lambda: iter([broken]), binaries.VALKEY.wheel))
    assert "does not run" in found.reason


@pytest.mark.parametrize(("filters", "encoders"), [("lut3d", "libx265"), ("scale", "libx264")])
def test_an_ffmpeg_that_cannot_make_our_renditions_is_refused(
    tmp_path: Path, filters: str, encoders: str
) -> None:
    here = program(tmp_path / "a", "ffmpeg version 7.1 Copyright", f"{filters} {encoders}")
    with pytest.raises(EmbeddedError, match=r"has no (libx264|lut3d);.*Install ffmpeg"):
        resolve(engine(binaries.FFMPEG, here))


def test_with_no_engine_at_all_the_remedy_is_told() -> None:
    with pytest.raises(
        EmbeddedError,
        match=r"PostgreSQL 15 or newer was not found \(no PostgreSQL on this system;.*make setup",
    ):
        resolve(engine(binaries.POSTGRES, nowhere))


def test_wheels_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = program(tmp_path / "a", "Redis server v=7.2.4 sha=0")
    monkeypatch.setenv("KINDRELAY_BINARIES", "wheels")
    assert resolve(engine(binaries.VALKEY, here, binaries.VALKEY.wheel)).source == "wheel"


def test_existing_data_decides_the_version_of_postgresql(tmp_path: Path) -> None:
    here = program(tmp_path / "a", "postgres (PostgreSQL) 15.4")
    (tmp_path / "a" / "initdb").touch()
    both = engine(binaries.POSTGRES, here, binaries.POSTGRES.wheel)
    assert resolve(both, major=15).source == "system"
    assert resolve(both, major=18).source == "wheel"
    with pytest.raises(EmbeddedError, match="the data here needs version 16"):
        resolve(both, major=16)


@pytest.mark.parametrize(
    "wanted", [binaries.POSTGRES, binaries.VALKEY, binaries.SEAWEEDFS, binaries.FFMPEG, binaries.FFPROBE]
)
def test_every_engine_has_a_working_wheel(wanted: Engine) -> None:
    assert resolve(replace(wanted, system=nowhere)).source == "wheel"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("15", "15.4"),
        ("5.1.9-0+deb12u1", "8.0"),
        ("7.2.4", "n8.0-23-gd1f31a829d"),
        ("9.1.2", "N-118000-gabcdef"),
    ],
)
def test_versions_are_compared_as_numbers(older: str, newer: str) -> None:
    assert parse_version(older) < parse_version(newer)
