"""Views about one's own account."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import people
from app.core.db import unit_of_work
from app.core.errors import KindrelayError
from app.web import languages, signin
from app.web.access import Rule, allow
from app.web.accounts.forms import AskResetForm, JoinForm, NewPasswordForm, SignInForm
from app.web.accounts.workplace import workplace
from app.web.addresses import own_path
from app.web.limits import JOIN, RESET, SIGN_IN, limiter
from app.web.outside import settings
from app.web.text import _

accounts = Blueprint("accounts", __name__)


@accounts.route("/sign-up", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(JOIN, methods=["POST"])
def sign_up() -> ResponseReturnValue:
    form = JoinForm(next=request.args.get("next", ""))
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                person = people.join(
                    session,
                    email=form.email.data or "",
                    name=form.name.data or "",
                    password=form.password.data or "",
                    locale=languages.language(),
                )
        except KindrelayError as error:
            form.refuse(error)
        else:
            signin.sign_in(person)
            return redirect(own_path(form.next.data) or url_for("studio.videos"), code=303)
    return render_template("accounts/sign_up.html", form=form)


@accounts.route("/sign-in", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(SIGN_IN, methods=["POST"])
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next", ""))
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                person = people.authenticate(session, form.email.data or "", form.password.data or "")
        except KindrelayError as error:
            form.refuse(error)
        else:
            signin.sign_in(person)
            return redirect(own_path(form.next.data) or workplace(person), code=303)
    return render_template("accounts/sign_in.html", form=form)


@accounts.post("/sign-out")
@allow(Rule.EVERYONE)
def sign_out() -> ResponseReturnValue:
    signin.sign_out()
    return redirect(url_for("public.home"), code=303)


@accounts.route("/reset", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(RESET, methods=["POST"])
def ask_reset() -> ResponseReturnValue:
    form = AskResetForm()
    if form.sent_and_valid():
        with unit_of_work() as session:
            people.ask_for_reset(session, form.email.data or "")
        return render_template("accounts/reset_sent.html", email=form.email.data)
    return render_template("accounts/ask_reset.html", form=form)


@accounts.route("/reset/<token>", methods=["GET", "POST"])
@allow(Rule.EVERYONE)
@limiter.limit(RESET, methods=["POST"])
def reset(token: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    if form.sent_and_valid():
        try:
            with unit_of_work() as session:
                person = people.set_password(session, token, settings().secret_key, form.password.data or "")
        except KindrelayError as error:
            form.refuse(error)
        else:
            signin.sign_in(person)
            flash(_("Your new password is set. Every other device has been signed out."))
            return redirect(workplace(person), code=303)
    return render_template("accounts/reset.html", form=form)


@accounts.post("/language")
@allow(Rule.EVERYONE)
def language() -> ResponseReturnValue:
    languages.choose(request.form.get("language", ""))
    return redirect(own_path(request.form.get("next")) or url_for("public.home"), code=303)
