"""Forms of the studio."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from app.web.forms import Form
from app.web.text import lazy as _l


class DetailsForm(Form):
    title = StringField(_l("Title"), [InputRequired(_l("Please give the video a title."))])
    description = TextAreaField(_l("Description"))
    tag = StringField(
        _l("Project"),
        description=_l("The tag of the project that gifts go to. Type a word of its title to find it."),
    )
