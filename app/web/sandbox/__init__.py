"""The simulated provider's side of the web: its API, its pay page, its dashboard. TEST MODE on every page."""

from flask import abort

from app.web.outside import settings


def only_where_simulated() -> None:
    """Answer nobody where the site does not run with the simulated provider."""
    if settings().payment_provider != "sandbox":
        abort(404)
