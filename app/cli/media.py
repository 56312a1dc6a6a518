"""Commands about video files; they need no platform."""

import json
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workers.transcode.encode import Tools
    from workers.transcode.inspection import Inspection
    from workers.transcode.offline import Made

json_option = click.option("--json", "as_json", is_flag=True, help="For machines to read.")
file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command()
@file_argument
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Say whether a video FILE would be accepted, and what is in it. Exit code 1 when it would be refused."""
    from workers.transcode import inspection

    with broken_tools_said():
        report = inspection.inspect(tools(), file.resolve(), most_seconds())
    tell(report, in_words(report), as_json=as_json)
    if not report.accepted:
        sys.exit(1)


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
    """Make of a video FILE what a worker makes: preview, ladder, poster, storyboard, MP4, playlists."""
    from workers.transcode import offline
    from workers.transcode.reasons import Rejected

    try:
        with broken_tools_said(), stages(shown=not as_json) as stage:
            made = offline.transcode(tools(), file.resolve(), out.resolve(), most_seconds(), stage)
    except Rejected as rejection:
        if not as_json:
            raise
        click.echo(json.dumps({"accepted": False, "reason": str(rejection)}, ensure_ascii=False))
        sys.exit(1)
    lines = [
        f"{rung.name}: {rung.width}×{rung.height}, {rung.average_rate // 1000} kbit/s" for rung in made.rungs
    ]
    lines += [f"{made.files} files, {made.bytes / 1e6:.1f} MB, {made.cpu_seconds:.1f} s of CPU"]
    lines += [f"Look out: {warning}" for warning in made.warnings]
    tell(made, "\n".join([*lines, f"{made.folder}/{made.master}"]), as_json=as_json)


def tell(report: "Inspection | Made", words: str, *, as_json: bool) -> None:
    """Print a report, for people or for machines."""
    click.echo(json.dumps(asdict(report), ensure_ascii=False) if as_json else words)


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
def broken_tools_said() -> Generator[None]:
    """Say in a sentence that ffmpeg or ffprobe broke down."""
    from workers.transcode.run import ToolFailedError

    try:
        yield
    except ToolFailedError as error:
        raise click.ClickException(f"The media tools could not go on. {error}") from None


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
        os.environ.get("KINDRELAY_TRANSCODE_PRESET", "veryfast"),
        recipes.named(os.environ.get("KINDRELAY_RECIPE", recipes.STANDARD.name)),
    )


def most_seconds() -> int:
    """The longest video that is taken, in seconds."""
    return int(os.environ.get("KINDRELAY_MAX_VIDEO_SECONDS", "600"))
