import pytest
from sqlalchemy.orm import Session

from app.core.errors import KindrelayError
from app.nonprofits import payees
from app.nonprofits.models import STATUSES
from tests.factories import nonprofit, person


def test_a_verified_organisation_connects_disconnects_and_connects_again(session: Session) -> None:
    finance = person(session)
    at = nonprofit(session, receives=False)
    first = payees.connect(session, at, finance.id, "sandbox")
    assert payees.account_of(session, at) is first
    with pytest.raises(KindrelayError, match="connected already"):
        payees.connect(session, at, finance.id, "sandbox")
    payees.disconnect(session, at, finance.id)
    session.flush()
    assert payees.account_of(session, at) is None
    with pytest.raises(KindrelayError, match="No payment account"):
        payees.disconnect(session, at, finance.id)
    assert payees.connect(session, at, finance.id, "sandbox").reference != first.reference


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "verified"])
def test_nobody_unverified_connects(session: Session, status: str) -> None:
    with pytest.raises(KindrelayError, match="once you are verified"):
        payees.connect(
            session, nonprofit(session, receives=False, status=status), person(session).id, "sandbox"
        )


def test_without_a_provider_there_is_nothing_to_connect_to(session: Session) -> None:
    with pytest.raises(KindrelayError, match="no payment provider"):
        payees.connect(session, nonprofit(session, receives=False), person(session).id, "none")
