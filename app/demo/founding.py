"""The demo's people, organisations and projects, made by the same functions that the pages call.

Every step looks first whether it was done before, so that a load that was cut off goes on where it stopped.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts import people
from app.accounts.models import Person
from app.core import clock
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.demo import scenes
from app.demo.calendar import BEGINNING, ago
from app.demo.certificate import certificate
from app.demo.content.nonprofits import ORGANISATIONS, Organisation
from app.demo.content.people import ADMIN, EVERYBODY, OWNERS, PASSWORD
from app.demo.content.projects import Undertaking
from app.gateways.object_store import ObjectStore
from app.gateways.payments.contract import AccountStatus
from app.nonprofits import documents, payees, registration, verification
from app.nonprofits.models import Nonprofit
from app.nonprofits.verification import Decision
from app.projects import covers, drafting, lifecycle, tags, updates
from app.projects.models import Project

OWNER_OF = {owner.key: owner for owner in OWNERS}
NUMBER_OF = {one.owner: one.registration_number for one in ORGANISATIONS}
CERTIFIED_DAYS = 300  # on either side of today
CHECKED_AFTER = 1.1  # days
RAISING_DAYS = 120  # from the day of loading


def gather() -> None:
    """Make everybody's account, and the administrator one."""
    for somebody in EVERYBODY:
        with clock.set_to(ago(BEGINNING)), unit_of_work() as session:
            if people.by_email(session, somebody.email) is None:
                people.join(
                    session,
                    email=somebody.email,
                    name=somebody.name,
                    password=PASSWORD,
                    locale=somebody.locale,
                )
                if somebody is ADMIN:
                    people.make_admin(session, somebody.email)


def person(session: Session, email: str) -> Person:
    """Somebody of the demo."""
    return session.scalars(select(Person).where(Person.email == email)).one()


def found(organisation: Organisation, settings: Settings, store: ObjectStore) -> None:
    """Register an organisation with its document; have it verified and paid, if it is to be."""
    owner_email = OWNER_OF[organisation.owner].email
    with clock.set_to(ago(organisation.since)), unit_of_work() as session:
        owner = person(session, owner_email)
        nonprofit = _registered(session, organisation) or registration.register(
            session, owner.id, _details(organisation)
        )
    if nonprofit.status == "draft":
        paper = certificate(nonprofit.id)
        file = documents.store(store.private, nonprofit.code, "registration", "certificate.png", paper)
        with clock.set_to(ago(organisation.since)), unit_of_work() as session:
            nonprofit = session.get_one(Nonprofit, nonprofit.id)
            documents.add(session, nonprofit, owner.id, file)
            verification.submit(session, nonprofit, owner.id)
    if nonprofit.status == "submitted" and organisation.approval:
        with clock.set_to(ago(organisation.since - CHECKED_AFTER)), unit_of_work() as session:
            nonprofit = session.get_one(Nonprofit, nonprofit.id)
            admin = person(session, ADMIN.email)
            verification.decide(session, nonprofit, Decision.APPROVE, organisation.approval, admin.id)
            account = AccountStatus(f"sandbox-{nonprofit.code}", ready=True)
            payees.connect(session, nonprofit, owner.id, settings.payment_provider, account)


def open_project(undertaking: Undertaking) -> None:
    """Write a project, publish it and tell its news."""
    with clock.set_to(ago(undertaking.since)), unit_of_work() as session:
        if _project(session, undertaking.tag) is not None:
            return
        nonprofit = session.scalars(
            select(Nonprofit).where(Nonprofit.registration_number == NUMBER_OF[undertaking.owner])
        ).one()
        owner = person(session, OWNER_OF[undertaking.owner].email)
        today = clock.now().date()
        draft = drafting.Draft(
            title=undertaking.title,
            summary=undertaking.summary,
            story=undertaking.story,
            goal=undertaking.goal,
            tag=undertaking.tag,
            ends_on=today + timedelta(days=undertaking.since + RAISING_DAYS),
            filing_number=undertaking.filing_number,
            credit_rule=undertaking.credit_rule,
        )
        project = drafting.create(session, nonprofit, owner.id, draft)
        lifecycle.publish(session, project, owner.id)
        for news in undertaking.news:
            with clock.set_to(ago(news.since)):
                updates.post(session, project, owner.id, news.title, news.body)


def dress(undertaking: Undertaking, store: ObjectStore) -> None:
    """Paint a project's cover and put it up."""
    with unit_of_work() as session:
        project = _project(session, undertaking.tag)
    if project is None or project.cover_key:
        return
    key = covers.store(store.media, project.code, scenes.cover(undertaking.scene))
    with unit_of_work() as session:
        owner = person(session, OWNER_OF[undertaking.owner].email)
        covers.attach(session, session.get_one(Project, project.id), owner.id, key)


def _registered(session: Session, organisation: Organisation) -> Nonprofit | None:
    return session.scalar(
        select(Nonprofit).where(Nonprofit.registration_number == organisation.registration_number)
    )


def _details(organisation: Organisation) -> registration.Details:
    today = clock.now().date()
    return registration.Details(
        name=organisation.name,
        legal_name=organisation.legal_name,
        registration_number=organisation.registration_number,
        country=organisation.country,
        website=organisation.website,
        about=organisation.about,
        time_zone=organisation.time_zone,
        certificate_from=today - timedelta(days=CERTIFIED_DAYS),
        certificate_until=today + timedelta(days=CERTIFIED_DAYS),
        fundraising_certificate=organisation.fundraising_certificate,
    )


def _project(session: Session, tag: str) -> Project | None:
    return session.scalar(
        select(Project).where(Project.tag_key == tags.key(tag)).options(joinedload(Project.nonprofit))
    )
