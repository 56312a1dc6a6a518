"""Forms about one's own account."""

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from app.web.forms import Form
from app.web.text import lazy as _l

REQUIRED = [InputRequired(_l("Please fill this in."))]


class JoinForm(Form):
    name = StringField(_l("Your name"), REQUIRED, description=_l("Shown with your videos."))
    email = EmailField(_l("Email"), REQUIRED)
    password = PasswordField(
        _l("Password"), REQUIRED, description=_l("At least 10 characters. A few words are fine.")
    )
    next = HiddenField()


class SignInForm(Form):
    email = EmailField(_l("Email"), REQUIRED)
    password = PasswordField(_l("Password"), REQUIRED)
    next = HiddenField()


class AskResetForm(Form):
    email = EmailField(_l("Email"), REQUIRED)


class NewPasswordForm(Form):
    password = PasswordField(_l("New password"), REQUIRED, description=_l("At least 10 characters."))
