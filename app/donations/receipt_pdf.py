"""Receipts and statements as PDF, in the donor's language. Pure.

The same facts in the same language are the same bytes: the date of making comes from the facts.
"""

import io
from datetime import date
from typing import Any

import segno
from babel import Locale

from app.core import typeset
from app.core.i18n import known, translations
from app.core.typeset import money
from app.donations.receipt_content import Content
from app.donations.statements import Line, Statement


def receipt(content: Content, locale: str, *, is_void: bool = False) -> bytes:
    """A receipt as PDF, in the language `locale`; a void one says so across its head."""
    words = _receipt_words(content, known(locale), is_void)
    return typeset.pdf("receipts/receipt.typ", words, content.issued_at)


def statement(made: Statement, locale: str) -> bytes:
    """A donor's gifts to one organisation in a range of days as PDF, in the language `locale`."""
    return typeset.pdf("receipts/statement.typ", _statement_words(made, known(locale)), made.made_at)


def file_name(number: int, locale: str) -> str:
    """What a receipt is called on a donor's disk."""
    _ = translations(known(locale)).gettext
    word = _("receipt")
    return f"{word}-{number}.pdf"


def _receipt_words(content: Content, locale: str, is_void: bool) -> dict[str, Any]:
    _ = translations(locale).gettext
    left = [
        [_("For the project"), content.project],
        [_("Date of the gift"), _day(content.given_on, locale)],
    ]
    right = [
        [_("Kind of gift"), _("Monthly gift") if content.monthly else _("Single gift")],
        [_("Donation number"), content.donation_number],
    ]
    if content.replaces is not None:
        right.append([_("In place of receipt"), _("No. %(number)s") % {"number": content.replaces}])
    given_back = ""
    if content.given_back.minor:
        given_back = _("%(given)s was given, and %(back)s of it was given back.") % {
            "given": money(content.given, locale),
            "back": money(content.given_back, locale),
        }
    return {
        **_head(content.payee, content.country, content.issued_on, locale),
        "title": _("Donation receipt"),
        "banners": _banners(content.test_mode, is_void, locale),
        "registered": _registered(content, locale),
        "number": _("No. %(number)s") % {"number": content.number},
        "issued": _day(content.issued_on, locale),
        "thanks": _("Received with thanks from"),
        "donor": content.donor or _("A donor"),
        "amount": money(content.amount, locale),
        "given_back": given_back,
        "left": left,
        "right": right,
        "notes": _notes(content, locale),
        "qr": _qr(content.check),
        "qr_says": _("QR code that opens the page which checks this receipt"),
        "check_title": _("Check this receipt"),
        "check_says": _(
            "Scan the code or open the address to see whether this receipt is valid. No name is shown there."
        ),
        "check": content.check,
    }


def _notes(content: Content, locale: str) -> list[str]:
    """What the law of the payee's country asks a receipt to say, and where the money went."""
    _ = translations(locale).gettext
    notes = [_("This gift went straight to the organisation's own payment account.")]
    if content.no_goods:
        english = "No goods or services were provided in exchange for this contribution."
        said = _("No goods or services were provided in exchange for this contribution.")
        notes += [english] if said == english else [english, said]
    if content.no_official_invoice:
        notes.append(
            _(
                "This is not the official donation invoice (公益事业捐赠统一票据). Kindrelay does not issue "
                "that one; please ask the organisation for it."
            )
        )
    return notes


def _statement_words(made: Statement, locale: str) -> dict[str, Any]:
    _ = translations(locale).gettext
    last = date.fromisoformat(made.last)
    return {
        **_head(made.payee, made.country, made.made_on, locale),
        "title": _("Statement of gifts"),
        "banners": _banners(made.test_mode, False, locale),
        "registered": _registered(made, locale),
        "issued": _day(made.made_on, locale),
        "thanks": _("Received with thanks from"),
        "donor": made.donor or made.email,
        "range": _("%(first)s to %(last)s")
        % {"first": _day(made.first, locale), "last": _day(last.isoformat(), locale)},
        "columns": [_("Date"), _("Project"), _("Receipt"), _("Given back"), _("Gift")],
        "rows": [_row(line, locale) for line in made.lines],
        "none": _("No gift arrived in these days."),
        "total_says": _("Given in all"),
        "totals": [money(total, locale) for total in made.totals],
        "note": _("A gift counts here with what was not given back. Days are those of %(zone)s.")
        % {"zone": made.zone},
    }


def _row(line: Line, locale: str) -> list[str]:
    _ = translations(locale).gettext
    number = _("No. %(number)s") % {"number": line.receipt} if line.receipt is not None else "–"
    back = money(line.given_back, locale) if line.given_back.minor else "–"
    return [_day(line.on, locale, "medium"), line.project, number, back, money(line.kept, locale)]


def _head(payee: str, country: str, made_on: str, locale: str) -> dict[str, Any]:
    return typeset.head(payee, country, date.fromisoformat(made_on), locale)


def _banners(test_mode: bool, is_void: bool, locale: str) -> list[str]:
    _ = translations(locale).gettext
    said = [_("VOID: this receipt no longer counts.")] if is_void else []
    return [*said, _("TEST MODE: no money has moved.")] if test_mode else said


def _registered(payee: Content | Statement, locale: str) -> str:
    _ = translations(locale).gettext
    countries: dict[str, str] = dict(Locale.parse(locale).territories)
    country = countries.get(payee.country, payee.country)
    number = _("Registration number %(number)s") % {"number": payee.registration_number}
    return f"{payee.legal_name}\n{number} · {country}"


def _day(iso: str, locale: str, length: str = "long") -> str:
    return typeset.day(date.fromisoformat(iso), locale, length)


def _qr(address: str) -> str:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, dark="#1b2130", scale=4)
    return drawn.getvalue().decode()
