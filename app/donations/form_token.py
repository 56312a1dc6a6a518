"""The token of a donate form: made here, a while ago. It says when, so that nobody needs to remember it.

It has letters and digits only. Whoever sends a form has read its page, and not in the blink of an eye.
"""

import hashlib
import hmac
from datetime import datetime

from app.core.ids import new_code

RANDOM, MOMENT, SEAL = 16, 8, 24


def new(secret: str, at: datetime) -> str:
    """A token for a form that is shown now."""
    words = f"{new_code(RANDOM)}{int(at.timestamp()):0{MOMENT}x}"
    return words + _seal(secret, words)


def age(secret: str, token: str, at: datetime) -> float | None:
    """For how many seconds the form has been shown; None when it is no token of ours."""
    words, seal = token[: RANDOM + MOMENT], token[RANDOM + MOMENT :]
    if len(words) < RANDOM + MOMENT or not hmac.compare_digest(_seal(secret, words).encode(), seal.encode()):
        return None
    return at.timestamp() - int(words[RANDOM:], 16)


def _seal(secret: str, words: str) -> str:
    return hmac.new(secret.encode(), f"form:{words}".encode(), hashlib.sha256).hexdigest()[:SEAL]
