"""Reads captions (WebVTT, SubRip, or lines typed by hand), checks them, and writes plain WebVTT.

Sources: WebVTT (W3C Candidate Recommendation, 4 April 2019) and SubRip as it is found in the wild.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.i18n import N_
from app.videos import cue_text
from app.videos.encodings import decode

MOST_BYTES = 1024 * 1024
LONGEST_HOURS = 99
LATEST_MS = (LONGEST_HOURS + 1) * 3_600_000 - 1
PAST_THE_END_MS = 2000  # players and editors round; what is later belongs to another clip
TYPED_MS = 6000  # how long a line typed with its start alone stays, at most

TOO_LARGE = N_("A file of captions has up to 1 MB.")
NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width forms of ASCII
BREAK = re.compile(r"\r\n|\r|\n")
HEADER = re.compile(r"WEBVTT(?:[ \t\n]|$)")
ASIDE = re.compile(r"(?:NOTE(?:[ \t]|$)|(?:STYLE|REGION)[ \t]*$)")
TIME = r"(-?(?:[0-9]{1,4}:)?[0-9]{1,3}:[0-9]{1,3}(?:[.,][0-9]{1,9})?)"
PARTS = re.compile(r"(-?)(?:([0-9]+):)?([0-9]+):([0-9]+)(?:[.,]([0-9]+))?")
TIMING = re.compile(rf"\s*{TIME}\s*-->\s*{TIME}(?:\s.*)?")
TYPED = re.compile(rf"\s*[\[(]?{TIME}(?:\s*[-–—~]\s*{TIME})?[\])]?(?![0-9:])[.,]?\s*(.*)")


@dataclass(frozen=True)
class Cue:
    """Words that are shown from `start_ms` until `end_ms`; the words are WebVTT cue text."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Subtitles:
    """What a file says, in order; `overlap` is the line of the first caption over one that has not ended."""

    cues: Sequence[Cue]
    overlap: int | None


@dataclass(frozen=True)
class _Found:
    """A caption as it stands in the file; `end_ms` is None when it stays until the next."""

    line: int
    start_ms: int
    end_ms: int | None
    text: str


def read(body: bytes, *, language: str, duration_ms: int | None) -> Subtitles:
    """The captions in a file, checked against the clip of `duration_ms` (None when nobody knows it yet).

    Tags other than b, i, u and v are dropped, as are styles, regions and positions. Captions without words
    are left out. Raises Invalid for "file" with the number of the line that is wrong.
    """
    if len(body) > MOST_BYTES:
        raise Invalid("file", TOO_LARGE)
    text = decode(body, language)
    if "\0" in text:
        raise Invalid("file", N_("This is no text file. Please choose a file of captions (.srt or .vtt)."))
    lines = BREAK.split(text.removeprefix("\ufeff"))
    found = _blocks(lines) if _is_timed("\n".join(lines)) else _typed(lines)
    return _checked([one for one in found if one.text], duration_ms)


def as_webvtt(cues: Sequence[Cue]) -> str:
    """The captions as a WebVTT file, which `read` gives back as they are."""
    blocks = [f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{cue.text}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def as_typed(cues: Sequence[Cue]) -> str:
    """The captions as a person would type them, a line each; as WebVTT where that would be misread."""
    plain = [
        Cue(
            cue.start_ms, cue.end_ms, cue.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        )
        for cue in cues
    ]
    typed = "\n".join(f"{_short(cue.start_ms)}-{_short(cue.end_ms)} {cue.text}" for cue in plain)
    return typed if not _is_timed(typed) and _same(_typed(typed.split("\n")), cues) else as_webvtt(cues)


def _same(found: Iterable[_Found], cues: Sequence[Cue]) -> bool:
    try:
        return [(one.start_ms, one.end_ms, one.text) for one in found] == [
            (cue.start_ms, cue.end_ms, cue.text) for cue in cues
        ]
    except Invalid:
        return False


def _is_timed(text: str) -> bool:
    """Whether a file has lines with two times and an arrow, as WebVTT and SubRip do."""
    return bool(HEADER.match(text)) or "-->" in _narrow(text)


def _blocks(lines: Sequence[str]) -> Iterator[_Found]:
    """Captions of WebVTT and SubRip: a line with two times, and the words below it."""
    is_webvtt = bool(HEADER.match(lines[0]))
    lines = _without_asides(lines) if is_webvtt else lines
    timings = [number for number, line in enumerate(lines) if _is_arrow(line)]
    heads = [_head(lines, number, is_webvtt) for number in timings]
    _refuse_stray(lines, 0, heads[0] if heads else len(lines))
    for number, after in zip(timings, [*heads, len(lines)][1:], strict=True):
        timing = TIMING.fullmatch(_narrow(lines[number]))
        if timing is None:
            raise Invalid(
                "file",
                N_("Line %(line)s: a time looks like 00:00:01.000 --> 00:00:04.000."),
                line=number + 1,
            )
        words = lines[number + 1 : after]
        if is_webvtt:
            said = next((place for place, line in enumerate(words) if not line.strip()), len(words))
            _refuse_stray(lines, number + 1 + said, after)
        start, end = (_milliseconds(time, number + 1) for time in timing.groups())
        yield _Found(number + 1, start, end, cue_text.clean("\n".join(words)))


def _without_asides(lines: Sequence[str]) -> list[str]:
    """A WebVTT file with empty lines in the place of its header, notes, styles and regions."""
    kept: list[str] = []
    is_aside = False
    for number, line in enumerate(lines):
        begins_block = number == 0 or not lines[number - 1].strip()
        if number == 0 or (begins_block and ASIDE.match(line)):
            is_aside = True
        elif not line.strip() or _is_arrow(line):
            is_aside = False
        kept.append("" if is_aside else line)
    return kept


def _head(lines: Sequence[str], timing: int, is_webvtt: bool) -> int:
    """Where the caption begins whose times stand in line `timing`: at its name or number, if it has one."""

    def is_empty(number: int) -> bool:
        return number < 0 or not lines[number].strip()

    def is_number(number: int) -> bool:
        return number >= 0 and lines[number].strip().isdecimal()

    if is_webvtt:
        is_named = not is_empty(timing - 1) and is_empty(timing - 2) and not _is_arrow(lines[timing - 1])
        return timing - 1 if is_named else timing
    if is_number(timing - 1):
        return timing - 1
    if is_empty(timing - 1) and is_number(timing - 2) and is_empty(timing - 3):
        return timing - 2  # a file with an empty line after every line
    return timing


def _refuse_stray(lines: Sequence[str], start: int, end: int) -> None:
    """Words that belong to no time would be lost; say so."""
    for number in range(start, end):
        if lines[number].strip():
            raise Invalid(
                "file", N_("Line %(line)s: these words need a time, such as 0:03."), line=number + 1
            )


def _typed(lines: Sequence[str]) -> Iterator[_Found]:
    """Captions typed by hand: a time, then words, a line each; lines without one go on with the last."""
    timed = {number: found for number, line in enumerate(lines) if (found := TYPED.fullmatch(_narrow(line)))}
    numbers = sorted(timed)
    _refuse_stray(lines, 0, numbers[0] if numbers else len(lines))
    for number, after in zip(numbers, [*numbers, len(lines)][1:], strict=True):
        start, end, _ = timed[number].groups()
        words = [lines[number][timed[number].start(3) :], *lines[number + 1 : after]]
        yield _Found(
            number + 1,
            _milliseconds(start, number + 1),
            _milliseconds(end, number + 1) if end else None,
            cue_text.clean("\n".join(words)),
        )


def _checked(found: Sequence[_Found], duration_ms: int | None) -> Subtitles:
    """The captions with an end each, when their times make sense together."""
    if not found:
        raise Invalid("file", N_("There are no captions in this file."))
    cues: list[Cue] = []
    overlap = None
    for one, after in zip(found, [*found[1:], None], strict=True):
        last = cues[-1] if cues else None
        end = one.end_ms if one.end_ms is not None else _until(one, after, duration_ms)
        if last and one.start_ms < last.start_ms:
            raise Invalid(
                "file", N_("Line %(line)s: this caption begins before the one above it."), line=one.line
            )
        if end <= one.start_ms:
            raise Invalid("file", N_("Line %(line)s: this caption ends before it begins."), line=one.line)
        if duration_ms is not None and end > duration_ms + PAST_THE_END_MS:
            raise Invalid(
                "file",
                N_("Line %(line)s: this caption ends at %(end)s, but the video is over at %(over)s."),
                line=one.line,
                end=_clock(end),
                over=_clock(duration_ms),
            )
        if last and overlap is None and one.start_ms < last.end_ms:
            overlap = one.line
        cues.append(Cue(one.start_ms, end, one.text))
    return Subtitles(cues, overlap)


def _until(one: _Found, after: _Found | None, duration_ms: int | None) -> int:
    """How long a caption stays that was typed with its start alone: until the next, or a few seconds."""
    later = [end for end in (after and after.start_ms, duration_ms) if end is not None and end > one.start_ms]
    return min([*later, one.start_ms + TYPED_MS, LATEST_MS])


def _milliseconds(time: str, line: int) -> int:
    """A time as it is written, in milliseconds from the beginning of the clip."""
    parts = PARTS.fullmatch(time)
    assert parts is not None  # noqa: S101 (whoever calls has matched TIME, which has the same parts)
    sign, hours, minutes, seconds, fraction = parts.groups()
    if sign:
        raise Invalid("file", N_("Line %(line)s: a time cannot lie before the video begins."), line=line)
    if int(minutes) > 59 or int(seconds) > 59 or int(hours or 0) > LONGEST_HOURS:
        raise Invalid(
            "file", N_("Line %(line)s: minutes and seconds go up to 59, and hours up to 99."), line=line
        )
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _short(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = (
        f"{rest // 1000:02}.{rest % 1000:03}".rstrip("0").rstrip(".") if rest % 1000 else f"{rest // 1000:02}"
    )
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


def _is_arrow(line: str) -> bool:
    return "-->" in _narrow(line)


def _narrow(line: str) -> str:
    """A line with the wide digits and colons of an East Asian keyboard made narrow, sign by sign."""
    return line.translate(NARROW)
