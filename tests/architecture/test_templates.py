"""Templates keep the content policy and ask nothing twice: no inline style or script, nothing preticked."""

import gzip
import re

import pytest

from app.core.paths import STATIC, TEMPLATES
from app.web.donate.forms import DonateForm

PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)
INLINE = re.compile(
    r"\s(style|on[a-z]+)\s*=\s*[\"']|<style[\s>]|<script(?![^>]*(\bsrc=|application/ld\+json))"
)
PRETICKED = re.compile(r"\b(checked|selected)\b(?!\s*[%}])")
KILOBYTE = 1024


def offending(text: str, pattern: re.Pattern[str]) -> list[str]:
    without_comments = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    return [match.group(0) for match in pattern.finditer(without_comments)]


def test_no_template_has_inline_style_or_script() -> None:
    found = {str(page.relative_to(TEMPLATES)): offending(page.read_text(), INLINE) for page in PAGES}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "planted", ['<p style="color:red">', '<a onclick="x()">', "<script>x()</script>", "<style>p{}</style>"]
)
def test_inline_code_would_be_found(planted: str) -> None:
    assert offending(planted, INLINE)


def test_nothing_is_preticked_where_people_give() -> None:
    giving = [page for page in PAGES if page.parent.name in ("donate", "watch")]
    found = {page.name: offending(page.read_text(), PRETICKED) for page in giving}
    assert {name: what for name, what in found.items() if what} == {}
    assert offending('<input type="checkbox" checked>', PRETICKED)


def test_the_donor_s_form_begins_empty() -> None:
    defaults = {
        name: field.kwargs.get("default")
        for name, field in vars(DonateForm).items()
        if hasattr(field, "kwargs")
    }
    assert len(defaults) >= 6
    assert set(defaults.values()) == {None}


def size(*paths: str) -> int:
    return sum(len(gzip.compress((STATIC / path).read_bytes(), 9)) for path in paths)


def loaded_with(name: str) -> set[str]:
    """A module and all that it imports when it starts; what it imports later is fetched when it is needed."""
    imports = re.findall(
        r'^import .* from "\./([\w-]+)\.js"', (STATIC / f"js/{name}.js").read_text(), re.MULTILINE
    )
    return {name}.union(*map(loaded_with, imports))


def test_the_watch_page_keeps_its_budget() -> None:
    styles = ("foundation", "components", "watch", "donate")
    scripts = loaded_with("site") | loaded_with("watch")
    assert {"player", "menu", "donate"} <= scripts
    assert size(*(f"css/{name}.css" for name in styles)) <= 20 * KILOBYTE
    assert size(*(f"js/{name}.js" for name in scripts)) <= 30 * KILOBYTE


@pytest.mark.parametrize("page", ["watch", "feed"])
def test_the_modules_of_a_page_with_a_player_are_asked_for_at_once(page: str) -> None:
    asked = re.findall(
        r'"([\w-]+)"', (TEMPLATES / "watch/modules.html").read_text().split("{% for")[1].split("%}")[0]
    )
    assert set(asked) == loaded_with(page) - {page}
