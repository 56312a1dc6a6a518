"""The donor's form."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.money import parse
from app.donations.checkout import MAX_MESSAGE_LENGTH, Gift
from app.web.forms import Form
from app.web.languages import language
from app.web.text import _
from app.web.text import lazy as _l

WORDS = [Length(max=MAX_MESSAGE_LENGTH, message=_l("Use at most %(max)d characters."))]


class DonateForm(Form):
    """Nothing is ticked or chosen for the donor."""

    frequency = RadioField(_l("How often"))
    amount = StringField(_l("Amount"), [InputRequired(_l("Write how much you would like to give."))])
    name = StringField(_l("Your name"))
    anonymous = BooleanField(_l("Do not show my name"))
    email = EmailField(_l("Email"))
    public_message = TextAreaField(_l("A public message"), WORDS)
    private_note = TextAreaField(_l("A note to the organisation"), WORDS)
    idempotency = HiddenField()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.frequency.choices = [("once", _("One time")), ("monthly", _("Each month"))]

    def gift(self, currency: str, *, monthly_offered: bool) -> Gift:
        """What was filled in. Raises Invalid for what is no amount of `currency`, or is not offered."""
        monthly = self.frequency.data == "monthly"
        if monthly and not monthly_offered:
            raise Invalid("frequency", N_("Monthly gifts are not possible here. Give once instead."))
        return Gift(
            amount=parse(self.amount.data or "", currency),
            name=self.name.data or "",
            anonymous=bool(self.anonymous.data),
            email=self.email.data or "",
            public_message=self.public_message.data or "",
            private_note=self.private_note.data or "",
            locale=language(),
            monthly=monthly,
        )
