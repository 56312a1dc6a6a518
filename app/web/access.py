"""Who may use a route: stated once, beside the view, and enforced before it runs."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from werkzeug.wrappers.response import Response

from app.accounts.permissions import Action
from app.web.signin import current_person


class Rule(StrEnum):
    """Rules that are not an action in a nonprofit."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed in"
    OWN = "own"  # signed in, and the loader gives the object to nobody but its owner
    ADMIN = "admin"
    PROVIDER = "provider"  # machines of a payment provider; they prove themselves by signature or key


F = TypeVar("F", bound=Callable[..., Any])
Access = Rule | Action


def allow(rule: Access) -> Callable[[F], F]:
    """State who may use a view. Actions are checked again, for the very object, by its loader."""

    def mark(view: F) -> F:
        view.access_rule = rule  # pyright: ignore[reportFunctionMemberAccess] (the mark `rule_of` reads)
        return view

    return mark


def rule_of(endpoint: str) -> Access | None:
    """The rule beside the view of `endpoint`; None when nobody has stated one."""
    return getattr(current_app.view_functions[endpoint], "access_rule", None)


def enforce(app: Flask) -> None:
    """Check every request against its view's rule; a view without one answers nobody."""

    @app.before_request
    def check() -> Response | None:  # pyright: ignore[reportUnusedFunction] (registered by the decorator)
        if request.endpoint is None or request.endpoint == "static":
            return None
        rule = rule_of(request.endpoint)
        if rule is None:
            abort(403)
        if rule in (Rule.EVERYONE, Rule.PROVIDER):
            return None
        person = current_person()
        if person is None:
            return _to_sign_in()
        if rule is Rule.ADMIN and not person.is_admin:
            abort(403)
        return None


def _to_sign_in() -> Response:
    """Sign in first; a page that was asked for comes afterwards, a form that was sent cannot."""
    then = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=then), code=303)
