"""What can keep the demo from being loaded."""

from app.core.errors import KindrelayError


class DemoError(KindrelayError):
    """The demo could not be loaded, for the reason in the message: for operators, in English alone."""
