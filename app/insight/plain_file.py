"""A fast way to read the usual file of paths: plain commas, whole numbers. Millions of lines as arrays.

What is unusual about a file (quotes, decimals, stray spaces, a missing cell) is not looked into here: `cut`
answers None, and the reader that can also say what is wrong takes it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

SPACE, COMMA, ZERO, GREATER, NEWLINE = 32, 44, 48, 62, 10
MOST_DIGITS = 15  # so many a float holds exactly
WORD = 8
MIX = np.uint64(0x9E3779B97F4A7C15)
PLACE_BITS = 24  # many more places than names, so that two seldom have the same
KEPT = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], np.uint64)  # so many bytes of a word


class Cut(NamedTuple):
    """Columns of numbers by name, the steps of all paths as indices of `names`, the length of each path."""

    numbers: dict[str, Floats]
    names: list[str]
    steps: Ints
    lengths: Ints


def cut(raw: bytes, path: str, numbers: Sequence[str]) -> Cut | None:
    """Cut a CSV whose header names `path` and columns of `numbers`; None for a file that is not plain."""
    head, _, body = raw.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    header = head.decode("utf-8", "replace").split(",")
    known = {path, *numbers}
    if not body or b'"' in raw or b"\r" in raw or path not in header or not set(header) <= known:
        return None
    body = body if body.endswith(b"\n") else body + b"\n"
    signs = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero((signs == COMMA) | (signs == NEWLINE))
    width = len(header)
    if len(ends) % width or len(set(header)) != width:
        return None
    starts = np.concatenate([[0], ends[:-1] + 1]).reshape(-1, width)
    ends = ends.reshape(-1, width)
    is_last = signs[ends] == NEWLINE
    if is_last[:, :-1].any() or not is_last[:, -1].all():
        return None
    found: dict[str, Floats] = {}
    for at, name in enumerate(header):
        if name != path:
            column = _whole(signs, starts[:, at], ends[:, at])
            if column is None:
                return None
            found[name] = column
    at = header.index(path)
    return _steps(body, signs, starts[:, at], ends[:, at], found)


def _whole(signs: Bytes, starts: Ints, ends: Ints) -> Floats | None:
    lengths = ends - starts
    if lengths.min() < 1 or lengths.max() > MOST_DIGITS:
        return None
    value = np.zeros(len(starts))
    for place in range(int(lengths.max())):
        within = place < lengths
        digit = signs[np.minimum(starts + place, ends - 1)] - np.uint8(ZERO)  # wraps round below "0"
        if (digit[within] > 9).any():
            return None
        value = np.where(within, value * 10 + digit, value)
    return value


def _steps(body: bytes, signs: Bytes, starts: Ints, ends: Ints, numbers: dict[str, Floats]) -> Cut | None:
    marks = np.flatnonzero(signs == GREATER)
    if not (signs[marks - 1] == SPACE).all() or not (signs[marks + 1] == SPACE).all():
        return None
    begins = np.sort(np.concatenate([starts, marks + 2]), kind="stable")
    stops = np.sort(np.concatenate([ends, marks - 1]), kind="stable")
    if (stops <= begins).any() or (signs[begins] <= SPACE).any() or (signs[stops - 1] <= SPACE).any():
        return None
    words = _words(body, begins, stops)
    firsts = _firsts(words)
    if any((word != word[firsts]).any() for word in words):  # two names with one sum
        return None
    first = np.flatnonzero(firsts == np.arange(len(firsts)))  # in the order in which names are met
    number = np.empty(len(firsts), np.int64)
    number[first] = np.arange(len(first))
    names = [body[begins[at] : stops[at]].decode() for at in first]
    lengths = np.bincount(np.searchsorted(ends, marks), minlength=len(starts)) + 1
    return Cut(numbers, names, number[firsts], lengths)


def _words(body: bytes, begins: Ints, stops: Ints) -> list[Words]:
    """The bytes of each step in words of eight, the last one filled up with zeros."""
    at_each_byte = np.ndarray(len(body), np.dtype("<u8"), body + bytes(WORD), strides=(1,))
    words: list[Words] = []
    for base in range(0, int((stops - begins).max()), WORD):
        left = np.clip(stops - begins - base, 0, WORD)
        words.append(at_each_byte[np.minimum(begins + base, len(body) - 1)] & KEPT[left])
    return words


def _firsts(words: Sequence[Words]) -> Ints:
    """For each step the first one with the same words, by a sum of them; words may differ all the same."""
    mixed = np.zeros(len(words[0]), np.uint64)
    for word in words:
        mixed = (mixed ^ word) * MIX
        mixed ^= mixed >> np.uint64(29)
    places = np.empty(1 << PLACE_BITS, np.int64)
    place = mixed >> np.uint64(64 - PLACE_BITS)
    places[place[::-1]] = np.arange(len(place) - 1, -1, -1)  # the last that is set stays
    firsts = places[place]
    if (mixed[firsts] == mixed).all():
        return firsts
    _, first, which = np.unique(mixed, return_index=True, return_inverse=True)  # two sums at one place
    return first[which]
