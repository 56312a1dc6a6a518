"""What the giver of a gift is known by: hashes of mailbox, card and visitor, and the people these lead to."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased, load_only

from app.accounts.models import Person
from app.core import bulk
from app.credit import integrity
from app.credit.models import Credit, GiverMark, VisitorPerson
from app.donations import givers
from app.donations.donors import given_by
from app.donations.models import Donation, PaymentEvent
from app.gateways.payments.contract import EventKind
from app.gateways.payments.sandbox import scripts

# Everybody who tries the simulated provider pays with these, so they say nothing about who it is.
PUBLIC_CARDS = frozenset(scripts.fingerprint(card) for card in scripts.CARDS)

LOOKED_AT = (
    Donation.email,
    Donation.visitor,
    Donation.provider,
    Donation.reference,
    Donation.capture_reference,
)


def signed_in(session: Session, donation_id: int, person_id: int) -> None:
    """Note that a gift was begun by somebody who was signed in."""
    _write(session, [(donation_id, f"{integrity.ACCOUNT}:{person_id}")])


def learn(session: Session, donation_ids: Collection[int]) -> None:
    """Note what is known now of who gave these gifts; done again, it adds what has become known since."""
    gifts = session.scalars(
        select(Donation).where(Donation.id == bulk.of_ids(donation_ids)).options(load_only(*LOOKED_AT))
    ).all()
    mails = {gift.id: mailbox(gift.email) for gift in gifts if gift.email}
    marks = [(gift_id, hashed(integrity.MAIL, mail)) for gift_id, mail in mails.items()]
    marks += [(gift.id, hashed(integrity.VISITOR, gift.visitor)) for gift in gifts if gift.visitor]
    marks += [(gift_id, hashed(integrity.CARD, card)) for gift_id, card in _cards(session, gifts)]
    marks += _inboxes(session, gifts, mails)
    marks += _browsers(session, gifts)
    _write(session, marks)
    _write(session, _shared(session, donation_ids))


def forget(session: Session, email: str) -> None:
    """Drop what the gifts of a donor who is about to be forgotten are known by."""
    session.execute(
        delete(GiverMark).where(GiverMark.donation_id.in_(select(Donation.id).where(given_by(email))))
    )


def mailbox(email: str) -> str:
    """One name for all spellings of an address."""
    name, _, domain = email.strip().lower().rpartition("@")
    return givers.mailbox(name, domain)


def hashed(kind: str, value: str) -> str:
    """A mark that does not tell what it was made from."""
    return f"{kind}:{hashlib.sha256(f'{kind} {value}'.encode()).hexdigest()[:24]}"


def _write(session: Session, marks: Iterable[tuple[int, str]]) -> None:
    rows = [{"donation_id": donation_id, "mark": mark} for donation_id, mark in sorted(set(marks))]
    if rows:
        session.execute(insert(GiverMark).on_conflict_do_nothing(), rows)


def _cards(session: Session, gifts: Iterable[Donation]) -> list[tuple[int, str]]:
    names = {(one.provider, name): one.id for one in gifts for name in (one.reference, one.capture_reference)}
    rows = session.execute(
        select(PaymentEvent.provider, PaymentEvent.reference, PaymentEvent.card).where(
            PaymentEvent.reference == bulk.of_names([name for _, name in names if name]),
            PaymentEvent.card.not_in(PUBLIC_CARDS | {""}),
            PaymentEvent.kind != EventKind.FAILED.value,
        )
    )
    return [(names[provider, name], card) for provider, name, card in rows if (provider, name) in names]


def _inboxes(session: Session, gifts: Iterable[Donation], mails: dict[int, str]) -> list[tuple[int, str]]:
    """Whose account has the mailbox: as it is written, or among the credited creators in any spelling."""
    written = {gift.email.lower() for gift in gifts if gift.email} | set(mails.values())
    credited = select(Credit.creator_id).where(Credit.donation_id == bulk.of_ids(mails))
    people = session.execute(
        select(Person.id, Person.email).where(func.lower(Person.email).in_(written) | Person.id.in_(credited))
    )
    owners: defaultdict[str, set[int]] = defaultdict(set)
    for person_id, email in people:
        owners[mailbox(email)].add(person_id)
    return [(gift, f"{integrity.INBOX}:{one}") for gift, mail in mails.items() for one in owners[mail]]


def _browsers(session: Session, gifts: Iterable[Donation]) -> list[tuple[int, str]]:
    visitors = {gift.id: gift.visitor for gift in gifts if gift.visitor}
    rows = session.execute(
        select(VisitorPerson.visitor, VisitorPerson.person_id).where(
            VisitorPerson.visitor == bulk.of_names(visitors.values())
        )
    ).all()
    return [
        (gift_id, f"{integrity.BROWSER}:{person_id}")
        for gift_id, known in visitors.items()
        for visitor, person_id in rows
        if visitor == known
    ]


def _shared(session: Session, donation_ids: Collection[int]) -> list[tuple[int, str]]:
    """People who have signed in with the same browser as the person who gave."""
    kinds = (f"{integrity.ACCOUNT}:%", f"{integrity.INBOX}:%")
    rows = session.execute(
        select(GiverMark.donation_id, GiverMark.mark).where(
            GiverMark.donation_id == bulk.of_ids(donation_ids),
            GiverMark.mark.like(kinds[0]) | GiverMark.mark.like(kinds[1]),
        )
    ).all()
    mine, theirs = aliased(VisitorPerson), aliased(VisitorPerson)
    people = {int(mark.partition(":")[2]) for _, mark in rows}
    beside: defaultdict[int, set[int]] = defaultdict(set)
    for person_id, other_id in session.execute(
        select(mine.person_id, theirs.person_id)
        .join(theirs, theirs.visitor == mine.visitor)
        .where(mine.person_id.in_(people), theirs.person_id != mine.person_id)
    ):
        beside[person_id].add(other_id)
    return [
        (donation_id, f"{integrity.SHARES}:{other}")
        for donation_id, mark in rows
        for other in beside[int(mark.partition(":")[2])]
    ]
