"""How values are shown in templates: money, dates, static addresses, the signed-in person."""

import hashlib
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import (
    DateTimePattern,
    format_date,
    get_date_format,
    get_datetime_format,
    get_time_format,
    parse_pattern,
)
from babel.numbers import format_currency, format_percent
from flask import Flask, g, url_for
from markupsafe import Markup

from app.core.money import Money, exponent
from app.core.paths import STATIC
from app.web import formats
from app.web.languages import language
from app.web.outside import object_store, settings
from app.web.signin import current_person
from app.web.text import plural

HAN = re.compile("[\u3400-\u9fff]")
CHINESE, NOTHING = Markup(' lang="zh-Hans"'), Markup()


def install(app: Flask) -> None:
    """Give the templates their filters and globals."""
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    filters: dict[str, Any] = app.jinja_env.filters
    filters.update(
        {
            "money": money,
            "day": day,
            "moment": moment,
            "number": number,
            "percent": percent,
            "part": part,
            "tenths": tenths,
            "unrounded": unrounded,
            "age": age,
            "lang_attribute": lang_attribute,
        }
    )
    to_templates: dict[str, Any] = app.jinja_env.globals
    to_templates.update(
        {
            "asset": asset,
            "language": language,
            "person": current_person,
            "media_url": media_url,
            "settings": settings,
        }
    )


def money(amount: Money) -> str:
    """An amount by the language's rules, with as many decimals as its currency has."""
    return formats.of(language()).money(amount)


def day(value: date) -> str:
    """A date in words, by the language's rules."""
    return format_date(value, format="long", locale=language())


def moment(value: datetime) -> str:
    """A date with its time: on the desk of an organisation by its own clock, else in UTC; told how far that
    is from UTC."""
    here = value.astimezone(ZoneInfo(g.get("zone", "UTC")))
    minutes = int((here.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    ahead = f"{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else ""
    return f"{_medium(language()).apply(here, language())} UTC{ahead}"


@cache
def _medium(locale: str) -> DateTimePattern:
    """How a language writes a date with its time. Babel finds it out each time it is asked to write one."""
    written = str(get_datetime_format("medium", locale=locale))  # typed as a pattern, and is text
    time, date = (one("medium", locale=locale).pattern for one in (get_time_format, get_date_format))
    return parse_pattern(written.replace("{0}", time).replace("{1}", date))


def number(value: int) -> str:
    """A whole number with the language's separators."""
    return formats.of(language()).number(value)


def percent(value: float) -> str:
    """A share of one as per cent, without decimals."""
    return format_percent(value, locale=language())


def tenths(value: Fraction) -> str:
    """A share of one as per cent, to one decimal."""
    return formats.of(language()).share(value.numerator, value.denominator, 1)


def part(value: Fraction) -> str:
    """A share of one as per cent, to four decimals; marked where it has more of them."""
    shown = formats.of(language()).share(value.numerator, value.denominator, 4)
    return shown if (value * 1_000_000).denominator == 1 else f"≈ {shown}"


def unrounded(minor: Fraction, currency: str) -> str:
    """Parts of minor units as money, to three decimals more than the currency has; marked likewise."""
    places = exponent(currency) + 3
    exact = minor * 1000
    shown = format_currency(
        Decimal(round(exact)).scaleb(-places),
        currency,
        f"¤#,##0.{'0' * exponent(currency)}{'#' * 3}" if exponent(currency) else "¤#,##0.###",
        locale=language(),
        currency_digits=False,
    )
    return shown if exact.denominator == 1 else f"≈ {shown}"


def age(value: timedelta) -> str:
    """How long something lay before, in whole days, else hours, else minutes."""
    minutes = max(int(value.total_seconds()) // 60, 0)
    if days := minutes // 1440:
        return plural("%(num)s day", "%(num)s days", days)
    if hours := minutes // 60:
        return plural("%(num)s hour", "%(num)s hours", hours)
    return plural("%(num)s minute", "%(num)s minutes", minutes)


def lang_attribute(text: str) -> Markup:
    """A lang attribute for Chinese on a page in another language: it is then set and spoken as Chinese."""
    return CHINESE if HAN.search(text) and language() != "zh_Hans" else NOTHING


def media_url(key: str) -> str:
    """The public address of an object in the media bucket."""
    return object_store().media.public_url(key)


def asset(path: str) -> str:
    """The address of a static file; it changes with the file, so that it can be cached for good."""
    return url_for("static", filename=path, v=_digest(path))


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
