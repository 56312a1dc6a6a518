"""Rate limits, counted in Valkey. They fail closed for signing in and for money, open for reading."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.core.settings import Settings

SIGN_IN = "10 per minute; 60 per hour"
JOIN = "20 per hour"
RESET = "5 per minute; 20 per hour"
INVITE = "30 per hour"
SHARE = "60 per minute"
CONSENT = "20 per hour"
RECEIPT = "30 per minute"
FIND_GIFTS = "5 per minute; 30 per hour"
OWN_GIFTS = "60 per minute"
CARD_PAGES = "5 per hour; 10 per day"

limiter = Limiter(key_func=get_remote_address, strategy="moving-window")


def install(app: Flask, settings: Settings) -> None:
    """Count in the settings' Redis; only views that state a limit have one."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 0.5, "socket_timeout": 2}
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    limiter.init_app(app)
