"""Every string a person can see is translated."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.core.i18n import CATALOGUES, LOCALES
from app.core.paths import ROOT

METHODS = [
    ("app/**.py", "python"),
    ("workers/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
KEYWORDS = {
    "_": None,
    "_l": None,
    "lazy": None,
    "N_": None,
    "plural": (1, 2),
    "gettext": None,
    "ngettext": (1, 2),
}
OPTIONS = {"templates/**.html": {"silent": "false"}, "templates/**.txt": {"silent": "false"}}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def extracted(root: Path) -> Iterator[str | tuple[str, ...]]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        root,
        METHODS,
        OPTIONS,
        keywords=KEYWORDS,
        directory_filter=lambda path: not Path(path).name.startswith("."),
    ):
        yield message


def catalogue(locale: str) -> Catalog:
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def untranslated(root: Path, known: Catalog) -> list[str]:
    missing: list[str] = []
    for message in extracted(root):
        key = message[0] if isinstance(message, tuple) else message
        entry = known.get(key)
        if entry is None or entry.fuzzy or not all(texts(entry)):
            missing.append(key)
    return missing


def texts(entry: Message) -> tuple[str, ...]:
    return entry.string if isinstance(entry.string, tuple) else (entry.string,)


def test_every_message_is_translated():
    for locale in LOCALES:
        if locale != "en":
            assert untranslated(ROOT, catalogue(locale)) == []


def test_translations_fill_in_the_same_values():
    for locale in LOCALES:
        if locale == "en":
            continue
        for entry in catalogue(locale):
            ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
            allowed = {name for one in ids for name in PLACEHOLDER.findall(one)}
            for text in texts(entry):
                if entry.id:
                    assert set(PLACEHOLDER.findall(text)) <= allowed, entry.id


def test_a_message_without_translation_is_caught(tmp_path: Path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/planted.html").write_text(
        '<p>{{ _("Nobody has translated this planted line.") }}</p>'
    )
    assert untranslated(tmp_path, catalogue("zh_Hans")) == ["Nobody has translated this planted line."]


BODY_CLASS = re.compile(r"\{% block body_class %\}\w*")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TRANSLATED = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
CODE = re.compile(r"<(kbd|code|style|script|svg)\b.*?</\1>", re.DOTALL)
MARKUP = re.compile(r"<!--.*?-->|&\w+;|<[^>]*>", re.DOTALL)


def bare_words(markup: str) -> list[str]:
    """Letters between tags that no translation call surrounds."""
    for unspoken in (BODY_CLASS, COMMENT, TRANSLATED, JINJA, CODE, MARKUP):
        markup = unspoken.sub("\n", markup)
    return [line.strip() for line in markup.splitlines() if any(c in string.ascii_letters for c in line)]


# Proper names, and the names of the languages in themselves.
NOT_TRANSLATED = {"Kindrelay", "· Kindrelay", "English", "CSV", "UTC"}


def test_templates_hold_no_bare_words():
    found = {
        f"{path.relative_to(ROOT)}: {words}"
        for path in (ROOT / "templates").rglob("*.html")
        for words in bare_words(path.read_text())
        if words not in NOT_TRANSLATED
    }
    assert found == set()


def test_a_bare_word_in_a_template_is_caught():
    assert bare_words('<p class="lead">Hello {{ name }}</p>') == ["Hello"]
