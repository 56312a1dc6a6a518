"""Languages of the platform, and catalogues for text rendered outside a request."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.support import Translations

LOCALES = ("en", "zh_Hans")
DEFAULT_LOCALE = "en"
CATALOGUES = Path(__file__).parent.parent / "translations"


def N_(message: str) -> str:  # noqa: N802 (the name gettext tools look for)
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return message


@cache
def translations(locale: str) -> NullTranslations | GNUTranslations:
    """The catalogue of `locale`; English is the source language and needs none."""
    return Translations.load(str(CATALOGUES), [locale])


def known(locale: str | None) -> str:
    """`locale` if the platform speaks it, else the default."""
    return locale if locale in LOCALES else DEFAULT_LOCALE
