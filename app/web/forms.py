"""Forms: WTForms in the person's language; CSRF is checked for every POST by Flask-WTF."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, Response, g, request
from flask.globals import request_ctx
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form as PlainForm

from app.core.db import unit_of_work
from app.core.errors import Invalid, KindrelayError
from app.core.i18n import N_
from app.web.text import _

# What WTForms itself can say of our fields, in our own words.
OUR_WORDS = {
    "Not a valid choice.": N_("Choose one from the list."),
    "Invalid Choice: could not coerce.": N_("Choose one from the list."),
    "Not a valid integer value.": N_("Write a whole number."),
    "Not a valid date value.": N_("Write a date such as 2026-05-31."),
}


class Translations:
    """WTForms' own messages in our words and through our catalogue."""

    def gettext(self, string: str) -> str:
        return _(OUR_WORDS.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return _(singular if n == 1 else plural)


class Form(PlainForm):
    """Keeps what was typed, and says what is wrong beside the field."""

    class Meta:
        def get_translations(self, _form: PlainForm) -> Translations:
            return Translations()

    def __init__(self, obj: object = None, **values: Any) -> None:
        sent = _without_nul(request.form) if request.method == "POST" else None
        super().__init__(sent, obj=obj, **values)
        self.problem = ""  # what is wrong with the whole, not with one field

    def sent_and_valid(self) -> bool:
        """Whether this request posts the form and every field accepts its value."""
        if request.method != "POST":
            return False
        is_valid = self.validate()
        g.form_refused = not is_valid
        return is_valid

    def sent_and_done(self, step: Callable[[Session], object]) -> bool:
        """Whether this request posts the form, its fields are valid, and `step` was taken in a unit of work.

        What the domain refuses stands in the form.
        """
        if not self.sent_and_valid():
            return False
        try:
            with unit_of_work() as session:
                step(session)
        except KindrelayError as error:
            self.refuse(error)
            return False
        return True

    def refuse(self, error: KindrelayError) -> None:
        """Show a refusal by the domain beside the field it is about, else above the form."""
        g.form_refused = True
        message = said(error)
        field = self._fields.get(error.field) if isinstance(error, Invalid) else None
        if field is None:
            self.problem = message
        else:
            field.errors = [*_errors(field.errors), message]


def install(app: Flask) -> None:
    """A page that shows a refused form again is answered with 422, whichever view shows it; its template can
    ask whether it `comes_back`."""
    app.add_template_global(comes_back)

    @app.after_request
    def answer_refused(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction] (registered)
        if g.get("form_refused") and response.status_code == 200:
            response.status_code = 422
        return response


def comes_back() -> bool:
    """Whether this page answers what was sent, and a browser that comes back to its address finds a page
    without sending it again; one that loads it anew does too, without what was typed."""
    adapter = request_ctx.url_adapter
    return request.method == "POST" and adapter is not None and "GET" in adapter.allowed_methods()


def _without_nul(sent: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was sent without the one character that PostgreSQL cannot keep."""
    return MultiDict((name, value.replace("\0", "")) for name, value in sent.items(multi=True))


def said(error: KindrelayError) -> str:
    """A domain error in the person's language."""
    return _(error.message, **error.params)


def _errors(errors: Sequence[str]) -> list[str]:
    return list(errors)
