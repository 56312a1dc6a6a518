"""The application for a WSGI server, from the environment."""

import gc

from app.core import settings
from app.web import create_app

application = create_app(settings.load())
gc.freeze()  # what was read by now is there for good, and need not be looked through again and again
