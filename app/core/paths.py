"""Where the checkout's folders are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "migrations"
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
