"""The people of an organisation: roles and invitations."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.permissions import Action
from app.core.db import unit_of_work
from app.nonprofits import team
from app.web.access import Rule, allow
from app.web.desk.forms import ROLE_NAMES, InvitationForm
from app.web.flashes import refusals_said
from app.web.limits import INVITE, limiter
from app.web.loaders import load_nonprofit, may
from app.web.signin import required_person
from app.web.text import _

desk_team = Blueprint("desk_team", __name__)


@desk_team.get("/desk/<nonprofit_code>/team")
@allow(Action.NONPROFIT_READ)
def index(nonprofit_code: str) -> ResponseReturnValue:
    return _page(nonprofit_code, InvitationForm())


@desk_team.post("/desk/<nonprofit_code>/team")
@allow(Action.TEAM_MANAGE)
@limiter.limit(INVITE)
def invite(nonprofit_code: str) -> ResponseReturnValue:
    form = InvitationForm()
    with unit_of_work() as session:
        load_nonprofit(session, nonprofit_code, Action.TEAM_MANAGE)
    email, role = form.email.data or "", form.role.data or ""

    def step(session: Session) -> None:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.TEAM_MANAGE)
        team.invite(session, nonprofit, required_person().id, email, role)

    if not form.sent_and_done(step):
        return _page(nonprofit_code, form)
    flash(_("An invitation is on its way to %(email)s.", email=email), "good")
    return redirect(url_for("desk_team.index", nonprofit_code=nonprofit_code), code=303)


@desk_team.post("/desk/<nonprofit_code>/team/<person_code>/role")
@allow(Action.TEAM_MANAGE)
def change_role(nonprofit_code: str, person_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.TEAM_MANAGE)
            role = request.form.get("role", "")
            team.change_role(session, nonprofit, person_code, role, required_person().id)
        flash(_("Saved."), "good")
    return redirect(url_for("desk_team.index", nonprofit_code=nonprofit_code), code=303)


@desk_team.post("/desk/<nonprofit_code>/team/<person_code>/remove")
@allow(Action.TEAM_MANAGE)
def remove(nonprofit_code: str, person_code: str) -> ResponseReturnValue:
    with refusals_said():
        with unit_of_work() as session:
            nonprofit = load_nonprofit(session, nonprofit_code, Action.TEAM_MANAGE)
            team.remove(session, nonprofit, person_code, required_person().id)
        flash(_("Removed from the team."), "good")
    if person_code == required_person().code:
        return redirect(url_for("desk.home"), code=303)
    return redirect(url_for("desk_team.index", nonprofit_code=nonprofit_code), code=303)


@desk_team.post("/desk/<nonprofit_code>/invitations/<invitation_code>/withdraw")
@allow(Action.TEAM_MANAGE)
def withdraw(nonprofit_code: str, invitation_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.TEAM_MANAGE)
        team.withdraw(session, nonprofit, invitation_code, required_person().id)
    flash(_("The invitation is withdrawn."), "good")
    return redirect(url_for("desk_team.index", nonprofit_code=nonprofit_code), code=303)


@desk_team.get("/desk/invitations/<invitation_code>")
@allow(Rule.OWN)
def invitation(invitation_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        found = team.open_invitation(session, invitation_code, required_person().id)
    return render_template("desk/invitation.html", invitation=found, roles=ROLE_NAMES)


@desk_team.post("/desk/invitations/<invitation_code>")
@allow(Rule.OWN)
def accept(invitation_code: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = team.accept(session, invitation_code, required_person().id)
    flash(_("Welcome to %(nonprofit)s.", nonprofit=nonprofit.name), "good")
    return redirect(url_for("desk.overview", nonprofit_code=nonprofit.code), code=303)


def _page(nonprofit_code: str, form: InvitationForm) -> ResponseReturnValue:
    with unit_of_work() as session:
        nonprofit = load_nonprofit(session, nonprofit_code, Action.NONPROFIT_READ)
        page = {
            "may": may(session, nonprofit.id),
            "members": team.members(session, nonprofit),
            "invitations": team.invitations(session, nonprofit),
        }
    return render_template("desk/team.html", nonprofit=nonprofit, form=form, roles=ROLE_NAMES, **page)
