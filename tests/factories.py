"""Rows that tests begin with: each function writes one good thing."""

from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import Person
from app.core import clock
from app.core.ids import new_code
from app.core.money import Money
from app.donations.models import Donation, PaymentEvent
from app.gateways.payments.contract import EventKind, PaymentRequest
from app.gateways.payments.sandbox import payments, provider
from app.nonprofits import payees
from app.nonprofits.models import Document, Membership, Nonprofit, PaymentAccount
from app.projects import drafting
from app.projects.drafting import Draft
from app.projects.models import Project
from app.videos import links
from app.videos.models import Caption, DonationLink, Video

PASSWORD = "a few plain words"

_numbers = count(1)


def person(session: Session, name: str = "Mei Lin", **values: Any) -> Person:
    """Somebody with an account, whose password is PASSWORD."""
    number = next(_numbers)
    made = Person(
        **{"name": name, "email": f"person{number}@example.org", "password_hash": _password_hash(), **values}
    )
    return _saved(session, made)


def admin(session: Session) -> Person:
    """An administrator of the platform."""
    return person(session, "Ada Admin", is_admin=True)


def nonprofit(
    session: Session, owner: Person | None = None, *, receives: bool = True, **values: Any
) -> Nonprofit:
    """A verified organisation with an owner, a document and, if it `receives`, a payment account."""
    owner = owner or person(session, "Omar Owner")
    now = clock.now()
    made = Nonprofit(
        **{
            "name": "Paper Lanterns",
            "legal_name": "Paper Lanterns Foundation",
            "registration_number": f"PL-{next(_numbers)}",
            "country": "NL",
            "status": "verified",
            "certificate_from": (now - timedelta(days=100)).date(),
            "certificate_until": (now + timedelta(days=400)).date(),
            "submitted_at": now,
            "verified_at": now,
            **values,
        }
    )
    _saved(session, made)
    member(session, made, owner, "owner")
    document(session, made, owner)
    if receives:
        payment_account(session, made, owner)
    return made


def member(session: Session, at: Nonprofit, who: Person, role: str) -> Membership:
    """A person's role in an organisation."""
    return _saved(session, Membership(nonprofit_id=at.id, person_id=who.id, role=role))


def document(session: Session, at: Nonprofit, by: Person) -> Document:
    """A document's row; no file stands behind it."""
    return _saved(
        session,
        Document(
            nonprofit_id=at.id,
            kind="registration",
            filename="register.pdf",
            content_type="application/pdf",
            size=1234,
            object_key=f"documents/{at.code}/{new_code(22)}.pdf",
            uploaded_by_id=by.id,
        ),
    )


def payment_account(session: Session, at: Nonprofit, by: Person) -> PaymentAccount:
    """A connected account at the simulated provider."""
    return _saved(
        session,
        PaymentAccount(
            nonprofit_id=at.id,
            provider="sandbox",
            reference=f"sandbox-{at.code}-{new_code(6)}",
            connected_by_id=by.id,
        ),
    )


def draft(**values: Any) -> Draft:
    """What somebody types for a project; the tag is a new one each time."""
    return Draft(
        **{
            "title": "Draw it into reality",
            "summary": "Children draw what their school needs, and we build it.",
            "story": "We build **one drawing a month**.",
            "goal": Money(500_000, "EUR"),
            "tag": f"draw-it-{next(_numbers)}",
            **values,
        }
    )


def project(session: Session, at: Nonprofit | None = None, *, status: str = "live", **values: Any) -> Project:
    """A live project; `values` are those of a Draft."""
    at = at or nonprofit(session)
    made = drafting.create(session, at, _any_person(session).id, draft(**values))
    made.status = status
    made.published_at = None if status == "draft" else clock.now()
    made.closed_at = clock.now() if status == "closed" else None
    session.flush()
    return made


def video(
    session: Session, creator: Person | None = None, carries: Project | None = None, **values: Any
) -> Video:
    """A ready, published video; with `carries` it has that project's live donation link."""
    creator = creator or person(session, "Cleo Creator")
    made = Video(
        **{
            "creator_id": creator.id,
            "title": "A swing from a drawing",
            "state": "ready",
            "publishing": "published",
            "percent": 100,
            "source_key": f"sources/{new_code(22)}.mp4",
            "source_size": 1_000_000,
            "duration_ms": 9_000,
            "width": 1080,
            "height": 1920,
            "has_audio": True,
            "no_speech": True,
            "preview_prefix": f"v/{new_code(22)}",
            "ladder_prefix": f"v/{new_code(22)}",
            "published_at": clock.now(),
            **values,
        }
    )
    _saved(session, made)
    if carries is not None:
        link(session, made, carries)
    return made


def caption(session: Session, of: Video, language: str = "en", **values: Any) -> Caption:
    """Captions of one sentence."""
    content = "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nWe drew a swing.\n"
    made = Caption(
        **{
            "video_id": of.id,
            "language": language,
            "content": content,
            "cues": 1,
            "filename": f"{language}.srt",
            **values,
        }
    )
    return _saved(session, made)


def link(session: Session, carrier: Video, carries: Project) -> DonationLink:
    """The live donation link of a video."""
    return _saved(session, DonationLink(video_id=carrier.id, project_id=carries.id))


def donation(
    session: Session, through: Video | None = None, to: Project | None = None, **values: Any
) -> Donation:
    """A pending donation of 10.00 whose payment is open at the provider."""
    live = links.live_link(session, through) if through else None
    to = to or (live.project if live else project(session))
    at = session.get_one(Nonprofit, to.nonprofit_id)
    account = payees.account_of(session, at)
    assert account is not None
    made = Donation(
        **{
            "nonprofit_id": at.id,
            "project_id": to.id,
            "payment_account_id": account.id,
            "video_id": through.id if through else None,
            "link_id": live.id if live else None,
            "amount_minor": 1000,
            "currency": to.currency,
            "donor_name": "Dora Donor",
            "email": "dora@example.org",
            "provider": account.provider,
            "reference": new_code(22),
            "pay_url": "http://127.0.0.1:8000/sandbox/pay/x",
            "idempotency": new_code(22),
            **values,
        }
    )
    return _saved(session, made)


def paid_there(session: Session, to: Project, card: str, minor: int = 1000) -> Donation:
    """A gift that was paid with a card at the simulated provider, which has told nobody yet."""
    account = payees.account_of(session, session.get_one(Nonprofit, to.nonprofit_id))
    assert account is not None
    back = "http://127.0.0.1:8000/d/x"
    asked = PaymentRequest(account.reference, Money(minor, to.currency), "A gift", back, new_code(22))
    payment = payments.open_payment(session, asked)
    made = donation(session, to=to, amount_minor=minor, reference=payment.code)
    provider.pay(session, payment.code, card)
    return made


def event(
    session: Session,
    about: Donation,
    kind: EventKind = EventKind.SUCCEEDED,
    amount_minor: int | None = None,
    **values: Any,
) -> PaymentEvent:
    """A verified event about a donation's payment, kept and not applied yet."""
    account = session.get_one(PaymentAccount, about.payment_account_id)
    number = next(_numbers)
    made = PaymentEvent(
        **{
            "provider": about.provider,
            "event_id": f"event{number}-{new_code(6)}",
            "kind": kind.value,
            "account": account.reference,
            "reference": about.reference,
            "amount_minor": about.amount_minor if amount_minor is None else amount_minor,
            "fee_minor": 0,
            "currency": about.currency,
            "payload": {},
            "occurred_at": clock.now(),
            **values,
        }
    )
    return _saved(session, made)


def _any_person(session: Session) -> Person:
    return session.query(Person).order_by(Person.id).first() or person(session)


@cache
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)


def _saved(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
