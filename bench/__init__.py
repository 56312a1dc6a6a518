"""Measurements, apart from the tests. Each prints a table, or JSON with --json."""
