import codecs

import pytest

from app.core.errors import Invalid
from app.videos import cue_text, subtitles
from app.videos.encodings import BEFORE_UNICODE
from app.videos.languages import OFFERED, name, own_name
from app.videos.subtitles import Cue, Subtitles

SUBRIP = "1\n00:00:01,000 --> 00:00:02,500\nHello.\n\n2\n00:00:03,000 --> 00:00:04,000\nWe drew a swing.\n"
CHINESE = "1\n00:00:01,000 --> 00:00:02,000\n你好，这是我们画的秋千。\n"
TAIWANESE = "1\n00:00:01,000 --> 00:00:02,000\n這是我們畫的鞦韆。\n"


def read(text: str | bytes, duration_ms: int | None = None, language: str = "en") -> Subtitles:
    body = text.encode() if isinstance(text, str) else text
    return subtitles.read(body, language=language, duration_ms=duration_ms)


def cues(text: str | bytes, duration_ms: int | None = None, language: str = "en") -> list[Cue]:
    return list(read(text, duration_ms, language).cues)


def words(text: str | bytes, language: str = "en") -> list[str]:
    return [cue.text for cue in cues(text, language=language)]


def refusal(text: str | bytes, duration_ms: int | None = None, language: str = "en") -> str:
    with pytest.raises(Invalid) as refused:
        read(text, duration_ms, language)
    assert refused.value.field == "file"
    return str(refused.value)


def test_subrip_becomes_webvtt():
    assert subtitles.as_webvtt(cues(SUBRIP)) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello.\n\n00:00:03.000 --> 00:00:04.000\nWe drew a swing.\n"
    )


def test_webvtt_loses_its_header_notes_styles_regions_names_and_positions():
    made = (
        "WEBVTT - made by hand\nKind: captions\n\nNOTE\nfor the editor\n\nSTYLE\n::cue { color: red }\n\n"
        "REGION\nid:top\n\nfirst\n00:01.000 --> 00:02.000 align:start line:0\nHi\n\nNOTE end\n"
    )
    assert cues(made) == [Cue(1000, 2000, "Hi")]


def test_lines_typed_with_a_time_stay_until_the_next_or_six_seconds():
    typed = "0:01 One\n0:03 Two\nand a half\n[0:20.5] Three\n0:30 - 0:31,25 Four\n0:40 Five"
    assert cues(typed, 42_000) == [
        Cue(1000, 3000, "One"),
        Cue(3000, 9000, "Two\nand a half"),
        Cue(20_500, 26_500, "Three"),
        Cue(30_000, 31_250, "Four"),
        Cue(40_000, 42_000, "Five"),
    ]


def test_lines_typed_on_a_chinese_keyboard_are_read():
    assert cues("０：０１ 你好\n0：03我们\n", language="zh-Hans") == [
        Cue(1000, 3000, "你好"),
        Cue(3000, 9000, "我们"),
    ]


@pytest.mark.parametrize(
    "timing",
    [
        "00:01:02,500 --> 00:01:03,500",
        "00:01:02.500 --> 00:01:03.500",
        "01:02.500-->01:03.500",
        "0:1:2,5 --> 0:1:3,5",
        "  00:01:02,500  -->  00:01:03,500  X1:40 X2:600",
        "00：01：02，500 －－＞ 00：01：03，500",
        "00:01:02.500999 --> 00:01:03.500999",
    ],
)
def test_times_are_read_as_people_and_programs_write_them(timing: str):
    assert cues(f"1\n{timing}\nHi\n") == [Cue(62_500, 63_500, "Hi")]


@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(end_of_line: str):
    assert len(cues(SUBRIP.replace("\n", end_of_line))) == 2


def test_captions_that_are_not_parted_by_an_empty_line_are_two():
    assert words(SUBRIP.replace("\n\n", "\n")) == ["Hello.", "We drew a swing."]


def test_an_empty_line_after_every_line_changes_nothing():
    assert cues(SUBRIP.replace("\n", "\n\n")) == cues(SUBRIP)


def test_an_empty_line_inside_a_subrip_caption_loses_no_words():
    assert words("1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n") == ["One\nTwo"]


def test_a_year_alone_on_its_line_is_no_number_of_a_caption():
    assert words("WEBVTT\n\n00:01.000 --> 00:02.000\n1984\n\n00:03.000 --> 00:04.000\nHi\n") == ["1984", "Hi"]


def test_captions_without_words_are_left_out():
    assert words(
        "1\n0:0:1,0 --> 0:0:2,0\n\n2\n0:0:3,0 --> 0:0:4,0\n{\\an8}<i> </i>\n\n3\n0:0:5,0 --> 0:0:6,0\nHi"
    ) == ["Hi"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<i>Hi</i> <b>you</b> <u>there</u>", "<i>Hi</i> <b>you</b> <u>there</u>"),
        ("<I>Hi", "<i>Hi</i>"),
        ("<b><i>Hi</b></i>", "<b><i>Hi</i></b>"),
        ("</i>Hi", "Hi"),
        ("<v.loud Mei Lin>Hi", "<v Mei Lin>Hi</v>"),
        ('<font color="red">Hi</font>', "Hi"),
        ("<c.yellow>Hi</c> <00:00:01.500>you", "Hi you"),
        ("{\\an8\\pos(1,2)}Hi", "Hi"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>Hi", "Hi"),
        ("<b onclick=x>Hi</b>", "<b>Hi</b>"),
        ("<scr<b>ipt>Hi", "&lt;scr<b>ipt&gt;Hi</b>"),
        ("I <3 you, 1 < 2 > 0", "I &lt;3 you, 1 &lt; 2 &gt; 0"),
        ("AT&T &amp; you &lt;3 &#8211; &#x41; &copy;", "AT&amp;T &amp; you &lt;3 – A &amp;copy;"),
        ("&#60;script&#62;", "&lt;script&gt;"),
        ("a&#10;&#13;--&gt;&#0;b", "a--&gt;\ufffdb"),
        ("a\x07b\x1b[1mc\x7f\x85d\ufeffe\u2028f\tg", "ab[1mcde f g"),
        ("👩‍👧 قال", "👩‍👧 قال"),
    ],
)
def test_only_words_and_plain_tags_are_kept(written: str, kept: str):
    assert cue_text.clean(written) == kept
    assert cue_text.clean(kept) == kept


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "no captions in this file"),
        ("WEBVTT\n", "no captions in this file"),
        ("Hello\n0:01 Hi", "Line 1: these words need a time"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nlost words", "Line 6: these words need a time"),
        ("Title\n\n1\n00:00:01,000 --> 00:00:02,000\nHi", "Line 1: these words need a time"),
        ("1\n00:00:01,000 --> later\nHi", "Line 2: a time looks like"),
        ("1\n00:00:01,000 -->\nHi", "Line 2: a time looks like"),
        ("1\n-00:00:01,000 --> 00:00:02,000\nHi", "Line 2: a time cannot lie before"),
        ("-0:01 Hi", "Line 1: a time cannot lie before"),
        ("1\n00:60:01,000 --> 00:61:02,000\nHi", "Line 2: minutes and seconds go up to 59"),
        ("0:99 Hi", "Line 1: minutes and seconds go up to 59"),
        ("1\n100:00:01,000 --> 100:00:02,000\nHi", "Line 2: minutes and seconds go up to 59, and hours"),
        ("1\n00:00:02,000 --> 00:00:02,000\nHi", "Line 2: this caption ends before it begins"),
        ("0:05 One\n0:03 Two", "Line 2: this caption begins before the one above"),
        ("99:59:59.999 Hi", "Line 1: this caption ends before it begins"),
        (b"0:01 Hi\0", "no text file"),
        (b"0:01 \xff\xfe\xfd", "cannot be read"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "cannot be read"),
        (b"0:01 Hi\n" * 131_073, "up to 1 MB"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(file: str | bytes, said: str):
    assert said in refusal(file)


def test_captions_of_a_longer_film_are_refused():
    assert len(cues(SUBRIP, 2_000)) == 2
    assert refusal(SUBRIP, 1_999) == (
        "Line 6: this caption ends at 00:00:04.000, but the video is over at 00:00:01.999."
    )


def test_typed_lines_in_the_wrong_order_are_told_so_and_not_that_the_film_is_over():
    assert "Line 2: this caption begins before" in refusal("0:03 One\n0:01 Two", 4_000)


def test_captions_may_overlap_and_the_first_line_that_does_is_told():
    assert read(SUBRIP).overlap is None
    assert read(SUBRIP.replace("02,500", "03,500")).overlap == 6


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
)
def test_chinese_is_read_in_its_encodings(encoding: str):
    assert words(CHINESE.encode(encoding), "zh-Hans") == ["你好，这是我们画的秋千。"]


def test_traditional_chinese_is_read_in_big5_whichever_chinese_was_chosen():
    for language in ("zh-Hant", "yue", "zh-Hans"):
        assert words(TAIWANESE.encode("big5"), language) == ["這是我們畫的鞦韆。"]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "ja", "ko"])
def test_letters_that_would_be_a_guess_are_refused(language: str):
    latin = "1\n00:00:01,000 --> 00:00:02,000\nL'été, un élève à côté du château français\n".encode("cp1252")
    assert "UTF-8" in refusal(latin, language=language)


def test_japanese_and_korean_are_read_in_their_encodings():
    assert words("0:01 こんにちは、雨です".encode("cp932"), "ja") == ["こんにちは、雨です"]
    assert words("0:01 안녕하세요".encode("cp949"), "ko") == ["안녕하세요"]


def test_every_language_has_a_name_for_its_readers_and_for_its_speakers():
    assert set(BEFORE_UNICODE) <= set(OFFERED)
    assert (
        len({name(tag, "zh_Hans") for tag in OFFERED})
        == len({own_name(tag) for tag in OFFERED})
        == len(OFFERED)
    )
    assert (name("zh-Hans", "en"), own_name("zh-Hans")) == ("Chinese (Simplified)", "中文 (简体)")
