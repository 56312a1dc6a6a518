"""Forms of the nonprofit desk."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, cast

from babel import Locale
from babel.numbers import get_territory_currencies
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from app.core.errors import Invalid
from app.core.money import EXPONENTS, Money, parse
from app.nonprofits.countries import COUNTRIES
from app.nonprofits.models import Nonprofit
from app.nonprofits.registration import Details, time_zones
from app.projects.drafting import Draft
from app.projects.models import Project
from app.web.accounts.forms import REQUIRED
from app.web.forms import Form
from app.web.languages import language
from app.web.text import _
from app.web.text import lazy as _l

ROLE_NAMES = {
    "owner": _l("Owner"),
    "editor": _l("Editor"),
    "finance": _l("Finance"),
    "viewer": _l("Viewer"),
}
DOCUMENT_KIND_NAMES = {
    "registration": _l("Extract from the register"),
    "certificate": _l("Certificate"),
    "identity": _l("Proof of who signs"),
    "other": _l("Something else"),
}
# The rules of app.credit.rules in words.
RULE_NAMES = {
    "last": _l("All to the video it was given from"),
    "first": _l("All to the first video seen"),
    "linear": _l("The same to each video seen"),
    "decay": _l("More to the videos seen last"),
    "position": _l("Most to the first and the last video"),
}


class NonprofitForm(Form):
    name = StringField(_l("Name that people know"), REQUIRED)
    about = TextAreaField(_l("What you do"))
    website = StringField(_l("Website"))
    legal_name = StringField(_l("Legal name"), REQUIRED)
    country = SelectField(_l("Country of registration"), REQUIRED)
    registration_number = StringField(_l("Registration number"), REQUIRED)
    certificate_from = DateField(_l("Certificate valid from"), [Optional()])
    certificate_until = DateField(_l("Certificate valid until"), [Optional()])
    fundraising_certificate = StringField(_l("Public fundraising certificate number"))
    time_zone = SelectField(_l("Time zone"), REQUIRED, default="UTC")

    def __init__(self, obj: object = None, **values: Any) -> None:
        super().__init__(obj, **values)
        self.country.choices = [("", _("Choose…")), *countries()]
        self.time_zone.choices = [(name, name.replace("_", " ")) for name in time_zones()]

    def close(self, names: Iterable[str]) -> None:
        """Take out the fields that cannot change any more; `details` keeps what is kept."""
        for name in names:
            del self[name]

    def details(self, kept: Nonprofit | None = None) -> Details:
        """What was typed, as the domain takes it; `kept` has the values of the fields that are closed."""
        return Details(**{field.name: _typed(self, field.name, kept) for field in fields(Details)})


class DocumentForm(Form):
    kind = SelectField(_l("What it is"))
    file = FileField(_l("File"))

    def __init__(self) -> None:
        super().__init__()
        self.kind.choices = list(DOCUMENT_KIND_NAMES.items())


class InvitationForm(Form):
    email = EmailField(_l("Email"), REQUIRED)
    role = RadioField(_l("Role"), REQUIRED, default="editor")

    def __init__(self) -> None:
        super().__init__()
        self.role.choices = list(ROLE_NAMES.items())


class ProjectForm(Form):
    title = StringField(_l("Title"), REQUIRED)
    summary = TextAreaField(_l("In one or two sentences"), REQUIRED)
    tag = StringField(_l("Tag"), REQUIRED)
    goal = StringField(_l("Goal"), REQUIRED)
    currency = SelectField(_l("Currency"))
    story = TextAreaField(_l("Story"))
    starts_on = DateField(_l("First day"), [Optional()])
    ends_on = DateField(_l("Last day"), [Optional()])
    filing_number = StringField(_l("Filing number"))
    credit_rule = SelectField(_l("How videos share the credit of a gift"), default="last")
    credit_window_days = IntegerField(
        _l("Days before a gift that count"), [InputRequired(_l("Please fill this in."))], default=30
    )
    renewals_inherit = BooleanField(_l("Later months of a monthly gift are split as its first"), default=True)

    def __init__(self, project: Project | None = None, **values: Any) -> None:
        if project is not None:
            values["goal"] = f"{Money(project.goal_minor, project.currency).decimal:f}"
        super().__init__(project, **values)
        self.currency.choices = currencies()
        self.credit_rule.choices = list(RULE_NAMES.items())

    def draft(self, kept: Project | None = None) -> Draft:
        """What was typed, as the domain takes it; `kept` has the values of the fields that are closed.

        Raises Invalid("goal") for an amount that is none.
        """
        names = [field.name for field in fields(Draft) if field.name != "goal"]
        return Draft(goal=self._money(kept), **{name: _typed(self, name, kept) for name in names})

    def close(self, names: Iterable[str]) -> None:
        """Take out the fields that cannot change any more; `draft` keeps what is kept."""
        for name in names:
            del self[name]

    def _money(self, kept: Project | None) -> Money:
        currency = _typed(self, "currency", kept)
        if kept is not None and "goal" not in self:
            return Money(kept.goal_minor, currency)
        try:
            return parse(self.goal.data or "", currency)
        except Invalid as error:
            field = "goal" if error.field == "amount" else error.field
            raise Invalid(field, error.message, **error.params) from None


class CoverForm(Form):
    cover = FileField(_l("Picture"))


class UpdateForm(Form):
    title = StringField(_l("Title"), REQUIRED)
    body = TextAreaField(_l("What happened"), [InputRequired(_l("Please fill this in."))])

    def words(self) -> tuple[str, str]:
        """Title and body as they were typed."""
        return self.title.data or "", self.body.data or ""


def _typed(form: Form, name: str, kept: object) -> Any:
    """A field's value, as it is kept where the form does not have the field; nothing typed is ""."""
    if name not in form:
        return getattr(kept, name)
    field: Any = form[name]
    return field.data if isinstance(field, BooleanField | DateField | IntegerField) else field.data or ""


def countries() -> list[tuple[str, str]]:
    """Codes and names of all countries, by name in the person's language."""
    names = cast("Mapping[str, str]", Locale.parse(language()).territories)
    return sorted(((code, names.get(code, code)) for code in COUNTRIES), key=lambda country: country[1])


def currency_of(country: str) -> str | None:
    """The currency that is used in a country, if projects can be opened in it."""
    used = get_territory_currencies(country)
    return next((code for code in used if code in EXPONENTS), None)


def currencies() -> list[tuple[str, str]]:
    """Codes of all currencies with their names in the person's language."""
    names = cast("Mapping[str, str]", Locale.parse(language()).currencies)
    return [(code, f"{code} · {names.get(code, code)}") for code in EXPONENTS]
