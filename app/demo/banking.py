"""What the provider has sent to the organisations' banks, asked for as by the button on the desk."""

from sqlalchemy import select

from app.core.db import unit_of_work
from app.demo.content.people import OWNERS
from app.demo.founding import person
from app.demo.waiting import wait_while
from app.finance import reconciliation
from app.finance.models import Payout
from app.gateways.models import SandboxPayout
from app.nonprofits import team

PATIENCE_SECONDS = 120


def ask() -> None:
    """Have the platform ask its provider for the payouts, and wait until it has them.

    Raises DemoError when it does not get them.
    """
    with unit_of_work() as session:
        sent = set(session.scalars(select(SandboxPayout.code)))
        owner = person(session, OWNERS[0].email)
        first = team.memberships(session, owner.id)[0]
        reconciliation.ask_now(session, first.nonprofit.code, owner.id)  # for all organisations of the site

    def missing() -> set[str]:
        with unit_of_work() as session:
            return sent - set(session.scalars(select(Payout.reference).where(Payout.state == "paid")))

    wait_while(
        missing,
        lambda left: f"{len(left)} payouts have not been found. Look at the worker of “money”.",
        PATIENCE_SECONDS,
    )
