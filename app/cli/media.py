"""Commands about video files and the library of videos: `inspect` and `transcode` need no platform."""

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

json_option = click.option("--json", "as_json", is_flag=True, help="For machines to read.")
file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command()
@file_argument
@json_option
def inspect(file: Path, as_json: bool) -> None:
    """Say whether a video FILE would be accepted, and what is in it. Exit code 1 when it would be refused."""
    from workers.transcode import inspection

    report = inspection.inspect(tools(), file.resolve(), most_seconds())
    click.echo(json.dumps(asdict(report), ensure_ascii=False) if as_json else inspection.in_words(report))
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

    with stages(shown=not as_json) as stage:
        made = offline.transcode(tools(), file.resolve(), out.resolve(), most_seconds(), stage)
    click.echo(json.dumps(asdict(made), ensure_ascii=False) if as_json else offline.in_words(made))


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
    from app.videos.recipes import RECIPES
    from workers.transcode.encode import Tools

    recipe = os.environ.get("KINDRELAY_RECIPE", "h264-2")
    if recipe not in RECIPES:
        raise click.ClickException(f"KINDRELAY_RECIPE must be one of: {', '.join(RECIPES)}.")
    return Tools(
        os.environ.get("KINDRELAY_FFMPEG") or str(binaries.resolve(binaries.FFMPEG).path),
        os.environ.get("KINDRELAY_FFPROBE") or str(binaries.resolve(binaries.FFPROBE).path),
        os.environ.get("KINDRELAY_TRANSCODE_PRESET", "veryfast"),
        RECIPES[recipe],
    )


def most_seconds() -> int:
    """The longest video that is taken, in seconds."""
    return int(os.environ.get("KINDRELAY_MAX_VIDEO_SECONDS", "600"))
