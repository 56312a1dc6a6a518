"""The command that writes the rollups of reports anew, or proves that this is not needed."""

import sys

import click

from app.cli.boot import boot


@click.group()
def rollups() -> None:
    """Sums and counts that reports are read from."""


@rollups.command()
@click.option("--nonprofit", metavar="CODE", default="", help="Only that organisation's money and people.")
@click.option("--check", is_flag=True, help="Change nothing: compare, and name what differs (exit code 1).")
@click.option("--json", "as_json", is_flag=True, help="For machines to read.")
def rebuild(nonprofit: str, check: bool, as_json: bool) -> None:
    """Count money, people and touches anew from the rows that they come from."""
    boot()
    from app.reports import rebuilding

    sys.exit(rebuilding.run(click.echo, nonprofit, check=check, as_json=as_json))
