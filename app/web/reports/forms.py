"""Forms about files of reports and about views that are kept."""

from typing import Any

from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.reports.saved_views import LONGEST_CHOICE, LONGEST_NAME
from app.web.forms import Form
from app.web.reports import days
from app.web.text import lazy as _l

FIXED = "fixed"  # of the choice of days: those that are named, and stay
FORMATS = [("pdf", "PDF"), ("xlsx", "XLSX"), ("csv", "CSV")]
SPANS = list(days.WORDS.items())
PAGES = [
    ("creators", _l("Creators")),
    ("videos", _l("Videos")),
    ("projects", _l("Projects")),
    ("time", _l("Over time")),
    ("cohorts", _l("Cohorts")),
]
REQUIRED = [InputRequired(_l("Please fill this in."))]
SHORT = [Optional(), Length(max=LONGEST_CHOICE)]


class FileForm(Form):
    """What is asked for as a file; the page it is asked on fills all of it in."""

    kind = StringField(default="report")
    format = StringField()
    first = DateField(validators=REQUIRED)
    last = DateField(validators=REQUIRED)
    currency = StringField(validators=SHORT)
    video = StringField(validators=SHORT)
    creator = StringField(validators=SHORT)
    project = StringField(validators=SHORT)
    uncredited = StringField(validators=SHORT)
    relay = StringField(validators=SHORT)
    page = StringField(validators=SHORT)
    step = StringField(validators=SHORT)


class NameForm(Form):
    name = StringField(_l("Name"), [*REQUIRED, Length(max=LONGEST_NAME)])


class ViewForm(NameForm):
    """A view to keep, begun with what the address of a page of the reports says."""

    page = SelectField(_l("Page"))
    span = SelectField(_l("Days"))
    first = DateField(_l("From"), [Optional()])
    last = DateField(_l("to"), [Optional()])
    sort = HiddenField(validators=SHORT)
    order = HiddenField(validators=SHORT)
    step = HiddenField(validators=SHORT)
    video = HiddenField(validators=SHORT)
    creator = HiddenField(validators=SHORT)
    project = HiddenField(validators=SHORT)
    show = HiddenField(validators=SHORT)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.page.choices = PAGES
        self.span.choices = [*SPANS, (FIXED, _l("Always the same days"))]


class MailForm(Form):
    every = SelectField(_l("When"))
    format = SelectField(_l("As"))

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.every.choices = [("week", _l("Every Monday")), ("month", _l("On the first of every month"))]
        self.format.choices = FORMATS
