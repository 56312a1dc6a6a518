import pytest
from sqlalchemy.orm import Session

from app.core.errors import KindrelayError
from app.gateways.payments.contract import AccountStatus
from app.nonprofits import payees
from app.nonprofits.models import STATUSES
from tests.factories import nonprofit, person


def ready(account: str) -> AccountStatus:
    return AccountStatus(account, ready=True)


def waiting(account: str, *missing: str) -> AccountStatus:
    return AccountStatus(account, ready=False, missing=missing)


def test_a_verified_organisation_connects_disconnects_and_connects_again(session: Session) -> None:
    finance = person(session)
    at = nonprofit(session, receives=False)
    first = payees.connect(session, at, finance.id, "sandbox", ready("one"))
    assert payees.account_of(session, at) is first
    with pytest.raises(KindrelayError, match="connected already"):
        payees.connect(session, at, finance.id, "sandbox", ready("two"))
    payees.disconnect(session, at, finance.id)
    session.flush()
    assert payees.account_of(session, at) is None
    with pytest.raises(KindrelayError, match="No payment account"):
        payees.disconnect(session, at, finance.id)
    assert payees.connect(session, at, finance.id, "sandbox", ready("two")).reference == "two"


def test_an_account_that_may_not_receive_yet_is_kept_and_gone_on_with(session: Session) -> None:
    finance = person(session)
    at = nonprofit(session, receives=False)
    begun = payees.connect(session, at, finance.id, "stripe", waiting("acct_1", "external_account"))
    assert (begun.ready, begun.missing) == (False, ["external_account"])
    assert payees.may_connect(session, at, "stripe") is begun
    assert payees.connect(session, at, finance.id, "stripe", ready("acct_1")) is begun
    assert (begun.ready, begun.missing) == (True, [])


def test_an_account_that_was_left_can_be_connected_again(session: Session) -> None:
    finance = person(session)
    at = nonprofit(session, receives=False)
    first = payees.connect(session, at, finance.id, "alipay", ready("2088"))
    payees.disconnect(session, at, finance.id)
    session.flush()
    again = payees.connect(session, at, finance.id, "alipay", ready("2088"))
    assert again is first
    assert payees.account_of(session, at) is first


def test_an_account_of_another_organisation_is_refused(session: Session) -> None:
    finance = person(session)
    payees.connect(session, nonprofit(session, receives=False), finance.id, "alipay", ready("2088"))
    with pytest.raises(KindrelayError, match="another organisation"):
        payees.connect(session, nonprofit(session, receives=False), finance.id, "alipay", ready("2088"))


def test_an_account_can_lose_the_right_to_receive(session: Session) -> None:
    at = nonprofit(session, receives=False)
    account = payees.connect(session, at, person(session).id, "stripe", ready("acct_1"))
    assert payees.by_reference(session, "stripe", "acct_1") is account
    payees.note(session, account, waiting("acct_1", "individual.id_number"))
    assert (account.ready, account.missing) == (False, ["individual.id_number"])


@pytest.mark.parametrize("status", [status for status in STATUSES if status != "verified"])
def test_nobody_unverified_connects(session: Session, status: str) -> None:
    at = nonprofit(session, receives=False, status=status)
    with pytest.raises(KindrelayError, match="once you are verified"):
        payees.connect(session, at, person(session).id, "sandbox", ready("one"))


def test_without_a_provider_there_is_nothing_to_connect_to(session: Session) -> None:
    with pytest.raises(KindrelayError, match="no payment provider"):
        payees.may_connect(session, nonprofit(session, receives=False), "none")
