"""The application, as the web tests have it."""

from tests.web.conftest import app, client

__all__ = ["app", "client"]
