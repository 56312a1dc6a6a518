"""Where payment providers report what has happened."""
