"""The engines Kindrelay runs on by itself, and the processes around them. Only `app.cli` and tests import this."""
