"""Registering an organisation: who it is, by which law, and what is missing before it can be checked."""

from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, text
from app.core.errors import Invalid
from app.core.i18n import N_
from app.nonprofits.countries import COUNTRIES
from app.nonprofits.models import Document, Membership, Nonprofit

MAX_NAME_LENGTH = 120
MAX_NUMBER_LENGTH = 60
MAX_ABOUT_LENGTH = 2000

# What an administrator has checked. It changes only while the organisation is not under its seal.
# The name is among it: donors read it beside the seal and in receipts.
PAPERS = (
    "name",
    "legal_name",
    "registration_number",
    "country",
    "certificate_from",
    "certificate_until",
    "fundraising_certificate",
)


@dataclass(frozen=True)
class Details:
    """What an organisation says about itself, as typed; dates are days in its own country."""

    name: str
    legal_name: str
    registration_number: str
    country: str
    website: str = ""
    about: str = ""
    time_zone: str = "UTC"
    certificate_from: date | None = None
    certificate_until: date | None = None
    fundraising_certificate: str = ""


def register(session: Session, person_id: int, details: Details) -> Nonprofit:
    """Begin a registration; the person becomes its owner. Raises Invalid for a field."""
    nonprofit = Nonprofit(**asdict(checked(details)))
    _save(session, nonprofit)
    session.add(Membership(nonprofit_id=nonprofit.id, person_id=person_id, role="owner"))
    audit.record(session, "nonprofit.registered", person_id, subject(nonprofit))
    return nonprofit


def edit(session: Session, nonprofit: Nonprofit, person_id: int, details: Details) -> None:
    """Change what the organisation says about itself.

    Raises Invalid for the field that cannot be taken; what was checked on paper is closed unless
    `papers_open` says otherwise.
    """
    new = asdict(checked(details))
    # Handing in or a decision may commit meanwhile; the row is locked before its status is believed.
    session.refresh(nonprofit, with_for_update=True)
    changed = [name for name, value in new.items() if getattr(nonprofit, name) != value]
    closed = [name for name in changed if name in PAPERS]
    if closed and not papers_open(nonprofit):
        raise Invalid(closed[0], N_("This was checked on paper and cannot be changed now."))
    for name in changed:
        setattr(nonprofit, name, new[name])
    _save(session, nonprofit)
    if changed:
        audit.record(session, "nonprofit.edited", person_id, subject(nonprofit), fields=changed)


def checked(details: Details) -> Details:
    """The details in their normal form. Raises Invalid for the first field that cannot be taken."""
    begin, end = details.certificate_from, details.certificate_until
    if begin and end and end < begin:
        raise Invalid("certificate_until", N_("The end is before the beginning."))
    return Details(
        name=text.line("name", details.name, MAX_NAME_LENGTH),
        legal_name=text.line("legal_name", details.legal_name, MAX_NAME_LENGTH),
        registration_number=text.line(
            "registration_number", details.registration_number.upper(), MAX_NUMBER_LENGTH
        ),
        country=_one_of("country", details.country.strip().upper(), COUNTRIES),
        website=_website(details.website.strip()),
        about=text.paragraphs("about", details.about, MAX_ABOUT_LENGTH),
        time_zone=_one_of("time_zone", details.time_zone, frozenset(time_zones())),
        certificate_from=begin,
        certificate_until=end,
        fundraising_certificate=text.optional_line(
            "fundraising_certificate", details.fundraising_certificate, MAX_NUMBER_LENGTH
        ),
    )


def papers_open(nonprofit: Nonprofit) -> bool:
    """Whether names, number, country, certificates and documents may be changed now."""
    return nonprofit.status in ("draft", "changes_requested")


def missing(session: Session, nonprofit: Nonprofit) -> list[Invalid]:
    """What still stands between this registration and its check, each with the field it belongs to."""
    today = clock.now().date()
    found: list[Invalid] = []
    if nonprofit.certificate_from is None:
        found.append(Invalid("certificate_from", N_("Say from when your registration certificate is valid.")))
    elif nonprofit.certificate_from > today:
        found.append(Invalid("certificate_from", N_("Your registration certificate is not valid yet.")))
    if nonprofit.certificate_until is None:
        found.append(
            Invalid("certificate_until", N_("Say until when your registration certificate is valid."))
        )
    elif nonprofit.certificate_until < today:
        found.append(Invalid("certificate_until", N_("Your registration certificate is out of date.")))
    if nonprofit.country == "CN" and not nonprofit.fundraising_certificate:
        found.append(
            Invalid(
                "fundraising_certificate",
                N_("In mainland China we need the number of your public fundraising certificate."),
            )
        )
    if not session.scalar(
        select(func.count()).select_from(Document).where(Document.nonprofit_id == nonprofit.id)
    ):
        found.append(Invalid("documents", N_("Add at least one document that proves the registration.")))
    return found


def subject(nonprofit: Nonprofit) -> str:
    """The nonprofit's name in the audit log."""
    return f"nonprofit:{nonprofit.code}"


@cache
def time_zones() -> tuple[str, ...]:
    """IANA names of all time zones, in order."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def _one_of(field: str, value: str, known: frozenset[str]) -> str:
    if value not in known:
        raise Invalid(field, N_("Choose one from the list."))
    return value


def _website(address: str) -> str:
    if not address:
        return ""
    completed = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(completed)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "")
    except ValueError:
        good = False
    if not good or any(sign.isspace() for sign in completed) or len(completed) > 300:
        raise Invalid("website", N_("Write an address such as https://example.org."))
    return completed


def _save(session: Session, nonprofit: Nonprofit) -> None:
    try:
        with session.begin_nested():
            session.add(nonprofit)
    except IntegrityError as error:
        if "registration_number" not in str(error.orig):
            raise
        raise Invalid(
            "registration_number",
            N_("An organisation with this number is registered already. Ask its owner to invite you."),
        ) from None
