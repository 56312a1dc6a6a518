"""Receipts: issued once a gift is paid, numbered in each organisation from 1 without a gap, void or standing.

A receipt always says what is left of its gift. When a part goes back it becomes void in the same
transaction; the next one who asks gets another, with another number. A void one keeps its number.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.accounts import people
from app.core import audit, clock, ids, runtime
from app.core.errors import Invalid, KindrelayError, NotFound
from app.core.i18n import N_
from app.donations import receipt_content
from app.donations.models import CODE_LENGTH, Donation, Receipt
from app.donations.receipt_content import Content, Issue
from app.donations.settlement import Move
from app.nonprofits.models import Nonprofit
from app.projects.models import Project

PAGE = 50
MAX_REASON_LENGTH = 500
STATES = ("valid", "void")
SAID_OF_A_GIFT = (
    "captured_minor",
    "refunded_minor",
    "lost_minor",
    "paid_at",
    "donor_name",
    "forgotten_at",
    "monthly_gift_id",
)


class NoReceipt(KindrelayError):  # noqa: N818 (it names what there is not)
    """There is no receipt for this gift, and why."""


def ensure(session: Session, donation_id: int) -> Receipt:
    """The standing receipt of a gift, for all that is left of it; issued now if there is none.

    Asked by many at once, they all get the same. Raises NoReceipt when nothing of the gift is left, when it
    was never paid, or when the organisation has withdrawn its receipt.
    """
    standing = session.execute(
        select(Receipt, Donation)
        .join(Donation, Donation.id == Receipt.donation_id)
        .where(Receipt.donation_id == donation_id, Receipt.voided_at.is_(None))
    ).one_or_none()
    if standing is not None and standing[0].amount_minor == standing[1].kept.minor:
        return standing[0]
    donation = _locked(session, donation_id)
    _refuse_without_gift(donation)
    last = _last(session, donation)
    if last is not None and last.voided_at is None:
        if last.amount_minor == donation.kept.minor:
            return last
        _mark_void(session, last, clock.now())
    elif last is not None and last.voided_by_id is not None:
        raise NoReceipt(N_("The organisation has withdrawn this receipt. Please ask them for a new one."))
    return _issue(session, donation, last, "")


def ensure_all(session: Session, donation_ids: Collection[int]) -> dict[int, Receipt]:
    """The standing receipts of gifts by their ids, as from `ensure`; there is none for what has none.

    Gifts that need a new one are locked together and in the order in which settlement locks them, so that
    the two wait for each other and never both at once.
    """
    standing = {
        receipt.donation_id: receipt
        for receipt, donation in session.execute(
            select(Receipt, Donation)
            .join(Donation, Donation.id == Receipt.donation_id)
            .where(Receipt.donation_id.in_(donation_ids), Receipt.voided_at.is_(None))
        )
        if receipt.amount_minor == donation.kept.minor
    }
    missing = [one for one in donation_ids if one not in standing]
    session.execute(
        select(Donation.id)
        .where(Donation.id.in_(missing))
        .order_by(Donation.provider, Donation.id)
        .with_for_update()
    )
    for donation_id in missing:
        try:
            standing[donation_id] = ensure(session, donation_id)
        except NoReceipt:
            continue
    return standing


def void(session: Session, receipt: Receipt, reason: str, person_id: int) -> None:
    """Withdraw a receipt for a reason. The donor gets no other until one is issued with `reissue`.

    Raises Invalid without a reason, KindrelayError when it is void already.
    """
    reason = _checked_reason(reason)
    _locked(session, receipt.donation_id)
    session.refresh(receipt, ["voided_at"])
    if receipt.voided_at is not None:
        raise KindrelayError(N_("This receipt is void already."))
    _mark_void(session, receipt, clock.now(), reason, person_id)
    audit.record(session, "receipt.voided", person_id, f"receipt:{receipt.code}", reason=reason)


def reissue(session: Session, receipt: Receipt, reason: str, person_id: int, donor: str = "") -> Receipt:
    """Put a new receipt in the place of this one, for what is left of the gift; this one becomes void.

    `donor` is the name on the new one; empty keeps the name. Raises Invalid without a reason, KindrelayError
    when another receipt has replaced this one, NoReceipt when nothing of the gift is left.
    """
    reason = _checked_reason(reason)
    donor = people.checked_name(donor) if donor.strip() else ""
    donation = _locked(session, receipt.donation_id)
    _refuse_without_gift(donation)
    session.refresh(receipt, ["voided_at"])
    last = _last(session, donation)
    if last is None or last.id != receipt.id:
        raise KindrelayError(N_("Another receipt has replaced this one."))
    if receipt.voided_at is None:
        _mark_void(session, receipt, clock.now(), reason, person_id)
    made = _issue(session, donation, receipt, donor)
    audit.record(
        session, "receipt.reissued", person_id, f"receipt:{receipt.code}", reason=reason, number=made.number
    )
    return made


def follow(session: Session, moves: Sequence[Move]) -> None:
    """Void the receipts of gifts of which something went back, or came back to stay after all."""
    changed = {move.donation.id for move in moves if move.refunded_minor or move.lost_minor}
    if not changed:
        return
    standing = session.execute(
        select(Receipt, Donation)
        .join(Donation, Donation.id == Receipt.donation_id)
        .where(Receipt.donation_id.in_(changed), Receipt.voided_at.is_(None))
        .order_by(Receipt.donation_id)
    )
    for receipt, donation in standing:
        if receipt.amount_minor != donation.kept.minor:
            _mark_void(session, receipt, clock.now())


def by_code(session: Session, code: str) -> Receipt:
    """The receipt that a check page is about. Raises NotFound."""
    receipt = session.scalar(select(Receipt).where(Receipt.code == code))
    if receipt is None:
        raise NotFound(N_("There is no receipt at this address. Check every letter of it."))
    return receipt


def by_number(session: Session, nonprofit: Nonprofit, number: int) -> Receipt:
    """A receipt of an organisation, with its gift. Raises NotFound."""
    receipt = session.scalar(
        select(Receipt)
        .where(Receipt.nonprofit_id == nonprofit.id, Receipt.number == number)
        .options(joinedload(Receipt.donation).joinedload(Donation.project))
    )
    if receipt is None:
        raise NotFound(N_("There is no receipt with this number."))
    return receipt


def page(session: Session, nonprofit: Nonprofit, state: str = "", page: int = 1) -> tuple[list[Receipt], int]:
    """The newest receipts of an organisation with their gifts, PAGE a page, and how many pages there are.

    `state` is one of STATES, or empty for all of them.
    """
    of_it = select(Receipt).where(Receipt.nonprofit_id == nonprofit.id)
    if state in STATES:
        of_it = of_it.where((Receipt.voided_at.is_(None)) == (state == "valid"))
    count = session.scalar(select(func.count()).select_from(of_it.subquery())) or 0
    shown = of_it.order_by(Receipt.number.desc()).limit(PAGE).offset((page - 1) * PAGE)
    found = session.scalars(shown.options(joinedload(Receipt.donation)))
    return list(found), max(1, -(-count // PAGE))


def replaced_by(session: Session, receipt: Receipt) -> Receipt | None:
    """The receipt that stands, or stood, in the place of this one."""
    return session.scalar(select(Receipt).where(Receipt.replaces_id == receipt.id))


def content_of(receipt: Receipt) -> Content:
    """The facts that a receipt was issued with, its donor's name among them."""
    return receipt_content.of(receipt.content)


def shown(receipt: Receipt, donation: Donation) -> Content:
    """What a receipt says of its gift today: without the name of a donor who was forgotten since."""
    content = content_of(receipt)
    return content if donation.forgotten_at is None else replace(content, donor="")


def _issue(session: Session, donation: Donation, last: Receipt | None, donor: str) -> Receipt:
    """Take the organisation's next number, hold it to the end of the transaction, and write the receipt."""
    payee = session.get_one(
        Nonprofit, donation.nonprofit_id, with_for_update={"key_share": True}, populate_existing=True
    )
    taken = session.scalar(select(func.max(Receipt.number)).where(Receipt.nonprofit_id == payee.id)) or 0
    project = session.scalars(select(Project.title).where(Project.id == donation.project_id)).one()
    code, at = ids.new_code(CODE_LENGTH), clock.now()
    check = f"{runtime.settings().base_url.rstrip('/')}/receipts/{code}"
    name = donor or _name_on(last, donation)
    replaces = last.number if last else None
    content = receipt_content.take(donation, payee, project, Issue(taken + 1, at, check, name, replaces))
    made = Receipt(
        code=code,
        nonprofit_id=payee.id,
        number=content.number,
        donation_id=donation.id,
        amount_minor=content.amount_minor,
        currency=content.currency,
        locale=donation.locale,
        content=content.frozen(),
        replaces_id=last.id if last else None,
        issued_at=at,
    )
    session.add(made)
    session.flush()
    return made


def _name_on(last: Receipt | None, donation: Donation) -> str:
    """The name on the receipt before, which may have been put right; none for a donor who is forgotten."""
    if donation.forgotten_at is not None:
        return ""
    return (content_of(last).donor if last else "") or donation.donor_name


def _mark_void(
    session: Session, receipt: Receipt, at: datetime, reason: str = "", person_id: int | None = None
) -> None:
    receipt.voided_at, receipt.void_reason, receipt.voided_by_id = at, reason, person_id
    session.flush()


def _locked(session: Session, donation_id: int) -> Donation:
    """The gift, held to the end of the transaction, with what a receipt says of it as it is now."""
    donation = session.get_one(Donation, donation_id)
    session.refresh(donation, SAID_OF_A_GIFT, with_for_update=True)
    return donation


def _last(session: Session, donation: Donation) -> Receipt | None:
    return session.scalars(
        select(Receipt)
        .where(Receipt.donation_id == donation.id)
        .order_by(Receipt.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _refuse_without_gift(donation: Donation) -> None:
    if donation.captured_minor == 0:
        raise NoReceipt(N_("There is a receipt as soon as the gift has been paid."))
    if donation.kept.minor == 0:
        raise NoReceipt(N_("This gift was given back, so there is no receipt for it."))


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid("reason", N_("Say why. Your team can read it later."))
    if len(reason) > MAX_REASON_LENGTH:
        raise Invalid("reason", N_("Use at most %(length)s characters."), length=MAX_REASON_LENGTH)
    return reason
