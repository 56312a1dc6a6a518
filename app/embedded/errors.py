"""What stops the embedded platform from running, said to the person at the terminal."""


class EmbeddedError(Exception):
    """Something about this machine or this home must change; the message says what, and the remedy."""
