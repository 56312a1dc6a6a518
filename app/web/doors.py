"""Doors before the site, for what no person looks at: webhooks, and what pages tell in the background.

What the site does for a page (session, language, form token, limits, headers) costs more than taking one of
those does, and is of no use to it.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Door(ABC):
    """Takes the requests that are for it; hands every other one on to what stands behind it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._behind: WSGIApplication = app.wsgi_app
        app.wsgi_app = self  # pyright: ignore[reportAttributeAccessIssue] (Flask documents this)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse"):  # noqa: ANN204 (WSGI's own)
        if not self.takes(environ.get("PATH_INFO", "")):
            return self._behind(environ, start_response)
        return self.answer(environ)(environ, start_response)

    @abstractmethod
    def takes(self, path: str) -> bool:
        """Whether requests to a path are for this door."""

    @abstractmethod
    def answer(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        """What is answered to a request; whatever happens, an answer."""
