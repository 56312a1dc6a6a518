"""Forms of the administration."""

from collections.abc import Iterable

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from app.nonprofits.verification import Decision
from app.web.accounts.forms import REQUIRED
from app.web.forms import Form
from app.web.text import lazy as _l

DECISION_NAMES = {
    Decision.APPROVE: _l("Approve"),
    Decision.ASK_FOR_CHANGES: _l("Ask for changes"),
    Decision.REJECT: _l("Refuse"),
    Decision.SUSPEND: _l("Suspend"),
    Decision.REINSTATE: _l("Reinstate"),
}


class TakeDownForm(Form):
    reason = TextAreaField(_l("Reason"), REQUIRED)


class DecisionForm(Form):
    decision = RadioField(_l("Your decision"), [InputRequired(_l("Choose one."))])
    reason = TextAreaField(_l("Reason"), REQUIRED)

    def __init__(self, open_decisions: Iterable[Decision]) -> None:
        super().__init__()
        self.decision.choices = [(decision.value, DECISION_NAMES[decision]) for decision in open_decisions]
