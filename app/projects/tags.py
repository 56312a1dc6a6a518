"""Charity tags: what a creator writes to carry a project, such as #draw-it-into-reality or #把画变成现实."""

import unicodedata
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.i18n import N_

MIN_LENGTH = 2
MAX_LENGTH = 50
HASHES = "#＃"


@dataclass(frozen=True)
class Tag:
    """A tag as it is shown, without its #, and the key under which every spelling of it is found."""

    shown: str
    key: str


def parse(text: str) -> Tag:
    """Read a tag that a person typed, with or without #; spaces become hyphens.

    Raises Invalid("tag") for anything but letters and digits of any script, hyphens and underscores.
    """
    typed = unicodedata.normalize("NFKC", text).strip().strip(HASHES)
    shown = "-".join("".join(_plain(sign) for sign in word) for word in typed.split()).strip("-_")
    if not MIN_LENGTH <= len(shown) <= MAX_LENGTH:
        raise Invalid(
            "tag", N_("A tag has %(least)s to %(most)s characters."), least=MIN_LENGTH, most=MAX_LENGTH
        )
    if not all(_belongs(sign) for sign in shown):
        raise Invalid("tag", N_("A tag is made of letters, digits and hyphens."))
    if not any(sign.isalpha() for sign in shown):
        raise Invalid("tag", N_("A tag needs a letter."))
    return Tag(shown, key(shown))


def key(text: str) -> str:
    """The one form of all spellings of a tag: NFKC, case-folded, plain hyphens, no #."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(_plain(sign) for sign in folded.strip().strip(HASHES)).strip("-_")


def find(text: str) -> list[str]:
    """Keys of the tags written with # in a text, each once, in order.

    A # inside a word or an address (`page#part`, `&#39;`) begins no tag; behind Chinese it does.
    """
    found: list[str] = []
    for position, sign in enumerate(text):
        if sign in HASHES and _may_begin(text, position):
            end = position + 1
            while end < len(text) and _belongs(_plain(unicodedata.normalize("NFKC", text[end]))):
                end += 1
            tag = key(text[position + 1 : end])
            if MIN_LENGTH <= len(tag) <= MAX_LENGTH and tag not in found:
                found.append(tag)
    return found


def _may_begin(text: str, position: int) -> bool:
    before = text[position - 1] if position else " "
    return not (before.isascii() and (before.isalnum() or before in "&/_-="))


def _plain(sign: str) -> str:
    return "-" if unicodedata.category(sign[:1] or " ") == "Pd" else sign


def _belongs(signs: str) -> bool:
    return all(sign in "-_" or unicodedata.category(sign)[0] in "LMN" for sign in signs)
