import pytest

from app.core import text
from app.core.errors import Invalid


def test_a_line_has_single_spaces() -> None:
    assert text.line("name", "  Paper \n\t Lanterns ", 40) == "Paper Lanterns"


@pytest.mark.parametrize(("typed", "said"), [("   ", "fill this in"), ("x" * 41, "at most 40")])
def test_an_empty_or_endless_line_is_refused_beside_its_field(typed: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        text.line("name", typed, 40)
    assert refused.value.field == "name"


def test_paragraphs_keep_their_lines_whatever_the_browser_sends() -> None:
    assert text.paragraphs("story", " one\r\n\r\ntwo \n", 40) == "one\n\ntwo"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a.mp4", "a.mp4"),
        ("one\r\ntwo\x00.mp4", "one  two.mp4"),
        ("gpj\u202e4pm.exe", "gpj4pm.exe"),
        ("11.03\u202fPM.mov", "11.03 PM.mov"),
        ("\ud800.mp4", ".mp4"),
        ("<script>.mp4", "<script>.mp4"),
        ("风筝 🪁.mp4", "风筝 🪁.mp4"),
        ("///", ""),
    ],
)
def test_a_file_s_name_is_shown_on_one_line_and_without_tricks(sent: str, shown: str) -> None:
    assert text.filename(sent) == shown
