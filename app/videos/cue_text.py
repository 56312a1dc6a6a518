"""The words of one caption as WebVTT cue text: plain, with italics, bold, underline and speakers, no more."""

import html
import re
import unicodedata

TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z]+)(?P<rest>[^<>]*)>|<[0-9:.]+>")
OVERRIDE = re.compile(r"\{\\[^{}]*\}")  # styling of the ASS format, which SubRip files borrow
REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|lrm|rlm|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
KEPT = ("b", "i", "u", "v")
LINE_LIKE = ("Zl", "Zp")
UNWRITTEN = ("Cc", "Cs", "Cn")  # control characters, halves of characters, code points without one


def clean(text: str) -> str:
    """`text` without anything but words, lines, <b>, <i>, <u> and <v speaker>; "" when nothing is to be read.

    Every tag that is kept is closed; what only looks like a tag is escaped and stays. Cleaning twice
    changes nothing.
    """
    written: list[str] = []
    is_open: list[str] = []
    words: list[str] = []
    text = OVERRIDE.sub("", text).strip()
    at = 0
    for tag in TAG.finditer(text):
        words.append(_plain(text[at : tag.start()]))
        written.append(_escaped(words[-1]))
        written.extend(_tag(tag, is_open))
        at = tag.end()
    words.append(_plain(text[at:]))
    written.append(_escaped(words[-1]))
    written.extend(f"</{name}>" for name in reversed(is_open))
    if not "".join(words).strip():
        return ""
    lines = [line.strip() for line in "".join(written).split("\n")]
    return "\n".join(line for line in lines if line)


def _tag(tag: re.Match[str], is_open: list[str]) -> list[str]:
    """What is written in the place of a tag; `is_open` are the tags that wait to be closed."""
    name = (tag["name"] or "").lower()
    if name not in KEPT:
        return []
    if not tag["close"]:
        is_open.append(name)
        return [f"<v {speaker}>" if name == "v" and (speaker := _speaker(tag["rest"])) else f"<{name}>"]
    if name not in is_open:
        return []
    closed: list[str] = []
    while not closed or closed[-1] != f"</{name}>":
        closed.append(f"</{is_open.pop()}>")
    return closed


def _speaker(rest: str) -> str:
    """Who speaks, from behind the v of `<v.loud Mei Lin>`."""
    _classes, _space, speaker = rest.replace("\n", " ").replace("\t", " ").partition(" ")
    return _escaped(" ".join(_plain(speaker).split()))


def _plain(text: str) -> str:
    """Words as they are read: references resolved, characters that nobody writes left out."""
    signs: list[str] = []
    for piece in text.split("\n"):
        resolved = REFERENCE.sub(lambda found: html.unescape(found[0]), piece).replace("\t", " ")
        signs.append("".join(_sign(sign) for sign in resolved))
    return "\n".join(signs)


def _sign(sign: str) -> str:
    if sign.isascii():
        return sign if sign.isprintable() else ""
    category = unicodedata.category(sign)
    if category in LINE_LIKE:
        return " "
    return "" if category in UNWRITTEN or sign == "\ufeff" else sign


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
