"""The form that pauses a project: the same at the desk and in the administration."""

from wtforms import TextAreaField

from app.web.accounts.forms import REQUIRED
from app.web.forms import Form
from app.web.text import lazy as _l


class PauseForm(Form):
    reason = TextAreaField(_l("Why"), REQUIRED)
