"""What still stands between an organisation and its first donation, in the order to do it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core import clock
from app.nonprofits import payees, registration
from app.nonprofits.models import Nonprofit
from app.projects import queries
from app.projects.models import Project
from app.web.forms import said
from app.web.text import _

DONE, NOW, WAITING, AHEAD = "done", "now", "waiting", "ahead"


@dataclass(frozen=True)
class Step:
    """One thing to do: where it stands, what is missing, and where to do it (for those who may)."""

    title: str
    state: str
    say: str = ""
    missing: tuple[str, ...] = ()
    href: str = ""
    words: str = ""
    needs: Action = Action.NONPROFIT_EDIT


def steps(session: Session, nonprofit: Nonprofit) -> list[Step]:
    """The way to receiving money. What is not done yet comes after what is; the first open step is `now`."""
    projects = queries.of_nonprofit(session, nonprofit.id)
    return [
        _papers(session, nonprofit),
        _check(session, nonprofit),
        _account(session, nonprofit),
        _project(nonprofit, projects),
    ]


def _papers(session: Session, nonprofit: Nonprofit) -> Step:
    title = _("Complete your registration")
    if not registration.papers_open(nonprofit):
        return Step(title, DONE)
    missing = tuple(said(found) for found in registration.missing(session, nonprofit))
    return Step(
        title,
        NOW if missing else DONE,
        missing=missing,
        href=url_for("desk.edit", nonprofit_code=nonprofit.code),
        words=_("Edit the registration"),
    )


def _check(session: Session, nonprofit: Nonprofit) -> Step:
    title = _("Be verified")
    match nonprofit.status:
        case "verified" if _certificate_has_ended(nonprofit):
            return Step(title, NOW, _("Your registration certificate has ended. Renew it to receive again."))
        case "verified":
            return Step(title, DONE)
        case "submitted":
            return Step(
                title, WAITING, _("We are looking at your papers. You will get mail with the answer.")
            )
        case "suspended":
            return Step(title, NOW, _("You are suspended and cannot receive. The reason is above."))
        case "rejected":
            return Step(title, NOW, _("Your registration was refused. The reason is above."))
        case _ if registration.missing(session, nonprofit):
            return Step(title, AHEAD, _("Once everything is there, hand it in. We look at it by hand."))
        case _:
            return Step(title, NOW, _("Everything is there. Hand it in; we look at it by hand."))


def _certificate_has_ended(nonprofit: Nonprofit) -> bool:
    return nonprofit.certificate_until is not None and nonprofit.certificate_until < clock.now().date()


def _account(session: Session, nonprofit: Nonprofit) -> Step:
    title = _("Connect a payment account")
    account = payees.account_of(session, nonprofit)
    if account is not None and account.ready:
        return Step(title, DONE)
    if account is None:
        say = _("Gifts go straight there. Kindrelay never holds them.")
    else:
        say = _("The payment service still needs something before this account can receive.")
    return Step(
        title,
        NOW if nonprofit.status == "verified" else AHEAD,
        say,
        href=url_for("desk_payees.account", nonprofit_code=nonprofit.code),
        words=_("Payment account"),
        needs=Action.PAYMENTS_MANAGE,
    )


def _project(nonprofit: Nonprofit, projects: Sequence[Project]) -> Step:
    title = _("Publish a project")
    if any(project.status == "live" for project in projects):
        return Step(title, DONE)
    drafts = [project for project in projects if project.status == "draft"]
    to = (
        url_for("desk_projects.show", project_code=drafts[0].code)
        if drafts
        else url_for("desk_projects.new", nonprofit_code=nonprofit.code)
    )
    return Step(
        title,
        NOW if nonprofit.status == "verified" else AHEAD,
        _("Its tag is what creators put on their videos. You can write it while you wait."),
        href=to,
        words=_("Go on with the draft") if drafts else _("Write a project"),
        needs=Action.PROJECT_EDIT,
    )
