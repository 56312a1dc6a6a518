import pytest

from app.projects.stories import to_html


def test_text_lists_links_and_tables_are_kept() -> None:
    html = to_html("# Swings\n\n**bold** [site](https://a.org)\n\n- one\n\n|a|\n|-|\n|1|")
    assert "<h3>Swings</h3>" in html
    assert "<strong>bold</strong>" in html
    assert '<a href="https://a.org" rel="nofollow noopener ugc">site</a>' in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "story",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](/sign-out)",
        "[a](//evil.example)",
        "[a](JaVaScRiPt:alert(1))",
        "![a](https://tracker.example/x.png)",
        '<a href="https://a.org" onclick="x">a</a>',
        "<svg/onload=alert(1)>",
        "<style>*{display:none}</style>",
    ],
)
def test_nothing_of_a_story_runs_loads_or_leads_astray(story: str) -> None:
    html = str(to_html(story)).lower()
    for bad in ("<script", "<img", "<svg", "<style", 'href="j', 'href="d', 'href="/', "<a onclick", "src="):
        assert bad not in html.replace("src=x onerror", "")
