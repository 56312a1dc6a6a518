"""Playlists tell the truth about every segment, on every rung, in the preview and in the whole ladder."""

import dataclasses
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image

from app.videos.recipes import STANDARD
from app.videos.renditions import MP4, PLAYLIST, POSTER, STORYBOARD, STORYBOARD_SHEET
from tests import charts, fragments, hls
from tests.charts import Picture
from tests.films import Films, Take, beeping, ticking
from workers.transcode import encode, probe
from workers.transcode.encode import Tools
from workers.transcode.probe import Probe

# The same pipeline with small rungs, so that a ladder costs little.
SMALL = dataclasses.replace(
    STANDARD,
    peak_rates=MappingProxyType({480: 900_000, 240: 500_000, 160: 250_000}),
    preview_side=160,
    fallback_side=240,
)
PORTRAIT = (240, 426)
EVENTS = (1.0, 5.0, 9.0)
NTSC = Fraction(30000, 1001)
QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-c:a", "aac")


@dataclass(frozen=True)
class Made:
    """A source, and the folders that came of it: the preview and the ladder that took its rung over."""

    source: Path
    seen: Probe
    preview: Path
    ladder: Path


def made(tools: Tools, source: Path, folder: Path) -> Made:
    seen = probe.probe(tools.ffprobe, source, 600)
    preview, ladder = folder / "preview", folder / "ladder"
    for each in (preview, ladder):
        each.mkdir(parents=True)
    encode.preview(tools, source, preview, seen, lambda _: None)
    encode.whole_ladder(tools, source, ladder, seen, lambda _: None, preview / MP4)
    return Made(source, seen, preview, ladder)


@pytest.fixture(scope="module")
def real(tools: Tools) -> Tools:
    """As in production: with frames that are shown in another order than they are stored in."""
    return dataclasses.replace(tools, preset="veryfast", recipe=SMALL)


@pytest.fixture(scope="module")
def portrait(real: Tools, films: Films, tmp_path_factory: pytest.TempPathFactory) -> Made:
    take = Take("30000/1001", options=QUICK, sound=beeping(10.3, EVENTS))
    source = films.made("portrait.mp4", ticking(10.3, float(NTSC), EVENTS, PORTRAIT), take)
    return made(real, source, tmp_path_factory.mktemp("portrait"))


def test_every_segment_is_as_told(portrait: Made):
    preview = hls.check(portrait.preview / PLAYLIST, 2, PORTRAIT, float(NTSC))
    ladder = hls.check(portrait.ladder / PLAYLIST, 4, PORTRAIT, float(NTSC))
    assert [film.init.size for film in preview.films] == [(160, 284)]
    assert [film.init.size for film in ladder.films] == [(240, 426), (160, 284)]
    assert [len(film.segments) for film in (*preview.films, *ladder.films)] == [6, 3, 3]
    for film in (*preview.films, *ladder.films):
        assert film.seconds == pytest.approx(10.3, abs=0.05)
        assert film.begin == 0
        assert film.init.profile[0] == 100


def test_ffprobe_agrees_with_the_segments(portrait: Made, films: Films):
    for rendition in (portrait.ladder / "240p", portrait.ladder / "audio"):
        whole = hls.Rendition(rendition / "index.m3u8")
        last = portrait.ladder.parent / "last.mp4"
        last.write_bytes(whole.init.content + whole.segments[-1].path.read_bytes())
        [stream] = films.streams(last)
        assert int(stream["nb_read_packets"]) == len(whole.segments[-1].samples)
        first = min(sample.shown for sample in whole.segments[-1].samples) - whole.init.skipped
        assert float(stream["start_time"]) == pytest.approx(first / whole.init.scale, abs=0.03)


def test_each_rung_alone_is_a_playlist_too(portrait: Made):
    for name in ("240p", "160p"):
        alone = hls.check(portrait.ladder / f"{name}.m3u8", 4, PORTRAIT, float(NTSC))
        assert f"{min(alone.films[0].init.size)}p" == name


def test_nothing_is_published_that_no_playlist_or_page_names(portrait: Made):
    for folder in (portrait.preview, portrait.ladder):
        named = {folder / name for name in (PLAYLIST, MP4, POSTER, STORYBOARD, STORYBOARD_SHEET)}
        for playlist in folder.rglob("*.m3u8"):
            named |= {playlist, *hls.uris(playlist)}
            named |= {hls.init_of(playlist)} if playlist.name == "index.m3u8" else set()
        assert {path for path in folder.rglob("*") if path.is_file()} <= named


@pytest.mark.parametrize("stage", ["preview", "ladder"])
def test_flash_and_beep_stay_together_on_every_rung(portrait: Made, films: Films, stage: str):
    folder: Path = getattr(portrait, stage)
    joined = folder.parent / "joined.mp4"
    beeps = films.beeps(hls.joined(folder / "audio", folder.parent / "sound.mp4"))
    for rung in folder.glob("*p"):
        flashes = films.flashes(hls.joined(rung, joined))
        assert np.abs(np.array(flashes) - EVENTS).max() <= 0.034
        assert np.abs(np.array(flashes) - beeps).max() <= 0.034
    both = np.array(films.flashes(folder / MP4)) - films.beeps(folder / MP4)
    assert np.abs(both).max() <= 0.034


def test_the_single_file_plays_while_it_loads_and_is_as_long(portrait: Made, films: Films):
    for folder in (portrait.preview, portrait.ladder):
        content = (folder / MP4).read_bytes()
        order = [name for name, _, _ in fragments.boxes(content) if name in (b"moov", b"mdat", b"moof")]
        assert order == [b"moov", b"mdat"]
        assert films.duration(folder / MP4) == pytest.approx(10.3, abs=0.05)
        assert len(films.times(folder / MP4)) == round(10.3 * NTSC)


def test_storyboard_pictures_are_in_proportion_and_of_their_time(portrait: Made):
    cues = tiles(portrait.ladder)
    assert [start for start, _, _ in cues] == list(range(11))
    assert [end for _, end, _ in cues[:-1]] == list(range(1, 11))
    assert cues[-1][1] == pytest.approx(10.3, abs=0.05)
    for start, _, tile in cues:
        height, width = tile.shape[:2]
        assert width / height == pytest.approx(PORTRAIT[0] / PORTRAIT[1], abs=0.02)
        told, flash = charts.second_shown(tile, 10.3), charts.is_flash(tile)
        flat = charts.clock(told, 10.3, width, height, flash=flash)
        assert told == pytest.approx(start, abs=0.12)
        assert charts.distance(tile, flat) < 0.05


def tiles(folder: Path) -> list[tuple[float, float, Picture]]:
    """Begin, end and picture of each cue of the storyboard."""
    text = (folder / STORYBOARD).read_text()
    sheet = np.asarray(Image.open(folder / "storyboard.jpg").convert("RGB")) / 255
    found = re.findall(r"([\d:.]+) --> ([\d:.]+)\nstoryboard\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)", text)
    cut: list[tuple[float, float, Picture]] = []
    for start, end, *area in found:
        x, y, width, height = map(int, area)
        assert x + width <= sheet.shape[1]
        assert y + height <= sheet.shape[0]
        cut.append((seconds(start), seconds(end), sheet[y : y + height, x : x + width]))
    return cut


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_a_clip_of_four_seconds_is_one_segment(real: Tools, films: Films, tmp_path: Path):
    source = films.made("four.mp4", ticking(4, 25, [], (160, 90)), Take(options=QUICK, sound=beeping(4, [1])))
    ladder = hls.check(made(real, source, tmp_path).ladder / PLAYLIST, 4, (160, 90), 25)
    assert [segment.told for segment in ladder.films[0].segments] == [pytest.approx(4.0)]


def test_a_clip_of_three_minutes_keeps_its_boundaries_and_its_sound(
    real: Tools, films: Films, tmp_path: Path
):
    events = (2.0, 178.0)
    pictures = ticking(180, 4, events, (160, 90))
    source = films.made("long.mp4", pictures, Take("4", options=QUICK, sound=beeping(180, events)))
    folders = made(dataclasses.replace(real, preset="ultrafast"), source, tmp_path)
    ladder = hls.check(folders.ladder / PLAYLIST, 4, (160, 90), 4)
    assert len(ladder.films[0].segments) == 45
    assert [start for start, _, _ in tiles(folders.ladder)] == list(range(0, 180, 2))
    shown = [charts.second_shown(tile, 180) for _, _, tile in tiles(folders.ladder)]
    assert shown == pytest.approx(list(range(0, 180, 2)), abs=1.7)  # a column of a tile is worth a second
    offsets = np.array(films.flashes(folders.ladder / MP4)) - films.beeps(folders.ladder / MP4)
    assert abs(offsets).max() <= 0.04


def test_a_fast_silent_clip_at_full_size_stays_within_what_phones_play(
    tools: Tools, films: Films, tmp_path: Path
):
    pictures = [charts.resized(charts.chart(270, 480), 1080, 1920)] * 14
    source = films.made("full.mp4", pictures, Take("60", options=("-c:v", "libx264", "-preset", "ultrafast")))
    seen = probe.probe(tools.ffprobe, source, 600)
    production = dataclasses.replace(tools, preset="veryfast")
    encode.whole_ladder(production, source, tmp_path, seen, lambda _: None)
    ladder = hls.check(tmp_path / PLAYLIST, 4, (1080, 1920), 60)
    assert [film.init.size for film in ladder.films] == [(1080, 1920), (720, 1280), (480, 852)]
    assert ladder.sound is None
    assert ladder.films[0].init.profile[2] == 42
