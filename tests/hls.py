"""Goes through finished playlists segment by segment, reading the boxes of the files themselves."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from struct import unpack_from

from tests.fragments import Init, Sample, samples

INSTANT = 0.002  # seconds; playlists are written with six digits
KEY_PICTURE = 5  # the kind of slice in H.264 that needs nothing before it


@dataclass(frozen=True)
class Segment:
    """One line of a media playlist and what lies behind it."""

    path: Path
    told: float
    samples: tuple[Sample, ...]

    @property
    def ticks(self) -> int:
        return sum(sample.duration for sample in self.samples)

    def kinds(self, sample: Sample) -> set[int]:
        """The kinds of H.264 unit in a sample."""
        content, at, kinds = self.path.read_bytes(), sample.at, set[int]()
        while at < sample.at + sample.size:
            kinds.add(content[at + 4] & 31)
            at += 4 + unpack_from(">I", content, at)[0]
        return kinds


class Rendition:
    """A media playlist: one rung, or the sound."""

    def __init__(self, playlist: Path) -> None:
        self.text = playlist.read_text()
        self.init = Init(init_of(playlist))
        told = [float(value) for value in re.findall(r"^#EXTINF:([\d.]+),", self.text, re.MULTILINE)]
        self.segments = [
            Segment(path, seconds, tuple(samples(path.read_bytes(), self.init)))
            for path, seconds in zip(uris(playlist), told, strict=True)
        ]
        self.seconds = sum(told)

    @property
    def starts(self) -> list[float]:
        """When each segment begins, by the clock of its frames."""
        first = self.segments[0].samples[0].decoded
        return [(segment.samples[0].decoded - first) / self.init.scale for segment in self.segments]

    @property
    def rate(self) -> float:
        """Frames a second; all must take equally long."""
        [ticks] = {sample.duration for segment in self.segments for sample in segment.samples}
        return self.init.scale / ticks

    @property
    def begin(self) -> float:
        """The second at which the first frame is shown."""
        shown = min(sample.shown for sample in self.segments[0].samples)
        return (shown - self.init.skipped) / self.init.scale

    def check(self, longest: float) -> None:
        """Durations told are real, the clock has no holes, and the head of the playlist is right."""
        scale = self.init.scale
        for segment in self.segments:
            assert abs(segment.told - segment.ticks / scale) <= INSTANT, segment.path
        for one, next_one in pairwise(self.segments):
            last = one.samples[-1]
            assert next_one.samples[0].decoded == last.decoded + last.duration, next_one.path
        for segment in self.segments[:-1]:
            assert abs(segment.told - longest) <= 0.1, segment.path
        assert self.segments[-1].told <= longest + 0.1
        target = int(re.findall(r"#EXT-X-TARGETDURATION:(\d+)", self.text)[0])
        most = max(segment.told for segment in self.segments)
        assert round(most) <= target <= max(1, round(most + 0.5))
        assert "#EXT-X-PLAYLIST-TYPE:VOD" in self.text
        assert self.text.rstrip().endswith("#EXT-X-ENDLIST")
        assert int(re.findall(r"#EXT-X-VERSION:(\d+)", self.text)[0]) >= 6

    def check_film(self, group_seconds: float = 2.0) -> None:
        """Every segment begins with a key frame, and one stands every two seconds, no more and no fewer."""
        group = round(group_seconds * self.rate)
        for segment in self.segments:
            keys = [number for number, sample in enumerate(segment.samples) if sample.is_key]
            assert keys == list(range(0, len(segment.samples), group)), segment.path
            for key in keys:
                assert KEY_PICTURE in segment.kinds(segment.samples[key]), segment.path
        shown = sorted(sample.shown for segment in self.segments for sample in segment.samples)
        assert len({after - before for before, after in pairwise(shown)}) <= 1
        profile, _, level = self.init.profile
        assert profile <= 100
        assert level <= 42
        assert all(side % 2 == 0 for side in self.init.size)

    def peak(self) -> float:
        """The most bits a second of any segment that counts: one of at least half the usual length."""
        longest = max(segment.told for segment in self.segments)
        counting = [segment for segment in self.segments if segment.told >= longest / 2]
        return max(segment.path.stat().st_size * 8 / segment.told for segment in counting)

    def average(self) -> float:
        return sum(segment.path.stat().st_size for segment in self.segments) * 8 / self.seconds


@dataclass(frozen=True)
class Master:
    """A master playlist and everything it names."""

    films: list[Rendition]
    sound: Rendition | None


def check(master: Path, segment_seconds: float, shown: tuple[int, int], rate: float) -> Master:
    """Go through a master playlist and all under it; `shown` is the size of the source, upright.

    Raises AssertionError at whatever is not as told, or not as HLS asks. Source: RFC 8216.
    """
    text = master.read_text()
    assert text.startswith("#EXTM3U\n")
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in text
    sounds = [master.parent / uri for uri in re.findall(r'TYPE=AUDIO.*URI="([^"]+)"', text)]
    sound = Rendition(sounds[0]) if sounds else None
    if sound:
        sound.check(segment_seconds)
        assert sound.init.sound == (2, 48_000)
    told = re.findall(r"#EXT-X-STREAM-INF:(.+)\n(.+)", text)
    films = [_checked_film(master.parent, line, uri, sound, segment_seconds) for line, uri in told]
    for film in films:
        assert abs(film.rate - rate) < 0.001
        assert all(mine <= its for mine, its in zip(film.init.size, shown, strict=True)), "scaled up"
        across, down = film.init.size
        assert abs(across / down - shown[0] / shown[1]) <= 3 / min(film.init.size), "squashed"
        assert film.starts == films[0].starts
        assert film.begin == films[0].begin
    if sound:
        assert abs(sound.begin - films[0].begin) <= 0.03
        assert all(abs(one - other) <= 0.5 for one, other in zip(sound.starts, films[0].starts, strict=False))
    short_sides = [min(film.init.size) for film in films]
    assert short_sides == sorted(set(short_sides), reverse=True)
    return Master(films, sound)


def _checked_film(folder: Path, line: str, uri: str, sound: Rendition | None, seconds: float) -> Rendition:
    told = dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^,]+)', line))
    film = Rendition(folder / uri)
    film.check(seconds)
    film.check_film()
    across, down = film.init.size
    assert told["RESOLUTION"] == f"{across}x{down}"
    assert f"{min(across, down)}p" == uri.partition("/")[0]
    assert abs(float(told["FRAME-RATE"]) - film.rate) <= 0.0006
    codecs = ["avc1.{:02x}{:02x}{:02x}".format(*film.init.profile)] + (["mp4a.40.2"] if sound else [])
    assert told["CODECS"].strip('"').split(",") == codecs
    peak, average = film.peak(), film.average()
    if sound:
        peak, average = peak + sound.peak(), average + sound.average()
    assert peak - 2 <= int(told["BANDWIDTH"]) <= 1.05 * max(peak, average)
    assert abs(int(told["AVERAGE-BANDWIDTH"]) - average) <= average * 0.02
    assert ("AUDIO" in told) == bool(sound)
    return film


def uris(playlist: Path) -> list[Path]:
    lines = playlist.read_text().splitlines()
    return [playlist.parent / line for line in lines if line and not line.startswith("#")]


def init_of(playlist: Path) -> Path:
    found = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist.read_text())
    assert found
    return playlist.parent / found[1]


def joined(rendition: Path, target: Path) -> Path:
    """The rendition in one file, as a player puts it together."""
    playlist = rendition / "index.m3u8"
    target.write_bytes(b"".join(path.read_bytes() for path in (init_of(playlist), *uris(playlist))))
    return target
