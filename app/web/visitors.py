"""The visitor behind a request: known by cookies, and only after having agreed to be.

Without consent nothing is kept: what a gift is credited to is then the video it was made from, and no other.
"""

import time
from datetime import timedelta
from typing import cast

from flask import Flask, current_app, request
from werkzeug.wrappers.response import Response

from app.core.ids import new_code
from app.core.settings import Settings
from app.web.cookies import CAME_BY, CONSENT, PASSED_ON, SESSION, VISITOR, Cookies, Seals, Visitor

YEAR = timedelta(days=365)
QUIET = timedelta(minutes=30)  # a session ends when nothing was looked at for so long
CODE_LENGTH = 22
MOST_PASSED_ON = 40  # shares of one's own that are remembered

# Pages on which a visitor is asked: those that show videos.
ASKING = frozenset({"public.home", "watch.video"})


def install(app: Flask, settings: Settings) -> None:
    """Keep the cookies of visitors who have agreed; templates get `asks_consent()`, `came_by()`
    and `passed_on()`."""
    app.extensions["visitor_seals"] = Seals(settings.secret_key)
    app.add_template_global(asks_consent)
    app.add_template_global(came_by)
    app.add_template_global(passed_on)

    @app.after_request
    def keep(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction] (registered)
        page = request.method == "GET" and response.mimetype == "text/html" and request.endpoint in ASKING
        if page and agreed():
            known = visitor()
            _known_from_now_on(response)
            began = known.session_at.timestamp() if known else time.time()
            _keep(response, SESSION, str(int(began)), QUIET)
            _keep(response, CAME_BY, came_by(), QUIET)
        return response


def visitor() -> Visitor | None:
    """Who this is, if they have agreed to be known and have looked at a page lately."""
    return _cookies().visitor()


def code() -> str:
    """The code of a visitor who has agreed to be known, however long ago; empty for nobody."""
    return (_cookies().read(VISITOR) or "") if agreed() else ""


def came_by() -> str:
    """The code of the share that this page, or with consent this session, was come to by; empty for none."""
    return through(request.args.get("r", ""))


def through(named: str) -> str:
    """The code of the share that is `named`; where it is none, or the visitor's own, that of this session."""
    return _cookies().through(named)


def passed_on() -> list[str]:
    """The codes of the shares that a visitor who agreed has made in this browser, the newest last."""
    return _cookies().passed_on()


def remember_passed_on(response: Response, code: str) -> None:
    """Keep the code of a share that was made now, if the visitor has agreed to be known."""
    if agreed():
        codes = [*(one for one in passed_on() if one != code), code]
        _keep(response, PASSED_ON, " ".join(codes[-MOST_PASSED_ON:]), YEAR)


def agreed() -> bool:
    """Whether the visitor has said yes; a browser that says no for them (Global Privacy Control) is heard."""
    return _cookies().agreed


def asks_consent() -> bool:
    """Whether this page should ask: the visitor has said neither yes nor no."""
    cookies = _cookies()
    return (
        request.endpoint in ASKING and cookies.sent.get(CONSENT) not in ("yes", "no") and not cookies.refuses
    )


def answer(response: Response, *, yes: bool) -> str:
    """Keep an answer; a no takes the cookies away. Returns the code of a visitor who agreed; else empty."""
    _set(response, CONSENT, "yes" if yes else "no", YEAR)
    if not yes:
        for name in (VISITOR, SESSION, CAME_BY, PASSED_ON):
            response.delete_cookie(name)
    if not yes or _cookies().refuses:
        return ""
    return _known_from_now_on(response)


def _known_from_now_on(response: Response) -> str:
    known_by = _cookies().read(VISITOR) or new_code(CODE_LENGTH)
    _keep(response, VISITOR, known_by, YEAR)
    return known_by


def _keep(response: Response, name: str, value: str, age: timedelta) -> None:
    """Set a signed cookie; it is good under its own name alone."""
    _set(response, name, _seals()[name].close(value), age)


def _set(response: Response, name: str, value: str, age: timedelta) -> None:
    secure = cast("bool", current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(name, value, age, secure=secure, httponly=True, samesite="Lax")


def _cookies() -> Cookies:
    return Cookies(_seals(), request.cookies, request.headers.get("Sec-GPC") == "1")


def _seals() -> Seals:
    return cast("Seals", current_app.extensions["visitor_seals"])
