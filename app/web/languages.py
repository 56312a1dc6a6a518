"""The language of a request: the person's choice, then the browser's."""

from flask import Flask, has_request_context, request, session
from flask_babel import Babel

from app.core.i18n import CATALOGUES, DEFAULT_LOCALE, LOCALES


def install(app: Flask) -> None:
    """Translate every page of the application."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(CATALOGUES)
    Babel(app, default_locale=DEFAULT_LOCALE, locale_selector=language)


def language() -> str:
    """The locale of this request, one of `LOCALES`."""
    if not has_request_context():
        return DEFAULT_LOCALE
    chosen = session.get("language")
    if chosen in LOCALES:
        return chosen
    return _of_browser()


def _of_browser() -> str:
    for tag, _quality in request.accept_languages:
        first = tag.lower().split("-")[0]
        if first in ("zh", "en"):
            return "zh_Hans" if first == "zh" else "en"
    return DEFAULT_LOCALE


def choose(locale: str) -> None:
    """Keep the person's choice for this session; an unknown one is ignored."""
    if locale in LOCALES:
        session["language"] = locale
        session.permanent = True
