"""Languages that captions are written in: BCP 47 tags and what people call them."""

from functools import cache

from babel import Locale

# Widely spoken and widely captioned; a script or region only where readers tell its writing apart.
OFFERED = (
    "en",
    "zh-Hans",
    "zh-Hant",
    "yue",
    "af",
    "am",
    "ar",
    "bg",
    "bn",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "es",
    "et",
    "fa",
    "fi",
    "fil",
    "fr",
    "gu",
    "ha",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "it",
    "ja",
    "km",
    "kn",
    "ko",
    "lo",
    "lt",
    "lv",
    "ml",
    "mn",
    "mr",
    "ms",
    "my",
    "ne",
    "nl",
    "no",
    "pa",
    "pl",
    "pt",
    "pt-BR",
    "ro",
    "ru",
    "si",
    "sk",
    "sl",
    "so",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "tr",
    "ug",
    "uk",
    "ur",
    "uz",
    "vi",
    "yo",
    "zu",
)


@cache
def name(tag: str, locale: str) -> str:
    """What speakers of `locale` call the language `tag`; the tag itself when they have no word for it."""
    called = Locale.parse(tag, sep="-").get_display_name(locale)
    return called[:1].upper() + called[1:] if called else tag


def own_name(tag: str) -> str:
    """What its own speakers call the language `tag`."""
    return name(tag, tag.replace("-", "_"))
