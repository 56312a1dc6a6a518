"""Why a project may not receive money: pure, from rows already read and today's date."""

from datetime import date

from app.core.errors import KindrelayError
from app.core.i18n import N_
from app.gateways.payments.registry import takes
from app.nonprofits.models import Nonprofit, PaymentAccount
from app.projects.models import Project

MAINLAND_CHINA = "CN"

SWITCHED_OFF = N_("Donations are switched off on this site.")
SUSPENDED = N_("This organisation has been suspended and cannot receive donations.")
NOT_VERIFIED = N_("This organisation is not verified and cannot receive donations.")
CERTIFICATE_EARLY = N_("This organisation's certificate is not valid yet.")
CERTIFICATE_EXPIRED = N_("This organisation's certificate has expired.")
NO_ACCOUNT = N_("This organisation has not connected a payment account yet.")
ACCOUNT_NOT_READY = N_("This organisation's payment account cannot receive right now.")
WRONG_CURRENCY = N_("The payment service of this site does not take this project's currency.")
DRAFT = N_("This project is not published yet.")
CLOSED = N_("This project is closed. Thank you to everyone who gave.")
NOT_STARTED = N_("This project has not started yet.")
ENDED = N_("This project has ended. Thank you to everyone who gave.")
PAUSED = N_("Gifts to this project are paused for now. Please come back later.")
NOT_FILED = N_(
    "Public fundraising in mainland China needs a certificate that is in date and a filing number; this "
    "project has not shown both."
)


class NotEligible(KindrelayError):  # noqa: N818 (it names what the project is)
    """The project may not receive; the message says why."""


def obstacle(
    project: Project, nonprofit: Nonprofit, account: PaymentAccount | None, provider: str, today: date
) -> str | None:
    """Why the project may not receive on `today` (a day of the nonprofit's time zone), or None when it may.

    `provider` is the one that the site runs with, "none" when payments are switched off. The answer is an
    English message key.
    """
    if provider == "none":
        return SWITCHED_OFF
    return (
        _of_nonprofit(nonprofit, today)
        or _of_project(project, nonprofit, today)
        or _of_account(account, provider)
        or (None if takes(provider, project.currency) else WRONG_CURRENCY)
    )


def _of_nonprofit(nonprofit: Nonprofit, today: date) -> str | None:
    if nonprofit.status == "suspended":
        return SUSPENDED
    if nonprofit.status != "verified":
        return NOT_VERIFIED
    if nonprofit.certificate_from is not None and today < nonprofit.certificate_from:
        return CERTIFICATE_EARLY
    if nonprofit.certificate_until is not None and today > nonprofit.certificate_until:
        return CERTIFICATE_EXPIRED
    return None


def _of_project(project: Project, nonprofit: Nonprofit, today: date) -> str | None:
    if project.status == "draft":
        return DRAFT
    if project.status == "closed":
        return CLOSED
    if project.starts_on is not None and today < project.starts_on:
        return NOT_STARTED
    if project.ends_on is not None and today > project.ends_on:
        return ENDED
    if project.paused_at is not None:
        return PAUSED
    if nonprofit.country == MAINLAND_CHINA and not _is_filed(project, nonprofit):
        return NOT_FILED
    return None


def _is_filed(project: Project, nonprofit: Nonprofit) -> bool:
    """Both numbers are there, and the dates of the certificate, which are checked with the organisation's."""
    dated = nonprofit.certificate_from is not None and nonprofit.certificate_until is not None
    return bool(nonprofit.fundraising_certificate and project.filing_number and dated)


def _of_account(account: PaymentAccount | None, provider: str) -> str | None:
    if account is None or account.disconnected_at is not None or account.provider != provider:
        return NO_ACCOUNT
    return None if account.ready else ACCOUNT_NOT_READY
