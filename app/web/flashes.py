"""What the last step said, shown at the top of the next page."""

from collections.abc import Generator
from contextlib import contextmanager

from flask import flash

from app.core.errors import KindrelayError, NotAllowed, NotFound
from app.web.forms import said


@contextmanager
def refusals_said() -> Generator[None]:
    """Say a refusal by the domain at the top of the page the person goes back to.

    Whoever may not see or do this at all gets the answer for that instead.
    """
    try:
        yield
    except (NotFound, NotAllowed):
        raise
    except KindrelayError as error:
        flash(said(error), "problem")
