"""The donate form at the gate: who sends it, what the answer means for them, and whom it alarms."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from flask import request, session
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from app.core import alerts, clock, tasks
from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError, Unavailable
from app.core.i18n import N_
from app.donations import form_token, gate, givers
from app.donations.gate import Verdict
from app.donations.gate_rules import Answer
from app.donations.models import Donation
from app.projects.models import Project
from app.web.outside import settings, the_gate

FORM_LIFE = timedelta(days=1)

log = structlog.get_logger()


class PressAgain(KindrelayError):  # noqa: N818 (it names what the donor does)
    """The form is good, and its token is not: the same form with another token is."""


class TooMany(KindrelayError):  # noqa: N818 (it names what there was)
    """Too much has failed for this donor to go on now."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Too many payments have failed here today, so we cannot open another one now. Nothing was "
                "charged. Please come back tomorrow, or give from another connection, such as your phone's."
            )
        )


class Gatekeeper:
    """One form before the gate. `waits_for_mail` once a link was sent that opens the payment."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.waits_for_mail = False
        self.attack_on: str | None = None

    def let_in(self, db_session: Session, donation: Donation) -> None:
        """Ask whether the payment of a donation may be opened; what was opened or ended needs no asking.

        Raises PressAgain, TooMany, or Invalid when an email is needed that is not there.
        """
        if donation.state != "pending" or donation.pay_url is not None:
            return
        answer = self._answer(donation)
        if answer is Answer.AGAIN:
            raise PressAgain(N_("Please look at the form once more and send it again. Nothing was charged."))
        if answer is Answer.REFUSE:
            raise TooMany
        if answer is Answer.PROVE:
            if not donation.email:
                raise Invalid(
                    "email",
                    N_(
                        "Somebody is trying stolen cards here right now, so we check that it is a person who "
                        "gives, not a machine. Write your email: a link that opens the payment goes there."
                    ),
                )
            key = f"confirm_gift:{donation.id}"
            tasks.defer(db_session, "mail.send", dedupe_key=key, mail="confirm_gift", donation_id=donation.id)
            self.waits_for_mail = True

    def _answer(self, donation: Donation) -> Answer:
        now = clock.now()
        who = givers.giver(
            settings().secret_key,
            request.remote_addr or "",
            session.get("csrf_token", "") or self.token,
            self.token,
            donation.email,
        )
        verdict = the_gate().ask(donation.idempotency, who, str(donation.project_id), now)
        self.attack_on = verdict.attack_on
        return verdict.answer


@contextmanager
def at_the_gate(token: str) -> Generator[Gatekeeper]:
    """The gatekeeper of a form. When the block has ended, and be it by a refusal, an attack is reported.

    Raises PressAgain for a form that was sent faster than anybody reads, or long after it was made;
    Unavailable when the counts cannot be read: without them no payment is opened.
    """
    age = form_token.age(settings().secret_key, token, clock.now())
    if age is None or not settings().gate_form_seconds <= age <= FORM_LIFE.total_seconds():
        raise PressAgain(
            N_(
                "This was sent very soon, or very long, after the page was opened. Please look at the form "
                "once more and send it again. Nothing was charged."
            )
        )
    keeper = Gatekeeper(token)
    try:
        with counted():
            yield keeper
    finally:
        report(keeper.attack_on)


@contextmanager
def counted() -> Generator[None]:
    """Say in words that nothing goes without the counts, when Valkey does not answer."""
    try:
        yield
    except RedisError as error:
        log.error("the gate cannot count; no payment is opened", error=str(error))
        raise Unavailable(
            N_("We cannot open payments safely right now. Nothing was charged. Please try again in a minute.")
        ) from error


def report(attack_on: str | None) -> None:
    """Alert the administrators of an attack that has just been noticed: once an hour for each place."""
    if attack_on is None:
        return
    hour = f"{clock.now():%Y-%m-%dT%H}"
    with unit_of_work() as db_session:
        project = None if attack_on == gate.SITE else db_session.get(Project, int(attack_on))
        subject = f"project:{project.code}" if project else gate.SITE
        details = {"project": project.title, "code": project.code} if project else {}
        alerts.raise_alert(db_session, alerts.ATTACK, subject, f"{alerts.ATTACK}:{subject}:{hour}", **details)


def proven(donation: Donation) -> Verdict:
    """The gate's answer to somebody who holds the link that was mailed for a donation."""
    with counted():
        return the_gate().prove(donation.idempotency, clock.now())


def new_token() -> str:
    """The token of a form that is shown now."""
    return form_token.new(settings().secret_key, clock.now())


def status_of(error: KindrelayError) -> int:
    """The status of a form that was not let through."""
    if isinstance(error, TooMany):
        return 429
    return 503 if isinstance(error, Unavailable) else 422
