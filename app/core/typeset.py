"""PDF by typst, from templates and words: tagged for screen readers (PDF/UA-1). Pure.

The same words are the same bytes on every machine: the date of making is given, and all type comes from the
fonts of the checkout, never from the machine.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import typst
from babel.dates import format_date
from babel.numbers import format_currency

from app.core.money import Money
from app.core.paths import STATIC, TEMPLATES

LETTER_PAPER = ("US", "CA", "MX", "PH")
LANGUAGES = {"en": ("en", "GB"), "zh_Hans": ("zh", "CN")}


def pdf(template: str, words: dict[str, Any], made_at: int) -> bytes:
    """The PDF of a template under templates/, as made at `made_at` (seconds since 1970, UTC).

    A sign that no font has would keep it from being PDF/UA, but not from being.
    """
    try:
        return _compile(template, words, made_at, ["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        return _compile(template, words, made_at, [])


def head(payee: str, country: str, made_on: date, locale: str) -> dict[str, Any]:
    """What every sheet of an organisation needs: its language, its paper, its date."""
    language, region = LANGUAGES[locale]
    return {
        "payee": payee,
        "lang": language,
        "region": region,
        "paper": "us-letter" if country in LETTER_PAPER else "a4",
        "date": {"year": made_on.year, "month": made_on.month, "day": made_on.day},
    }


def day(value: date, locale: str, length: str = "long") -> str:
    """A day in words, by the language's rules."""
    return format_date(value, format=length, locale=locale)  # pyright: ignore[reportArgumentType] (babel's own list of lengths)


def money(amount: Money, locale: str) -> str:
    """An amount by the language's rules."""
    return format_currency(amount.decimal, amount.currency, locale=locale)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(STATIC / "fonts")])


def _compile(template: str, words: dict[str, Any], made_at: int, standards: Sequence[Any]) -> bytes:
    return typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"words": json.dumps(words, ensure_ascii=False)},
        pdf_standards=list(standards),
        timestamp=made_at,
    )
