from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.core.models import AuditEvent
from app.nonprofits import registration, team
from app.nonprofits.models import Nonprofit
from app.nonprofits.registration import Details
from tests.factories import document, nonprofit, person

TODAY = clock.now().date()
GOOD = Details(
    name="Paper Lanterns",
    legal_name="Stichting Papieren Lantaarns",
    registration_number=" kvk  12345678 ",
    country="nl",
    website="lanterns.example.org",
    about="We build what children draw.",
    time_zone="Europe/Amsterdam",
    certificate_from=TODAY - timedelta(days=10),
    certificate_until=TODAY + timedelta(days=300),
)


def test_who_registers_an_organisation_becomes_its_owner(session: Session) -> None:
    founder = person(session)
    made = registration.register(session, founder.id, GOOD)
    assert (made.status, made.registration_number, made.country) == ("draft", "KVK 12345678", "NL")
    assert made.website == "https://lanterns.example.org"
    [member] = team.members(session, made)
    assert (member.person, member.role) == (founder, "owner")
    event = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"nonprofit:{made.code}")).one()
    assert (event.action, event.actor_id) == ("nonprofit.registered", founder.id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("legal_name", ""),
        ("registration_number", ""),
        ("country", "XX"),
        ("country", "EU"),
        ("country", ""),
        ("website", "javascript:alert(1)"),
        ("website", "https://localhost"),
        ("website", "https://[bad"),
        ("website", "https://a b.org"),
        ("about", "x" * 2001),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("certificate_until", TODAY - timedelta(days=11)),
        ("fundraising_certificate", "9" * 61),
    ],
)
def test_a_bad_field_is_named(session: Session, field: str, value: str | date) -> None:
    with pytest.raises(Invalid) as refused:
        registration.register(session, person(session).id, replace(GOOD, **{field: value}))
    assert refused.value.field == field


def test_one_number_of_a_country_is_registered_once(session: Session) -> None:
    registration.register(session, person(session).id, GOOD)
    with pytest.raises(Invalid, match="registered already") as refused:
        registration.register(session, person(session).id, replace(GOOD, registration_number="KVK 12345678"))
    assert refused.value.field == "registration_number"
    registration.register(session, person(session).id, replace(GOOD, country="BE"))


def test_what_is_missing_is_told_with_its_field(session: Session) -> None:
    bare = replace(GOOD, certificate_from=None, certificate_until=None, country="CN")
    made = registration.register(session, person(session).id, bare)
    assert [found.field for found in registration.missing(session, made)] == [
        "certificate_from",
        "certificate_until",
        "fundraising_certificate",
        "documents",
    ]


def test_an_old_or_future_certificate_is_missing_too(session: Session) -> None:
    old = nonprofit(session, certificate_until=TODAY - timedelta(days=1))
    assert [found.field for found in registration.missing(session, old)] == ["certificate_until"]
    young = nonprofit(session, certificate_from=TODAY + timedelta(days=2))
    assert [found.field for found in registration.missing(session, young)] == ["certificate_from"]


def test_a_complete_registration_misses_nothing(session: Session) -> None:
    founder = person(session)
    made = registration.register(session, founder.id, GOOD)
    document(session, made, founder)
    assert registration.missing(session, made) == []


@pytest.mark.parametrize("status", ["submitted", "verified", "suspended", "rejected"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "A Famous Charity"),
        ("legal_name", "Another"),
        ("registration_number", "999"),
        ("country", "BE"),
        ("certificate_until", TODAY + timedelta(days=3000)),
    ],
)
def test_checked_papers_cannot_be_changed(
    session: Session, status: str, field: str, value: str | date
) -> None:
    founder = person(session)
    made = registration.register(session, founder.id, GOOD)
    made.status = status
    session.flush()
    with pytest.raises(Invalid, match="checked on paper") as refused:
        registration.edit(session, made, founder.id, replace(GOOD, **{field: value}))
    assert refused.value.field == field
    assert getattr(made, field) == getattr(registration.checked(GOOD), field)


def test_papers_handed_in_meanwhile_are_closed(session: Session) -> None:
    founder = person(session)
    made = registration.register(session, founder.id, GOOD)
    # As another connection would: the object in hand does not hear of it.
    session.execute(update(Nonprofit).values(status="submitted").execution_options(synchronize_session=False))
    with pytest.raises(Invalid, match="checked on paper"):
        registration.edit(session, made, founder.id, replace(GOOD, legal_name="Another"))


def test_a_verified_organisation_may_present_itself_anew(session: Session) -> None:
    founder = person(session)
    made = registration.register(session, founder.id, GOOD)
    made.status = "verified"
    session.flush()
    registration.edit(session, made, founder.id, replace(GOOD, about="", website=""))
    assert (made.about, made.website, made.status) == ("", "", "verified")


@pytest.mark.parametrize("status", ["draft", "changes_requested"])
def test_open_papers_can_be_corrected(session: Session, status: str) -> None:
    made = nonprofit(session, status=status)
    registration.edit(session, made, person(session).id, replace(GOOD, country="DE"))
    assert (made.legal_name, made.country) == (GOOD.legal_name, "DE")
