"""Whatever is sent as captions, written by a machine that tries everything."""

import io

import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.videos import subtitles
from app.videos.subtitles import Subtitles

TIMES = st.sampled_from(["0:01", "00:00:01,000", "01:02.5", "-0:01", "99:59:59.999", "1:2:3", "0：05"])
MARKUP = st.sampled_from(
    [
        "<i>",
        "</i>",
        "<v A>",
        "<b",
        ">",
        "&lt;",
        "&amp;lt;",
        "&#60;",
        "&amp;",
        "--&gt;",
        "{\\an8}",
        "\x85",
        "\u2028",
        "\x1c",
    ]
)
BREAKS = st.sampled_from(["\n", "\n\n", "\r\n", "\r", " "])
LINES = st.sampled_from(["WEBVTT", "NOTE", "STYLE", "-->", "1", "1984", "0:07", "\ufeff", "\0"])
WORDS = st.lists(st.one_of(MARKUP, BREAKS, st.text(max_size=4), LINES), max_size=6).map("".join)
ANYTHING = st.lists(
    st.one_of(TIMES, st.builds("{} --> {}".format, TIMES, TIMES), MARKUP, BREAKS, LINES, st.text(max_size=4)),
    max_size=24,
).map("".join)
SAID = st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 2_000), WORDS), max_size=5)


def written_as(form: str, said: list[tuple[int, int, str]]) -> str:
    """Captions with their words as they come: what a program writes that escapes nothing."""
    lines, start = ["WEBVTT\n"] if form == "webvtt" else [], 0
    for number, (pause, length, words) in enumerate(said, start=1):
        start += pause
        if form == "typed":
            lines.append(f"{_clock(start)} {words}")
        else:
            head = f"{number}\n" if form == "subrip" else ""
            lines.append(f"{head}{_clock(start)} --> {_clock(start + length)}\n{words}\n")
    return "\n".join(lines)


FILES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda text, encoding: text.encode(encoding, "surrogatepass"),
        st.one_of(
            ANYTHING, *(st.builds(written_as, st.just(form), SAID) for form in ("webvtt", "subrip", "typed"))
        ),
        st.sampled_from(["utf-8", "utf-16"]),
    ),
)


def accepted(body: bytes, language: str, duration_ms: int | None) -> Subtitles | None:
    try:
        return subtitles.read(body, language=language, duration_ms=duration_ms)
    except Invalid as refused:
        if refused.field != "file" or "%(" in str(refused):
            raise
        return None


@settings(max_examples=300, derandomize=True, database=None)
@given(FILES, st.sampled_from(["en", "zh-Hans", "ja"]), st.sampled_from([None, 10_000]))
def test_whatever_comes_in_is_refused_or_becomes_webvtt_that_reads_the_same(
    body: bytes, language: str, duration_ms: int | None
):
    found = accepted(body, language, duration_ms)
    if found is None:
        return
    written = subtitles.as_webvtt(found.cues)
    again = subtitles.read(written.encode(), language=language, duration_ms=duration_ms)
    assert again.cues == found.cues
    typed = subtitles.as_typed(found.cues)
    assert subtitles.read(typed.encode(), language=language, duration_ms=None).cues == found.cues
    others = webvtt.from_buffer(io.StringIO(written, newline=""), strict=True)
    assert [(caption.start, caption.end, caption.raw_text) for caption in others] == [
        (_clock(cue.start_ms), _clock(cue.end_ms), cue.text) for cue in found.cues
    ]
    assert "\0" not in written


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
