"""Checking an organisation: who may move it from one status to the next, and with which words."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Person
from app.core import audit, clock, tasks
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.nonprofits import registration
from app.nonprofits.models import Membership, Nonprofit, Review

MAX_REASON_LENGTH = 2000


class Decision(StrEnum):
    """What moves an organisation. Its owner submits and reopens; the rest is an administrator's."""

    SUBMIT = "submit"
    REOPEN = "reopen"
    APPROVE = "approve"
    ASK_FOR_CHANGES = "ask_for_changes"
    REJECT = "reject"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"


# The only legal moves: (status now, decision) → status then.
MOVES = {
    ("draft", Decision.SUBMIT): "submitted",
    ("changes_requested", Decision.SUBMIT): "submitted",
    # To renew a certificate: papers that were checked change only after the seal is off.
    ("verified", Decision.REOPEN): "changes_requested",
    ("submitted", Decision.APPROVE): "verified",
    ("submitted", Decision.ASK_FOR_CHANGES): "changes_requested",
    ("submitted", Decision.REJECT): "rejected",
    ("verified", Decision.SUSPEND): "suspended",
    ("verified", Decision.ASK_FOR_CHANGES): "changes_requested",
    ("suspended", Decision.REINSTATE): "verified",
    ("suspended", Decision.ASK_FOR_CHANGES): "changes_requested",
    ("rejected", Decision.ASK_FOR_CHANGES): "changes_requested",
}
OWNERS_OWN = (Decision.SUBMIT, Decision.REOPEN)


def open_decisions(nonprofit: Nonprofit) -> list[Decision]:
    """What an administrator may decide on this organisation now."""
    return [
        decision for (status, decision) in MOVES if status == nonprofit.status and decision not in OWNERS_OWN
    ]


def submit(session: Session, nonprofit: Nonprofit, person_id: int) -> None:
    """Hand the registration in to be checked; every administrator is told by mail.

    Raises Invalid for the first thing that is missing, KindrelayError when it is not the time.
    """
    _lock(session, nonprofit)
    found = registration.missing(session, nonprofit)
    if found:
        raise found[0]
    _move(session, nonprofit, Decision.SUBMIT, "", person_id)
    nonprofit.submitted_at = clock.now()
    for admin_id in session.scalars(select(Person.id).where(Person.is_admin)):
        tasks.defer(
            session, "mail.send", mail="nonprofit_waiting", nonprofit_id=nonprofit.id, person_id=admin_id
        )


def reopen(session: Session, nonprofit: Nonprofit, person_id: int) -> None:
    """Open the papers of a verified organisation again; it receives nothing until they are checked anew."""
    _lock(session, nonprofit)
    _move(session, nonprofit, Decision.REOPEN, "", person_id)


def decide(session: Session, nonprofit: Nonprofit, decision: Decision, reason: str, admin_id: int) -> None:
    """Decide on an organisation; its owners get the reason by mail.

    Raises Invalid("reason") without one, KindrelayError when this cannot be decided now.
    """
    written = reason.strip()
    if not written:
        raise Invalid("reason", N_("Write the reason; the organisation will read it."))
    if len(written) > MAX_REASON_LENGTH:
        raise Invalid("reason", N_("Use at most %(length)s characters."), length=MAX_REASON_LENGTH)
    if decision in OWNERS_OWN:
        raise Invalid("decision", N_("Choose one from the list."))
    _lock(session, nonprofit)
    if decision is Decision.APPROVE:
        found = registration.missing(session, nonprofit)
        if found:
            raise KindrelayError(found[0].message, **found[0].params)
    review = _move(session, nonprofit, decision, written, admin_id)
    if nonprofit.status == "verified":
        nonprofit.verified_at = review.at
    for owner_id in session.scalars(
        select(Membership.person_id).where(
            Membership.nonprofit_id == nonprofit.id, Membership.role == "owner"
        )
    ):
        tasks.defer(session, "mail.send", mail="nonprofit_decision", review_id=review.id, person_id=owner_id)


def history(session: Session, nonprofit: Nonprofit) -> Sequence[Review]:
    """Every move of this organisation with its reason and its person, newest first."""
    return session.scalars(
        select(Review)
        .where(Review.nonprofit_id == nonprofit.id)
        .options(joinedload(Review.person))
        .order_by(Review.id.desc())
    ).all()


def waiting(session: Session) -> Sequence[Nonprofit]:
    """The organisations that wait for a decision, longest first."""
    return session.scalars(
        select(Nonprofit)
        .where(Nonprofit.status == "submitted")
        .order_by(Nonprofit.submitted_at, Nonprofit.id)
    ).all()


def with_status(session: Session, status: str | None, limit: int = 200) -> Sequence[Nonprofit]:
    """The organisations of one status, or of all, newest first."""
    found = select(Nonprofit).order_by(Nonprofit.id.desc()).limit(limit)
    return session.scalars(found.where(Nonprofit.status == status) if status else found).all()


def _lock(session: Session, nonprofit: Nonprofit) -> None:
    session.refresh(nonprofit, with_for_update=True)


def _move(session: Session, nonprofit: Nonprofit, decision: Decision, reason: str, person_id: int) -> Review:
    before = nonprofit.status
    after = MOVES.get((before, decision))
    if after is None:
        raise KindrelayError(N_("Somebody else has decided in the meantime. Look at the page again."))
    nonprofit.status = after
    nonprofit.status_reason = reason
    review = Review(
        nonprofit_id=nonprofit.id, from_status=before, to_status=after, reason=reason, person_id=person_id
    )
    session.add(review)
    session.flush()
    if before == "verified":
        tasks.defer(session, "donations.close_open", nonprofit_id=nonprofit.id)
        tasks.defer(session, "monthly.hold")
    audit.record(
        session,
        f"nonprofit.{decision}",
        person_id,
        registration.subject(nonprofit),
        reason=reason,
        status=after,
    )
    return review
