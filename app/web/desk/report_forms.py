"""Forms about files of reports and about views that are kept."""

from collections.abc import Iterable

from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.reports.saved_views import LONGEST_CHOICE, LONGEST_NAME
from app.web.desk import report_days
from app.web.forms import Form
from app.web.text import lazy as _l

FIXED = "fixed"  # of the choice of days: those that are named, and stay
FORMATS = [("pdf", "PDF"), ("xlsx", "XLSX"), ("csv", "CSV")]
SPANS = list(report_days.WORDS.items())
PAGES = [
    ("creators", _l("Creators")),
    ("videos", _l("Videos")),
    ("projects", _l("Projects")),
    ("time", _l("Over time")),
    ("cohorts", _l("Cohorts")),
]
REQUIRED = [InputRequired(_l("Please fill this in."))]
SHORT = [Optional(), Length(max=LONGEST_CHOICE)]


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


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


class NameForm(Form):
    name = StringField(_l("Name"), [*REQUIRED, Length(max=LONGEST_NAME)])


class ViewForm(NameForm):
    """A view to keep, begun with what the address of a page of the reports says."""

    page = SelectField(_l("Page"), choices=_choices(PAGES))
    span = SelectField(_l("Days"), choices=_choices([*SPANS, (FIXED, _l("Always the same days"))]))
    first = DateField(_l("From"), [Optional()])
    last = DateField(_l("to"), [Optional()])
    sort = HiddenField(validators=SHORT)
    order = HiddenField(validators=SHORT)
    step = HiddenField(validators=SHORT)
    video = HiddenField(validators=SHORT)
    creator = HiddenField(validators=SHORT)
    project = HiddenField(validators=SHORT)
    show = HiddenField(validators=SHORT)


class MailForm(Form):
    every = SelectField(
        _l("When"),
        choices=_choices([("week", _l("Every Monday")), ("month", _l("On the first of every month"))]),
    )
    format = SelectField(_l("As"), choices=_choices(FORMATS))
