import itertools

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.errors import Invalid, KindrelayError
from app.core.models import AuditEvent, Task
from app.nonprofits import verification
from app.nonprofits.models import STATUSES, Review
from app.nonprofits.verification import MOVES, OWNERS_OWN, Decision
from tests.factories import admin, member, nonprofit, person

ADMINS = [decision for decision in Decision if decision not in OWNERS_OWN]


def _mails(session: Session, mail: str) -> list[dict[str, object]]:
    return [task.args for task in session.scalars(select(Task)) if task.args.get("mail") == mail]


@pytest.mark.parametrize(("status", "decision"), list(itertools.product(STATUSES, ADMINS)))
def test_only_the_moves_of_the_table_are_legal(session: Session, status: str, decision: Decision) -> None:
    made, decider = nonprofit(session, status=status), admin(session)
    if (status, decision) in MOVES:
        assert decision in verification.open_decisions(made)
        verification.decide(session, made, decision, "Because.", decider.id)
        assert made.status == MOVES[status, decision]
    else:
        assert decision not in verification.open_decisions(made)
        with pytest.raises(KindrelayError, match="decided in the meantime"):
            verification.decide(session, made, decision, "Because.", decider.id)
        assert made.status == status


def test_every_status_but_draft_can_be_left_or_reached_by_an_administrator() -> None:
    reached = {after for (_, _), after in MOVES.items()}
    assert reached | {"draft"} == set(STATUSES)


def test_a_decision_leaves_its_reason_everywhere(session: Session) -> None:
    owner, finance, decider = person(session), person(session), admin(session)
    made = nonprofit(session, owner, status="submitted")
    member(session, made, finance, "finance")
    verification.decide(session, made, Decision.ASK_FOR_CHANGES, "  The certificate is cut off. ", decider.id)
    assert made.status_reason == "The certificate is cut off."
    [review] = verification.history(session, made)
    assert (review.from_status, review.to_status, review.reason, review.person) == (
        "submitted",
        "changes_requested",
        "The certificate is cut off.",
        decider,
    )
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "nonprofit.ask_for_changes")).one()
    assert (event.actor_id, event.details["reason"]) == (decider.id, "The certificate is cut off.")
    assert _mails(session, "nonprofit_decision") == [
        {"mail": "nonprofit_decision", "review_id": review.id, "person_id": owner.id}
    ]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 2001])
def test_no_decision_without_a_readable_reason(session: Session, reason: str) -> None:
    made = nonprofit(session, status="submitted")
    with pytest.raises(Invalid) as refused:
        verification.decide(session, made, Decision.APPROVE, reason, admin(session).id)
    assert refused.value.field == "reason"
    assert made.status == "submitted"


@pytest.mark.parametrize("decision", OWNERS_OWN)
def test_an_owners_move_is_no_decision(session: Session, decision: Decision) -> None:
    with pytest.raises(Invalid):
        verification.decide(session, nonprofit(session, status="draft"), decision, "x", admin(session).id)


def test_approval_dates_the_verification(session: Session) -> None:
    made = nonprofit(session, status="submitted", verified_at=None)
    verification.decide(session, made, Decision.APPROVE, "Register checked.", admin(session).id)
    assert made.verified_at is not None


def test_nothing_incomplete_is_approved(session: Session) -> None:
    made = nonprofit(session, status="submitted", certificate_until=None)
    with pytest.raises(KindrelayError, match="until when"):
        verification.decide(session, made, Decision.APPROVE, "ok", admin(session).id)


@pytest.mark.parametrize("status", ["draft", "changes_requested"])
def test_a_complete_registration_is_handed_in_and_every_administrator_is_told(
    session: Session, status: str
) -> None:
    first, second, owner = admin(session), admin(session), person(session)
    made = nonprofit(session, owner, status=status, submitted_at=None)
    verification.submit(session, made, owner.id)
    assert made.status == "submitted"
    assert made in verification.waiting(session)
    told = {mail["person_id"] for mail in _mails(session, "nonprofit_waiting")}
    assert {first.id, second.id} <= told
    assert owner.id not in told


def test_an_incomplete_registration_is_not_handed_in(session: Session) -> None:
    made = nonprofit(session, status="draft", certificate_from=None)
    with pytest.raises(Invalid) as refused:
        verification.submit(session, made, person(session).id)
    assert refused.value.field == "certificate_from"
    assert made.status == "draft"


@pytest.mark.parametrize("status", ["submitted", "verified", "suspended", "rejected"])
def test_nothing_is_handed_in_twice(session: Session, status: str) -> None:
    with pytest.raises(KindrelayError):
        verification.submit(session, nonprofit(session, status=status), person(session).id)


def test_who_waits_longest_comes_first(session: Session) -> None:
    later = nonprofit(session, status="submitted")
    earlier = nonprofit(session, status="submitted")
    earlier.submitted_at = later.submitted_at.replace(year=2020) if later.submitted_at else None
    session.flush()
    waiting = list(verification.waiting(session))
    assert waiting.index(earlier) < waiting.index(later)


def test_renewed_papers_take_the_seal_off_first(session: Session) -> None:
    made = nonprofit(session)
    verification.reopen(session, made, person(session).id)
    assert made.status == "changes_requested"
    with pytest.raises(KindrelayError):
        verification.reopen(session, made, person(session).id)


def test_reviews_cannot_be_rewritten(session: Session) -> None:
    made = nonprofit(session, status="submitted")
    verification.decide(session, made, Decision.REJECT, "Not a charity.", admin(session).id)
    [review] = session.scalars(select(Review).where(Review.nonprofit_id == made.id))
    review.reason = "Something else."
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.flush()
