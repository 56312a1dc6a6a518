"""What a mail is made of before it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core import runtime
from app.gateways.mail.mailer import Attachment


@dataclass(frozen=True)
class Letter:
    """Whom a mail goes to, in which language, and what its template is filled with.

    `attach` makes the file that goes along, once the transaction is closed.
    """

    to: str
    locale: str
    values: dict[str, Any]
    attach: Callable[[], Attachment] | None = None


def address(path: str) -> str:
    """The public address of a page, for mails."""
    return runtime.settings().base_url.rstrip("/") + path
