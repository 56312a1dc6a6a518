"""Donors without an account: known by the email they gave with, let in by a mailed link.

The link holds the number of one of the donor's gifts, signed, and no address. Once the donor is forgotten,
the number leads to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.accounts import people
from app.core import audit, clock, tasks
from app.core.errors import KindrelayError, NotFound
from app.core.i18n import N_
from app.donations.models import Donation, MonthlyGift
from app.gateways.mail import kept
from app.projects.models import Project, ProjectUpdate
from app.videos.models import Video

LINK_HOURS = 24
ASKED_AGAIN_AFTER = timedelta(minutes=2)
SHOWN_UPDATES = 20
PAYABLE_FOR = timedelta(days=7)  # no provider has a pay page open for longer
RUNNING = ("active", "paused", "failing")


def given_by(email: str) -> ColumnElement[bool]:
    """Whether a donation was given with this email, in any letter case."""
    return (func.lower(Donation.email) == email.lower()) & (Donation.email != "")


def ask(session: Session, email: str) -> None:
    """Mail a link to the gifts that were given with this email, if there are any; the caller cannot tell.

    Asked again at once, it is one mail. Raises Invalid("email") for what is no address.
    """
    address = people.checked_email(email)
    newest = session.scalar(select(func.max(Donation.id)).where(given_by(address)))
    if newest is not None:
        turn = int(clock.now().timestamp() / ASKED_AGAIN_AFTER.total_seconds())
        tasks.defer(
            session,
            "mail.send",
            dedupe_key=f"donor-link:{newest}:{turn}",
            mail="donor_link",
            donation_id=newest,
        )


def link_token(donation: Donation, secret_key: str) -> str:
    """What lets its holder see all gifts of this donation's donor, for `LINK_HOURS`."""
    return _signer(secret_key).dumps(donation.number)


def email_of(session: Session, token: str, secret_key: str) -> str:
    """The email of the donor whom a link was mailed to. Raises NotFound: forged, too old, or forgotten."""
    try:
        number = _signer(secret_key).loads(token, max_age=LINK_HOURS * 3600)
    except BadSignature:
        number = None
    email = session.scalar(select(Donation.email).where(Donation.number == number)) if number else None
    if not email:
        raise NotFound(N_("This link is too old, or a part of it is missing. Ask for a new one."))
    return email


def gifts_of(session: Session, email: str) -> Sequence[Donation]:
    """Everything that was given with an email, newest first, also what was never paid."""
    return session.scalars(
        select(Donation)
        .where(given_by(email))
        .options(
            joinedload(Donation.nonprofit),
            joinedload(Donation.project),
            joinedload(Donation.video).joinedload(Video.creator),
        )
        .order_by(Donation.id.desc())
    ).all()


@dataclass(frozen=True)
class News:
    """What a project that the donor gave to has told since."""

    update: ProjectUpdate
    project: Project


def news_for(session: Session, email: str) -> list[News]:
    """What the donor's projects have told since the first gift to each arrived, newest first."""
    since = (
        select(Donation.project_id, func.min(Donation.paid_at).label("paid_at"))
        .where(given_by(email), Donation.paid_at.is_not(None))
        .group_by(Donation.project_id)
        .subquery()
    )
    rows = session.execute(
        select(ProjectUpdate, Project)
        .join(Project, Project.id == ProjectUpdate.project_id)
        .join(since, since.c.project_id == Project.id)
        .where(ProjectUpdate.at >= since.c.paid_at)
        .order_by(ProjectUpdate.id.desc())
        .limit(SHOWN_UPDATES)
    )
    return [News(update, project) for update, project in rows]


def unpaid_monthly(session: Session, email: str) -> list[Donation]:
    """Monthly gifts whose first payment was opened and is not known to be made, with their accounts.

    Also those that nobody has paid for a day, as long as the provider may still take, or tell of, a payment.
    """
    query = (
        select(Donation)
        .where(
            given_by(email),
            Donation.monthly_gift_id.is_not(None),
            Donation.reference.is_not(None),
            Donation.state.in_(("pending", "failed"))
            | (
                (Donation.state == "expired")
                & Donation.pay_url.is_not(None)
                & (Donation.created_at > clock.now() - PAYABLE_FOR)
            ),
        )
        .options(joinedload(Donation.payment_account))
    )
    return list(session.scalars(query))


def forget(session: Session, email: str) -> int:
    """Empty the donor's own words, name and email on all gifts, and drop the mails kept of them.

    Amounts, dates, ledger, credit and issued receipts stay. Returns how many gifts were emptied. Raises
    KindrelayError while a gift is still given each month: nobody could end it any more.
    """
    at = clock.now()
    gifts = session.scalars(
        select(Donation).where(given_by(email)).order_by(Donation.provider, Donation.id).with_for_update()
    ).all()
    running = select(MonthlyGift.id).where(
        MonthlyGift.id.in_([one.monthly_gift_id for one in gifts if one.monthly_gift_id]),
        MonthlyGift.state.in_(RUNNING),
    )
    if session.scalar(select(running.exists())):
        raise KindrelayError(N_("You still give each month. End your monthly gifts first."))
    session.execute(
        update(Donation)
        .where(Donation.id.in_([one.id for one in gifts]))
        .values(
            donor_name="",
            email="",
            public_message="",
            private_note="",
            visitor="",
            forgotten_at=at,
            # The key of a form is made from what was filled in; that of a renewal from the provider's name.
            idempotency=case(
                (Donation.idempotency.startswith("renewal:"), Donation.idempotency),
                else_=func.concat("forgotten:", Donation.code),
            ),
        )
    )
    kept.forget(session, email)
    audit.record(session, "donor.forgotten", None, "donor", gifts=len(gifts))
    return len(gifts)


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="donor")
