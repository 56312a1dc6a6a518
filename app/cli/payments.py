"""Commands about the payment provider."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from app.cli.boot import boot

if TYPE_CHECKING:
    from app.core.settings import Settings
    from app.gateways.payments.checking import Step


@click.group()
def payments() -> None:
    """The payment provider that this site runs with."""


@payments.command()
@click.option("--account", help="An organisation's account there: say whether it can receive.")
@click.option(
    "--session", is_flag=True, help="Open a payment page at that account and close it: test keys only."
)
@click.option("--currency", default="EUR", show_default=True, help="The currency of that page.")
def check(account: str | None, session: bool, currency: str) -> None:
    """Ask the real provider, step by step, whether payments will work.

    Exit code 0: all is in order; 1: something is not.
    """
    if session and not account:
        raise click.UsageError("--session needs an --account to open the page at.")
    settings = boot()
    is_good = True
    for step in _steps(settings, account, currency if session else None):
        is_good = is_good and step.is_good
        click.echo(f"{'ok  ' if step.is_good else 'FAIL'}  {step.title}: {step.found}")
    click.echo("All is in order." if is_good else "Something is not in order.")
    sys.exit(0 if is_good else 1)


def _steps(settings: "Settings", account: str | None, currency: str | None) -> Iterator["Step"]:
    from app.donations import amounts
    from app.gateways import traffic
    from app.gateways.payments import checking
    from app.gateways.payments.registry import open_gateway
    from app.gateways.payments.stripe import check as at_stripe
    from app.gateways.payments.stripe.client import StripeGateway

    provider = settings.payment_provider
    gateway = open_gateway(settings, traffic.transport())
    if gateway is None:
        yield checking.Step("The settings", False, "KINDRELAY_PAYMENT_PROVIDER=none: nobody can give")
        return
    mode = "test mode, no money moves" if gateway.capabilities().test_mode else "LIVE, real money"
    yield checking.Step("The settings", True, f"{provider}, {mode}")
    yield from checking.site(gateway, settings.base_url, traffic.transport())
    if isinstance(gateway, StripeGateway):
        secrets = settings.stripe_webhook_secrets
        yield from at_stripe.steps(gateway, secrets, settings.base_url, traffic.transport())
    if account:
        yield from checking.account(gateway, account)
    if account and currency:
        amount = amounts.minimum(currency.upper())
        yield from checking.payment(gateway, account, amount, settings.base_url)
