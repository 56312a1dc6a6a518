"""`python -m app.cli` is the `kindrelay` command."""

from app.cli import main

main()
