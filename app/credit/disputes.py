"""What creators say of a split, and what the nonprofit answers: a reason, or credit that is moved.

A creator may speak of a gift that a video of theirs is, or was, credited with, and of one that no video is
credited with, if a video of theirs carried the project's tag on the day it was given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.accounts.permissions import ROLE_ACTIONS, Action
from app.core import audit, clock, tasks, text
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.credit import credits, flags, moving
from app.credit.models import Credit, CreditDecision, CreditDispute
from app.credit.moving import Moved
from app.donations.models import Donation
from app.nonprofits.models import Membership
from app.videos import links
from app.videos.models import DonationLink, Video

MAX_WORDS = 2000
MOST_PARTS = 1000  # of which a decision's weights are made
OPEN_SHOWN = 200


@dataclass(frozen=True)
class Asked:
    """A dispute with what it is about."""

    dispute: CreditDispute
    donation: Donation
    video: Video
    creator: Person


def speakers_videos(session: Session, donation: Donation, creator_id: int) -> Sequence[Video]:
    """The videos that a creator may name in a dispute of this donation: their own that carry, or carried
    when it was given, the tag of its project, or that it was credited to."""
    return session.scalars(
        select(Video)
        .where(Video.creator_id == creator_id, or_(_was_credited(donation), _carried_when_given(donation)))
        .order_by(Video.id)
    ).all()


def may_speak(session: Session, donation: Donation, creator_id: int) -> bool:
    """Whether a creator may say something of this donation's split."""
    if not donation.captured_minor:
        return False
    own = select(Credit.id).where(Credit.donation_id == donation.id)
    if session.scalar(select(own.where(Credit.creator_id == creator_id).exists())):
        return True
    credited = session.scalar(select(own.where(Credit.video_id.is_not(None), credits.stands()).exists()))
    return not credited and bool(speakers_videos(session, donation, creator_id))


def ask(session: Session, donation: Donation, creator_id: int, video_code: str, words: str) -> CreditDispute:
    """Say that a split is wrong. Raises Invalid for a field, KindrelayError when one is open already."""
    said = _said("words", words)
    video = next(
        (one for one in speakers_videos(session, donation, creator_id) if one.code == video_code), None
    )
    if video is None or not may_speak(session, donation, creator_id):
        raise Invalid("video", N_("Choose one of your videos that carried the project's tag."))
    dispute = CreditDispute(donation_id=donation.id, video_id=video.id, creator_id=creator_id, words=said)
    try:
        with session.begin_nested():
            session.add(dispute)
    except IntegrityError as error:
        raise KindrelayError(N_("You have said so already. The organisation will answer.")) from error
    audit.record(session, "credit.disputed", creator_id, f"donation:{donation.number}", dispute=dispute.code)
    for person_id in _deciders(session, donation.nonprofit_id):
        tasks.defer(session, "mail.send", mail="credit_question", dispute_id=dispute.id, person_id=person_id)
    return dispute


def take_back(session: Session, dispute: CreditDispute) -> None:
    """The creator does not ask any more. Raises KindrelayError when it was decided meanwhile."""
    _close(session, dispute, "taken_back", "")
    audit.record(session, "credit.dispute_taken_back", dispute.creator_id, _subject(session, dispute))


def reject(session: Session, dispute: CreditDispute, reason: str, person_id: int) -> None:
    """Leave the split as it is, and say why. Raises Invalid without a reason, KindrelayError when closed."""
    _close(session, dispute, "rejected", _said("reason", reason))
    audit.record(session, "credit.dispute_rejected", person_id, _subject(session, dispute), reason=reason)
    _tell(session, dispute)


def move(
    session: Session, dispute: CreditDispute, parts: Mapping[str, int], reason: str, person_id: int
) -> Moved:
    """Move the credit of the dispute's donation: to each video (by its code; "" is no video) its parts.

    Raises Invalid for the field that cannot be taken, KindrelayError when the dispute is closed.
    """
    donation = session.scalars(
        select(Donation).where(Donation.id == dispute.donation_id).with_for_update()
    ).one()
    weights = weights_of(session, donation, parts)
    said = _said("reason", reason)
    _close(session, dispute, "moved", said)
    decision = CreditDecision(
        donation_id=donation.id, dispute_id=dispute.id, decided_by_id=person_id, reason=said
    )
    session.add(decision)
    session.flush()
    moved = moving.move(session, decision, weights)
    flags.look_again(session, [donation.id])  # it may have gone to whoever gave it
    told = {code or "-": number for code, number in parts.items() if number}
    audit.record(session, "credit.moved", person_id, _subject(session, dispute), reason=said, parts=told)
    _tell(session, dispute)
    return moved


def weights_of(session: Session, donation: Donation, parts: Mapping[str, int]) -> dict[int | None, Fraction]:
    """What each video weighs, None for no video, when it has so many parts (by its code; "" is no video).

    Raises Invalid for numbers that make no split, and for videos that cannot be credited.
    """
    if any(not 0 <= number <= MOST_PARTS for number in parts.values()) or not any(parts.values()):
        raise Invalid(
            "parts", N_("Write how many parts each video has, from 0 to %(most)s."), most=MOST_PARTS
        )
    known = {video.code: video.id for video, _ in candidates(session, donation)}
    whole = sum(parts.values())
    weights: dict[int | None, Fraction] = {}
    for code, number in parts.items():
        if code and code not in known:
            raise Invalid(
                "parts",
                N_("Only videos from before the gift that raise money for its project can be credited."),
            )
        if number:
            weights[known[code] if code else None] = Fraction(number, whole)
    return weights


def candidates(session: Session, donation: Donation) -> Sequence[tuple[Video, Person]]:
    """The videos that a donation's credit may be moved to: all that are older and carry, or have carried, a
    link to its project; those that were credited, or are asked for, come first."""
    asked = exists().where(CreditDispute.donation_id == donation.id, CreditDispute.video_id == Video.id)
    rows = session.execute(
        select(Video, Person)
        .join(Person, Person.id == Video.creator_id)
        .where(or_(_was_credited(donation), _carries(donation) & (Video.created_at <= donation.created_at)))
        .order_by(or_(_was_credited(donation), asked).desc(), Video.id.desc())
        .limit(OPEN_SHOWN)
    )
    return [(video, person) for video, person in rows]


def by_code(session: Session, nonprofit_id: int, code: str) -> Asked:
    """A dispute of a gift to this nonprofit. Raises NotFound."""
    found = _found(session, CreditDispute.code == code, Donation.nonprofit_id == nonprofit_id)
    if not found:
        raise NotFound(N_("There is nothing at this address that you work on."))
    return found[0]


def of_creator(session: Session, creator_id: int, donation_id: int) -> Sequence[CreditDispute]:
    """What a creator has said of a donation, newest first."""
    return session.scalars(
        select(CreditDispute)
        .where(CreditDispute.creator_id == creator_id, CreditDispute.donation_id == donation_id)
        .order_by(CreditDispute.id.desc())
    ).all()


def of_nonprofit(session: Session, nonprofit_id: int) -> Sequence[Asked]:
    """The disputes of gifts to a nonprofit, those that wait first, then the newest."""
    return _found(session, Donation.nonprofit_id == nonprofit_id)


def of_donation(session: Session, donation_id: int) -> Sequence[Asked]:
    """What creators have said of a donation, what waits first, then the newest."""
    return _found(session, Donation.id == donation_id)


def count_open(session: Session, nonprofit_id: int) -> int:
    """How many disputes of gifts to a nonprofit wait for an answer."""
    waiting = (
        select(func.count(CreditDispute.id))
        .join(Donation, Donation.id == CreditDispute.donation_id)
        .where(Donation.nonprofit_id == nonprofit_id, CreditDispute.outcome == "open")
    )
    return session.scalars(waiting).one()


def _found(session: Session, *which: ColumnElement[bool]) -> list[Asked]:
    rows = session.execute(
        select(CreditDispute, Donation, Video, Person)
        .join(Donation, Donation.id == CreditDispute.donation_id)
        .join(Video, Video.id == CreditDispute.video_id)
        .join(Person, Person.id == CreditDispute.creator_id)
        .where(*which)
        .order_by((CreditDispute.outcome == "open").desc(), CreditDispute.id.desc())
        .limit(OPEN_SHOWN)
    )
    return [Asked(*row) for row in rows]


def _said(field: str, words: str) -> str:
    said = text.paragraphs(field, words, MAX_WORDS)
    if not said:
        raise Invalid(field, N_("Please say why."))
    return said


def _close(session: Session, dispute: CreditDispute, outcome: str, reason: str) -> None:
    session.refresh(dispute, with_for_update=True)
    if dispute.outcome != "open":
        raise KindrelayError(N_("This has been answered already."))
    dispute.outcome, dispute.reason, dispute.closed_at = outcome, reason, clock.now()
    session.flush()


def _deciders(session: Session, nonprofit_id: int) -> Sequence[int]:
    """The people of an organisation whose role lets them answer."""
    roles = [role for role, actions in ROLE_ACTIONS.items() if Action.CREDIT_DECIDE in actions]
    return session.scalars(
        select(Membership.person_id)
        .where(Membership.nonprofit_id == nonprofit_id, Membership.role.in_(roles))
        .order_by(Membership.id)
    ).all()


def _tell(session: Session, dispute: CreditDispute) -> None:
    tasks.defer(session, "mail.send", mail="credit_dispute", dispute_id=dispute.id)


def _subject(session: Session, dispute: CreditDispute) -> str:
    number = session.scalars(select(Donation.number).where(Donation.id == dispute.donation_id)).one()
    return f"donation:{number}"


def _was_credited(donation: Donation) -> ColumnElement[bool]:
    return exists().where(Credit.donation_id == donation.id, Credit.video_id == Video.id)


def _carries(donation: Donation) -> ColumnElement[bool]:
    return exists().where(DonationLink.video_id == Video.id, DonationLink.project_id == donation.project_id)


def _carried_when_given(donation: Donation) -> ColumnElement[bool]:
    return exists().where(
        DonationLink.video_id == Video.id,
        DonationLink.project_id == donation.project_id,
        links.stood_at(donation.created_at),
    )
