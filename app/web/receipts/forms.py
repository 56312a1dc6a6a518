"""Forms about receipts."""

from wtforms import StringField, TextAreaField

from app.core.errors import KindrelayError, NotAllowed, NotFound
from app.web.accounts.forms import REQUIRED
from app.web.forms import Form
from app.web.text import lazy as _l


class VoidForm(Form):
    reason = TextAreaField(_l("Why is it void?"), REQUIRED)

    def refuse_or_raise(self, error: KindrelayError) -> None:
        """Show a refusal by the domain; what the person may not see or do at all is raised again."""
        if isinstance(error, NotFound | NotAllowed):
            raise error
        if not self.errors:
            self.refuse(error)


class ReissueForm(VoidForm):
    reason = TextAreaField(_l("Why is there a new one?"), REQUIRED, id="new-reason")
    name = StringField(_l("Name on the new receipt"))
