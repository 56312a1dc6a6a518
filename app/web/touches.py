"""The touches' door: what pages with a player tell of a visitor who has agreed to it.

Nobody is answered before it is on the stream; what comes at the same time goes there together. A page that is
going away cannot add a form's token; the cookies that say who it is are not sent from other sites.
"""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, cast

import structlog
from flask import Flask
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie
from werkzeug.wsgi import get_input_stream

from app.core import clock
from app.core.settings import Settings
from app.credit import ceilings, touches
from app.credit.touches import Come
from app.gateways.touch_stream import Batch, Source, TouchStream
from app.web.cookies import Cookies, Seals
from app.web.doors import Door
from app.web.gathering import Gathering

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/touches"
MAX_BODY_BYTES = 4096
MOST_TOUCHES = 20
LONGEST_CODE = 40

Code = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z]*$", max_length=LONGEST_CODE)]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=LONGEST_CODE)]
Told = Annotated[
    tuple[Code, Kind, int] | tuple[Code, Kind, int, int],
    Field(union_mode="left_to_right"),
]

log = structlog.get_logger()


class Beacon(BaseModel):
    """Touches as a page sends them: video code, kind, how many milliseconds ago, and the second of the clip
    at which it was, where that matters."""

    model_config = ConfigDict(strict=True, extra="forbid")

    told: list[Told] = Field(max_length=MOST_TOUCHES)
    through: Code = ""  # the share that the page was opened by


class TouchesDoor(Door):
    """Takes beacons; nothing is kept of a visitor who has not agreed."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._settings = cast("Settings", app.extensions["settings"])
        self._seals = cast("Seals", app.extensions["visitor_seals"])
        self._line = _Line(cast("TouchStream", app.extensions["touch_stream"]))

    def takes(self, path: str) -> bool:
        return path == PATH

    def answer(self, environ: "WSGIEnvironment") -> "WSGIApplication":
        """204 once what was told is on the stream."""
        if environ["REQUEST_METHOD"] != "POST":
            return _said(405, ("Allow", "POST"))
        try:
            self._take(environ)
        except ValidationError:
            return _said(400)
        except HTTPException as error:  # of the body: too large, or cut off in the middle
            return _said(error.code or 400)
        except RedisError as error:
            log.error("touches not taken: redis does not answer", error=str(error))
            return _said(503)
        except Exception as error:  # nobody reads the answer, but whoever runs the site reads this
            log.error("touches not taken", exc_info=error)
            return _said(500)
        return _said(204)

    def _take(self, environ: "WSGIEnvironment") -> None:
        raw_body = get_input_stream(environ, max_content_length=MAX_BODY_BYTES).read()
        beacon = Beacon.model_validate_json(raw_body)
        cookies = Cookies(self._seals, parse_cookie(environ), environ.get("HTTP_SEC_GPC") == "1")
        known = cookies.visitor()
        through = "" if beacon.through and beacon.through in cookies.passed_on() else beacon.through
        if known is not None and beacon.told:
            touches.tell(self._line, known.code, known.session_at, beacon.told, through, self._come(environ))
        elif through and any(one[1] == touches.ARRIVE for one in beacon.told):
            touches.tell_arrival(self._line, through, self._come(environ))

    def _come(self, environ: "WSGIEnvironment") -> Come:
        """What is known of where a request comes from, for the ceilings on what counts."""
        held = ceilings.BOT if ceilings.is_program(environ.get("HTTP_USER_AGENT", "")) else ""
        address, ours = environ.get("REMOTE_ADDR", ""), self._settings
        return Come(
            held, list(ceilings.of_address(address, ours.secret_key, ours.address_touches, clock.now()))
        )


class _Line:
    """The way to the stream: those who come at the same time go there in one round trip."""

    def __init__(self, stream: TouchStream) -> None:
        self._stream = stream
        self._gathering = Gathering[Batch, None](self._append_all)

    def append(self, body: dict[str, Any], names: Sequence[str] = (), sources: Iterable[Source] = ()) -> None:
        """As TouchStream does."""
        self._gathering.ask(Batch(body, names, sources))

    def _append_all(self, batches: Sequence[Batch]) -> Sequence[None]:
        self._stream.append_all(batches)
        return [None] * len(batches)


def _said(status: int, *headers: tuple[str, str]) -> "WSGIApplication":
    """An answer without a body."""

    def answer(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers))
        return iter(())

    return answer
