"""The donor's forms."""

from wtforms import BooleanField, EmailField, StringField
from wtforms.validators import InputRequired

from app.web.forms import Form
from app.web.text import lazy as _l


class FindForm(Form):
    email = EmailField(_l("Email"), [InputRequired(_l("Please fill this in."))])


class AmountForm(Form):
    amount = StringField(_l("Each month"), [InputRequired(_l("Write how much you would like to give."))])


class ForgetForm(Form):
    sure = BooleanField(
        _l("Yes, delete my name, my email and my words from all of my gifts"),
        [InputRequired(_l("Tick this if you are sure."))],
    )
