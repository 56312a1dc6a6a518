"""The engines Kindrelay brings along, and the processes around them. Only `app.cli` and tests import this."""
