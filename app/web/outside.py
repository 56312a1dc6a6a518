"""The outside world as this application reaches it: made once from the settings, kept with the app."""

from typing import cast

import httpx
from flask import Flask, current_app

from app.core.settings import Settings
from app.donations.gate import Gate
from app.gateways.counters import Counters
from app.gateways.object_store import ObjectStore
from app.gateways.payments.contract import PaymentGateway
from app.gateways.payments.registry import open_gateway
from app.gateways.s3 import open_store
from app.gateways.touch_stream import TouchStream


def install(app: Flask, settings: Settings) -> None:
    """Make the gateways of this application; opens no connection yet."""
    app.extensions["object_store"] = open_store(settings)
    app.extensions["settings"] = settings
    app.extensions["touch_stream"] = TouchStream(settings.redis_url)
    app.extensions["gate"] = Gate(Counters(settings.redis_url), settings)
    # The simulated provider lives in this very application. Over a socket, a thread that asks it could wait
    # for a thread that waits for it; so it is asked in this thread.
    app.extensions["payments"] = open_gateway(settings, httpx.WSGITransport(app))


def object_store() -> ObjectStore:
    """The object store of this application."""
    return cast("ObjectStore", current_app.extensions["object_store"])


def payments() -> PaymentGateway | None:
    """The payment provider of this application; None when payments are switched off."""
    return cast("PaymentGateway | None", current_app.extensions["payments"])


def the_gate() -> Gate:
    """The gate before the payment provider, as this application's settings want it."""
    return cast("Gate", current_app.extensions["gate"])


def settings() -> Settings:
    """The settings of this application."""
    return cast("Settings", current_app.extensions["settings"])
