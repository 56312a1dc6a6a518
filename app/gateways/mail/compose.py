"""Writes mail from templates/emails/<name>/{subject.txt,body.txt,body.html} in the reader's language."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.core.i18n import known, translations
from app.core.money import Money
from app.core.paths import TEMPLATES
from app.gateways.mail.mailer import Attachment, Message


def write(
    name: str,
    to: str,
    locale: str,
    values: Mapping[str, Any],
    key: str,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """The mail `name` for one reader. Raises jinja2.UndefinedError when its template misses a value."""
    environment = _environment(known(locale))

    def part(file: str) -> str:
        return environment.get_template(f"{name}/{file}").render(values).strip()

    return Message(
        to=to,
        subject=" ".join(part("subject.txt").split()),
        text=part("body.txt") + "\n",
        html=part("body.html"),
        key=key,
        attachments=tuple(attachments),
    )


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "emails"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations(locale)
    install: Any = getattr(environment, "install_gettext_translations")  # noqa: B009 (added by the extension)
    install(catalogue, newstyle=True)

    def money(amount: Money) -> str:
        return format_currency(amount.decimal, amount.currency, locale=locale)

    def moment(value: Any) -> str:
        return format_datetime(value, format="long", locale=locale)

    def day(value: Any) -> str:
        return format_date(value, format="long", locale=locale)

    environment.filters.update({"money": money, "moment": moment, "day": day})
    shared: dict[str, Any] = environment.globals
    shared["lang"] = locale.replace("_", "-")
    return environment
