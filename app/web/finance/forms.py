"""Forms and filters of the finance desk."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from flask import request
from wtforms import HiddenField, StringField, TextAreaField

from app.core import ids
from app.core.money import Money, parse
from app.donations.models import CODE_LENGTH
from app.finance.gifts import Filter
from app.nonprofits.models import Nonprofit
from app.web.accounts.forms import REQUIRED
from app.web.forms import Form
from app.web.text import lazy as _l

LONGEST_WORDS = 100
FILTERS = ("state", "project", "first", "last", "least", "most", "q", "monthly")


class RefundForm(Form):
    amount = StringField(_l("Amount"), REQUIRED)
    reason = TextAreaField(_l("Reason for the refund"), REQUIRED)
    code = HiddenField()  # names the refund: however often the form is sent, it is one

    def begin(self, left: Money) -> "RefundForm":
        """Fill an unsent form: all that is left, under a new name."""
        self.amount.data = str(left.decimal)
        self.code.data = ids.new_code(CODE_LENGTH)
        return self

    def money(self, currency: str) -> Money:
        """The amount that was typed. Raises Invalid("amount")."""
        return parse(self.amount.data or "", currency)


class NoteForm(Form):
    note = TextAreaField(_l("Note"))


def chosen() -> dict[str, str]:
    """The filters of the address, as they were typed; for links that keep them."""
    typed = {name: request.args.get(name, "").replace("\0", "").strip() for name in FILTERS}
    return {name: value[:LONGEST_WORDS] for name, value in typed.items() if value}


def wanted(nonprofit: Nonprofit, typed: dict[str, str]) -> Filter:
    """What was chosen, in the organisation's own days; nonsense narrows nothing."""
    first, last = _day(typed.get("first")), _day(typed.get("last"))
    return Filter(
        state=typed.get("state", ""),
        project=typed.get("project", ""),
        since=_midnight(first, nonprofit) if first else None,
        until=_midnight(last + timedelta(days=1), nonprofit) if last else None,
        least=_amount(typed.get("least")),
        most=_amount(typed.get("most")),
        words=typed.get("q", ""),
        monthly="monthly" in typed,
    )


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _midnight(day: date, nonprofit: Nonprofit) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(nonprofit.time_zone)).astimezone(UTC)


def _amount(text: str | None) -> Decimal | None:
    try:
        amount = Decimal(text or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 10**12 else None
