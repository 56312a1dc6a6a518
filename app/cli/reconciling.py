"""The command that compares with the payment provider now."""

import sys

import click

from app.cli.boot import boot


@click.command()
def reconcile() -> None:
    """Compare with the provider's own list now, as every hour: repair what no webhook told.

    Exit code 0: no difference stands; 1: some do, or the provider could not be asked.
    """
    boot()
    from app.core.db import unit_of_work
    from app.core.money import Money
    from app.finance import differences, reconciliation
    from workers import finance

    comparison = finance.ask_provider()
    if comparison is None:
        raise click.ClickException("This site has no payment provider to ask.")
    with unit_of_work() as session:
        run = comparison(session)
        click.echo(f"Asked {run.provider} for everything since {run.since:%Y-%m-%d %H:%M} UTC.")
        for event in reconciliation.repaired_by(session, run):
            amount = Money(event.amount_minor, event.currency)
            told = f"{event.kind}, {amount.decimal} {amount.currency}, payment {event.reference}"
            click.echo(f"repaired  {event.event_id}: {told}")
        standing = differences.standing(session)
        for one in standing:
            gone = "" if one.seen_at >= run.at else " (not found any more, and not settled)"
            click.echo(f"differs   {one.kind}: {one.reference}{gone}")
    repaired = len(run.repaired["events"])
    click.echo(f"Repaired: {repaired}{', which the workers settle now' if repaired else ''}.")
    click.echo(f"Differences that stand: {len(standing)}.")
    sys.exit(1 if standing else 0)
