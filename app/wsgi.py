"""The application for a WSGI server, from the environment."""

from app.core import settings
from app.web import create_app

application = create_app(settings.load())
