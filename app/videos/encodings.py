"""Text files as people have them: Unicode in any of its forms, or what their country wrote before it."""

import codecs

from app.core.errors import Invalid
from app.core.i18n import N_

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF16_ARROW = "-->".encode("utf-16-le").rstrip(b"\0")  # the same in both byte orders but for its place

# Language → what its files are written in when they are not Unicode, and the everyday part of that. A file
# in another encoding may decode too, but into signs that nobody uses; so most signs must be everyday ones.
_SIMPLIFIED = ("gb18030", "gb2312")
_TRADITIONAL = ("big5hkscs", "big5")
BEFORE_UNICODE = {
    "zh-Hans": (_SIMPLIFIED, _TRADITIONAL),
    "zh-Hant": (_TRADITIONAL, _SIMPLIFIED),
    "yue": (_TRADITIONAL, _SIMPLIFIED),
    "ja": (("cp932", "shift_jis"),),
    "ko": (("cp949", "euc_kr"),),
}
EVERYDAY_SHARE = 0.9


def decode(body: bytes, language: str) -> str:
    """The text of a file that is written in `language`.

    Reads UTF-8, UTF-16 and UTF-32; for Chinese, Japanese and Korean also GB18030, Big5, Shift JIS and EUC-KR.
    Raises Invalid for "file": the letters of other files would be a guess.
    """
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return _decoded(body, encoding)
    arrow = body.find(UTF16_ARROW)
    if arrow >= 0:
        return _decoded(body, "utf-16-le" if arrow % 2 == 0 else "utf-16-be")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for encoding, everyday in BEFORE_UNICODE.get(language, ()):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _everyday_share(text, everyday) >= EVERYDAY_SHARE:
            return text
    raise _unreadable()


def _decoded(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def _everyday_share(text: str, everyday: str) -> float:
    foreign = [sign for sign in text if not sign.isascii()]
    known = "".join(foreign).encode(everyday, "ignore").decode(everyday)
    return len(known) / len(foreign) if foreign else 1.0


def _unreadable() -> Invalid:
    return Invalid("file", N_("The letters of this file cannot be read. Please save it as UTF-8 text."))
