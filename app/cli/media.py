"""Commands about video files; they need no platform."""

import json
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from app.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from workers.transcode.encode import Tools
    from workers.transcode.inspection import Inspection
    from workers.transcode.offline import Made

REFUSED = 1
COULD_NOT = 2
json_option = click.option("--json", "as_json", is_flag=True, help="For machines to read.")
file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command()
@file_argument
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Say whether a video FILE would be accepted, and what is in it.

    Exit code 0: accepted; 1: refused; 2: it could not be looked at.
    """
    from workers.transcode import inspection

    with answered(Path.cwd(), as_json=as_json):
        report = inspection.inspect(tools(), regular(file), most_seconds())
        tell(report, in_words(report), as_json=as_json)
    if not report.accepted:
        sys.exit(REFUSED)


@click.command()
@file_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the result; new or empty.",
)
@json_option
def transcode(file: Path, out: Path, as_json: bool) -> None:
    """Make of a video FILE what a worker makes: preview, ladder, poster, storyboard, MP4, playlists.

    Exit code 0: made; 1: the file is refused; 2: it could not be made.
    """
    from workers.transcode import offline

    with answered(out.parent, as_json=as_json), tidy_end(), stages(shown=not as_json) as stage:
        made = offline.transcode(tools(), regular(file), out.resolve(), most_seconds(), stage)
    lines = [
        f"{rung.name}: {rung.width}×{rung.height}, {rung.average_rate // 1000} kbit/s" for rung in made.rungs
    ]
    lines += [f"{made.files} files, {made.bytes / 1e6:.1f} MB, {made.cpu_seconds:.1f} s of CPU"]
    lines += [f"Look out: {warning}" for warning in made.warnings]
    tell(made, "\n".join([*lines, f"{made.folder}/{made.master}"]), as_json=as_json)


@contextmanager
def answered(folder: Path, *, as_json: bool) -> Generator[None]:
    """End with a sentence, or with JSON, whatever goes wrong while something is made in `folder`."""
    from app.core.errors import KindrelayError
    from app.core.settings import SettingsError
    from workers.transcode.reasons import Rejected
    from workers.transcode.run import ToolFailedError
    from workers.transcode.workspace import ran_out

    try:
        yield
    except Rejected as rejection:
        ending({"accepted": False, "reason": str(rejection)}, f"Refused: {rejection}", as_json=as_json)
        sys.exit(REFUSED)
    except (KindrelayError, SettingsError, EmbeddedError, ToolFailedError, OSError, ValueError) as error:
        is_full = folder.exists() and ran_out(folder, error)
        words = f"There is no room left in {folder}." if is_full else str(error)
        ending({"accepted": None, "error": words}, f"Error: {words}", as_json=as_json)
        sys.exit(COULD_NOT)


def ending(told: dict[str, object], words: str, *, as_json: bool) -> None:
    """Say how it ended badly: to machines on standard output, to people beside it."""
    click.echo(json.dumps(told) if as_json else words, err=not as_json)


@contextmanager
def tidy_end() -> Generator[None]:
    """Let SIGTERM and a closed terminal clear up as Ctrl-C does."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def regular(file: Path) -> Path:
    """The file's whole path. Raises ValueError when it is a device, a pipe or the like."""
    if not file.is_file():
        raise ValueError(f"{file} is not a regular file.")
    return file.resolve()


def tell(report: "Inspection | Made", words: str, *, as_json: bool) -> None:
    """Print a report, for people or for machines."""
    click.echo(json.dumps(asdict(report)) if as_json else words)


def in_words(report: "Inspection") -> str:
    """An inspection as lines for people."""
    if report.width is None:
        return f"Refused: {report.reason}"
    sound = f"{report.audio_codec}, {report.audio_channels} channels" if report.audio_codec else "none"
    declared = f"{report.declared_seconds:.2f}" if report.declared_seconds is not None else "not told"
    pace = "variable" if report.variable_fps else "constant"
    lines = [
        "Accepted" if report.accepted else f"Refused: {report.reason}",
        f"  Picture     {report.width}×{report.height}, {report.video_codec} in {report.container}",
        f"  Turned      {report.rotation}°",
        f"  Rate        {report.fps:g} frames a second, {pace}; the header says {report.declared_fps}",
        f"  Length      {report.decoded_seconds:.2f} s decoded; the header says {declared}",
        f"  Sound       {sound}",
        f"  Wide light  {report.hdr or 'no'}",
        f"  Renditions  {', '.join(report.rungs)}",
    ]
    return "\n".join([*lines, *(f"  Look out    {warning}" for warning in report.warnings)])


@contextmanager
def stages(*, shown: bool) -> Generator[Callable[[str], Callable[[float], None]]]:
    """A progress bar for each stage by its name, on standard error; each takes the share done, 0 to 1."""
    bars: list[Any] = []

    def close() -> None:
        for bar in bars:
            bar.render_finish()
        bars.clear()

    def stage(name: str) -> Callable[[float], None]:
        close()
        if not shown:
            return lambda _share: None
        bar = click.progressbar(length=1000, label=f"{name:<8}", file=sys.stderr)
        bars.append(bar)

        def move(share: float) -> None:
            bar.update(round(share * 1000) - bar.pos)

        return move

    try:
        yield stage
    finally:
        close()


def tools() -> "Tools":
    """The media tools that the environment names, else those that the platform would run with."""
    from app.embedded import binaries
    from app.videos import recipes
    from workers.transcode.encode import Tools

    return Tools(
        os.environ.get("KINDRELAY_FFMPEG") or str(binaries.resolve(binaries.FFMPEG).path),
        os.environ.get("KINDRELAY_FFPROBE") or str(binaries.resolve(binaries.FFPROBE).path),
        told("transcode_preset"),
        recipes.named(told("recipe")),
    )


def most_seconds() -> int:
    """The longest video that is taken, in seconds. Raises SettingsError."""
    from app.core.settings import SettingsError

    seconds = told("max_video_seconds")
    if not seconds.isdecimal() or int(seconds) == 0:
        raise SettingsError("KINDRELAY_MAX_VIDEO_SECONDS must be a whole number of seconds above zero.")
    return int(seconds)


def told(field: str) -> str:
    """What the environment says of a setting, else its default; the other settings may be missing."""
    from app.core.settings import Settings, env_name

    return os.environ.get(env_name(field), str(Settings.model_fields[field].default))
