"""Connecting a command to the platform it is about."""

import os
from typing import TYPE_CHECKING

from app.embedded.errors import EmbeddedError
from app.embedded.home import Home

if TYPE_CHECKING:
    from app.core.settings import Settings


def boot() -> "Settings":
    """Connect this command to the platform: the one the environment names, else the home's running engines.

    Raises EmbeddedError or SettingsError when there is none.
    """
    from app.core import runtime, settings

    if not os.environ.get("KINDRELAY_DATABASE_URL"):
        from app.embedded.environment import environment

        home = Home.here()
        variables = environment(home)
        if not home.is_running():
            raise EmbeddedError(f"Kindrelay is not running on {home.path}. Start it first with: kindrelay up")
        os.environ.update(variables)
    loaded = settings.load()
    runtime.start(loaded)
    return loaded
