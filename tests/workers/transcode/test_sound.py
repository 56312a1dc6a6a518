"""Sound comes out whole, in stereo and together with the picture, whatever the file's clocks say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.videos.renditions import MP4
from tests import hls
from tests.films import RATE, Films, Samples, Take, beeping, ticking
from tests.workers.transcode.conftest import previewed
from workers.transcode.encode import Tools

FRAME = 0.04  # of the films here, 25 frames a second
EVENTS = (0.6, 1.2, 2.0)
SECONDS = 2.6
SIZE = (160, 90)
ENCODED = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "50", "-bf", "2", "-c:a", "aac")
TONES = {"FL": 330, "FR": 550, "FC": 770, "LFE": 110, "BL": 1210, "BR": 1650}


def evenly(films: Films) -> Path:
    pictures = ticking(SECONDS, 25, EVENTS, SIZE)
    return films.made("even.mp4", pictures, Take(options=ENCODED, sound=beeping(SECONDS, EVENTS)))


def unevenly(films: Films) -> Path:
    keep = "select='not(mod(n,4))+gt(sin(n*n),.3)+between(n,66,80)'"
    pictures = ticking(SECONDS, 100, EVENTS, SIZE)
    sound = beeping(SECONDS, EVENTS)
    take = Take(rate="100", filters=keep, options=("-fps_mode", "vfr", *ENCODED), sound=sound)
    return films.made("uneven_events.mp4", pictures, take)


def late(films: Films, suffix: str) -> Path:
    sound = beeping(SECONDS - 0.7, [event - 0.7 for event in EVENTS if event > 0.7])
    take = Take(options=ENCODED, sound=sound, late=0.7)
    return films.made(f"late.{suffix}", ticking(SECONDS, 25, EVENTS[1:], SIZE), take)


def early(films: Films) -> Path:
    """The sound is there 0.4 s before the first picture."""
    sound = beeping(SECONDS + 0.4, [event + 0.4 for event in EVENTS])
    take = Take(options=ENCODED, sound=sound, late=-0.4)
    return films.made("early.mkv", ticking(SECONDS, 25, EVENTS, SIZE), take)


def trimmed(films: Films) -> Path:
    """Cut on a phone: pictures before the cut are still in the file, and an edit list skips them."""
    return films.copied(evenly(films), "trimmed.mp4", "-ss", "0.5")


def broadcast(films: Films) -> Path:
    """Clocks that begin at 1.4 s, as in a transport stream."""
    return films.copied(evenly(films), "broadcast.ts")


SOURCES: dict[str, tuple[Callable[[Films], Path], float]] = {
    "even": (evenly, 0.0),
    "variable rate": (unevenly, 0.0),
    "late sound in MP4": (lambda films: late(films, "mp4"), 0.0),
    "late sound in Matroska": (lambda films: late(films, "mkv"), 0.0),
    "early sound": (early, 0.4),
    "edit list": (trimmed, -0.5),
    "transport stream": (broadcast, 0.0),
}


@pytest.mark.parametrize("name", SOURCES)
def test_flash_and_beep_stay_together(tools: Tools, films: Films, out: Path, name: str):
    make, shift = SOURCES[name]
    source = make(films)
    previewed(tools, source, out)
    expected = [event + shift for event in EVENTS if not name.startswith("late") or event > 0.7]
    [rung] = [folder for folder in out.iterdir() if folder.is_dir() and folder.name != "audio"]
    joined = {kind: hls.joined(out / kind, out / f"{kind}.joined.mp4") for kind in (rung.name, "audio")}
    for film, sound in ((out / MP4, out / MP4), (joined[rung.name], joined["audio"])):
        flashes, beeps = films.flashes(film), films.beeps(sound)
        assert len(flashes) == len(beeps) == len(expected)
        for flash, beep, event in zip(flashes, beeps, expected, strict=True):
            assert abs(flash - beep) <= FRAME
            assert abs(beep - event) <= 2 * FRAME


def test_every_channel_of_surround_sound_is_heard_and_nothing_is_distorted(
    tools: Tools, films: Films, out: Path
):
    time = np.arange(RATE * 2) / RATE
    sound = np.stack([0.9 * np.sin(2 * np.pi * tone * time) for tone in TONES.values()], axis=1)
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac")
    source = films.made("surround.mkv", ticking(2, 25, [], SIZE), Take(options=options, sound=sound))
    assert 6 in [each.get("channels") for each in films.streams(source)]
    previewed(tools, source, out)
    audio = films.streams(out / MP4)[1]
    assert (audio["channels"], audio["sample_rate"], audio["profile"]) == (2, "48000", "LC")
    _, heard = films.sound(out / MP4)
    left, right = spectrum(heard[:, 0]), spectrum(heard[:, 1])
    for channel, tone in TONES.items():
        assert decibels(left[tone]) > -40 or channel.endswith("R")
        assert decibels(right[tone]) > -40 or channel.endswith("L")
        assert channel in ("FC", "LFE") or abs(decibels(left[tone]) - decibels(right[tone])) > 20
    assert (abs(heard) > 1).mean() < 0.001
    rest = np.ones(len(left), dtype=bool)
    for tone in TONES.values():
        rest[tone - 4 : tone + 5] = False
    strongest = max(left.max(), right.max())
    assert decibels(max(left[rest].max(), right[rest].max()) / strongest) < -30


def spectrum(samples: Samples) -> Samples:
    """How strong each whole frequency is, 1 for a full sine."""
    second = samples[RATE // 2 : RATE // 2 + RATE]
    return np.abs(np.fft.rfft(second * np.hanning(RATE))) * 4 / RATE


def decibels(strength: float) -> float:
    return 20 * float(np.log10(max(strength, 1e-9)))


@pytest.mark.parametrize(("channels", "rate"), [(1, 48_000), (1, 22_050), (2, 44_100)])
def test_sound_keeps_its_loudness_and_length(tools: Tools, films: Films, out: Path, channels: int, rate: int):
    time = np.arange(round(RATE * 1.5)) / RATE
    sound = np.tile(0.5 * np.sin(2 * np.pi * 600 * time)[:, None], (1, channels))
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ar", str(rate))
    source = films.made(
        f"loud{channels}-{rate}.mp4", ticking(1.5, 10, [], SIZE), Take("10", options=options, sound=sound)
    )
    previewed(tools, source, out)
    assert films.duration(out / MP4) == pytest.approx(1.5, abs=0.05)
    start, heard = films.sound(out / MP4)
    assert start == pytest.approx(0, abs=0.03)
    assert len(heard) / RATE == pytest.approx(1.5, abs=0.05)
    for channel in heard.T:
        assert decibels(spectrum(channel)[600]) == pytest.approx(-6, abs=1)
