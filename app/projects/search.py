"""Words for searching: Latin words whole, Chinese, Japanese and Korean in pairs of characters.

The `simple` dictionary of PostgreSQL knows no Chinese words. Taking every pair of neighbouring characters
for a word finds any word of two characters or more, and needs no dictionary.
"""

import unicodedata
from collections.abc import Iterable, Iterator

MAX_TERMS = 5000
MAX_QUERY_TERMS = 20
MAX_TERM_LENGTH = 60
# Han, kana, hangul and the ideographic iteration mark.
PAIRED = (
    (0x3005, 0x3007),
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
)
PAIRED_ABOVE_BMP = (0x20000, 0x323AF)


def terms(text: str) -> list[str]:
    """The terms a text is found by, in order. A run of Chinese gives its pairs and its last character."""
    found: list[str] = []
    for run in _runs(text):
        if is_paired(run[0]):
            found += [run[i : i + 2] for i in range(len(run))]
        else:
            found.append(run[:MAX_TERM_LENGTH])
    return found[:MAX_TERMS]


def vector(weighted: Iterable[tuple[str, str]]) -> str:
    """A tsvector literal of (text, weight A to D) pairs; terms are letters and digits: nothing to escape."""
    labels: list[str] = []
    for text, weight in weighted:
        for term in terms(text):
            labels.append(f"'{term}':{min(len(labels) + 1, 16383)}{weight}")
    return " ".join(labels[:MAX_TERMS])


def query(text: str) -> str:
    """A tsquery literal that asks for every term of `text`; "" when it has none.

    Latin words also find what begins with them, a single Chinese character whatever holds it.
    """
    asked: list[str] = []
    for run in _runs(text):
        if not is_paired(run[0]):
            asked.append(f"'{run[:MAX_TERM_LENGTH]}':*")
        elif len(run) == 1:
            asked.append(f"'{run}':*")
        else:
            asked += [f"'{run[i : i + 2]}'" for i in range(len(run) - 1)]
    return " & ".join(asked[:MAX_QUERY_TERMS])


def is_paired(sign: str) -> bool:
    """Whether a character belongs to a script that is written without spaces and searched in pairs."""
    point = ord(sign)
    return any(low <= point <= high for low, high in (*PAIRED, PAIRED_ABOVE_BMP))


def _runs(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    run = ""
    for sign in folded:
        if unicodedata.category(sign)[0] not in "LMN":
            if run:
                yield run
            run = ""
        elif run and is_paired(run[0]) != is_paired(sign):
            yield run
            run = sign
        else:
            run += sign
    if run:
        yield run
