"""How a page's touches reached us: through which address, and whether a program sent them."""

from flask import request

from app.core import clock
from app.credit import ceilings
from app.credit.touches import Come
from app.web.outside import settings


def come() -> Come:
    """What is known of where this request comes from, for the ceilings on what counts."""
    held = ceilings.BOT if ceilings.is_program(request.headers.get("User-Agent", "")) else ""
    ours = settings()
    address = request.remote_addr or ""
    return Come(held, list(ceilings.of_address(address, ours.secret_key, ours.address_touches, clock.now())))
