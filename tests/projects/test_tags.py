import pytest

from app.core.errors import Invalid
from app.projects import tags


@pytest.mark.parametrize(
    ("typed", "shown", "key"),
    [
        ("#draw-it-into-reality", "draw-it-into-reality", "draw-it-into-reality"),
        ("Draw it  into Reality", "Draw-it-into-Reality", "draw-it-into-reality"),
        ("＃ＤＲＡＷ", "DRAW", "draw"),
        ("#把画变成现实", "把画变成现实", "把画变成现实"),
        ("draw‑it–now", "draw-it-now", "draw-it-now"),
        ("STRASSE", "STRASSE", "strasse"),
        ("straße", "straße", "strasse"),
        ("école", "école", "école"),
        ("हिन्दी", "हिन्दी", "हिन्दी"),
        ("-2024-relief_", "2024-relief", "2024-relief"),
    ],
)
def test_every_spelling_has_one_key(typed: str, shown: str, key: str) -> None:
    assert tags.parse(typed) == tags.Tag(shown, key)
    assert tags.key(typed.replace(" ", "-").replace("--", "-")) == key


@pytest.mark.parametrize("typed", ["", "#", "a", "2024", "a" * 51, "a/b", "a.b", "<b>", "a\u200bb", "🎈🎈"])
def test_what_is_no_tag_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        tags.parse(typed)
    assert refused.value.field == "tag"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Look! #Draw-It-Into-Reality, please", ["draw-it-into-reality"]),
        ("支持#把画变成现实 谢谢", ["把画变成现实"]),
        ("#把画变成现实#", ["把画变成现实"]),
        ("#one #two #ONE", ["one", "two"]),
        ("https://a.b/page#part &#39; a#b x_#y", []),
        ("# #a ##bc", ["bc"]),
        ("", []),
    ],
)
def test_tags_are_found_in_text(text: str, found: list[str]) -> None:
    assert tags.find(text) == found
