"""How Alipay writes things down: yuan with two decimals, Beijing time, subjects without signs."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.core.money import Money

PROVIDER = "alipay"
CURRENCY = "CNY"
BEIJING = ZoneInfo("Asia/Shanghai")
MOMENT = "%Y-%m-%d %H:%M:%S"
MAX_SUBJECT_LENGTH = 256

_YUAN = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?")
_SIGNS = re.compile(r"[/=&+%#?\\\s\x00-\x1f]+")


def yuan(amount: Money) -> str:
    """An amount as Alipay takes it: exactly two decimals. Raises ValueError for another currency."""
    if amount.currency != CURRENCY:
        raise ValueError(f"not in {CURRENCY}")
    return f"{Decimal(amount.minor).scaleb(-2):.2f}"


def money(text: str) -> Money:
    """The amount that Alipay has written. Raises ValueError when it is none."""
    if not _YUAN.fullmatch(text):
        raise ValueError("not an amount")
    return Money(int(Decimal(text).scaleb(2)), CURRENCY)


def beijing(moment: datetime) -> str:
    """A moment as Alipay takes it, to the second."""
    return moment.astimezone(BEIJING).strftime(MOMENT)


def moment(text: str) -> datetime:
    """The moment (UTC) that Alipay has written; a part of a second is left. Raises ValueError for none."""
    return datetime.strptime(text.partition(".")[0], MOMENT).replace(tzinfo=BEIJING).astimezone(UTC)


def subject(title: str) -> str:
    """A title without the signs that Alipay refuses in one."""
    return _SIGNS.sub(" ", title).strip()[:MAX_SUBJECT_LENGTH] or "Donation"
