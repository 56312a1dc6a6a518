"""The outside world as this application reaches it: made once from the settings, kept with the app."""

from typing import cast

from flask import Flask, current_app

from app.core.settings import Settings
from app.gateways.object_store import ObjectStore
from app.gateways.s3 import open_store


def install(app: Flask, settings: Settings) -> None:
    """Make the gateways of this application; opens no connection yet."""
    app.extensions["object_store"] = open_store(settings)
    app.extensions["settings"] = settings


def object_store() -> ObjectStore:
    """The object store of this application."""
    return cast("ObjectStore", current_app.extensions["object_store"])


def settings() -> Settings:
    """The settings of this application."""
    return cast("Settings", current_app.extensions["settings"])
