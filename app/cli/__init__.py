"""The `kindrelay` command. Each command imports what it needs, so that each starts as fast as it can."""

import os
import sys
from pathlib import Path

import click

from app.cli import insight, library, media, payments, reconciling, rollups
from app.cli.boot import boot
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home

DEFAULT_PORT = 8000
home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="KINDRELAY_HOME",
    help="Folder that holds the platform's data. [default: var/ of this checkout]",
)
port_option = click.option(
    "--port", type=click.IntRange(1, 65535), envvar="KINDRELAY_PORT", default=DEFAULT_PORT, show_default=True
)


class SaysWhatIsWrong(click.Group):
    """A refusal ends a command with its sentence and exit code 1, never with a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, _refusals()):
                raise click.ClickException(str(error)) from None
            raise


def _refusals() -> tuple[type[Exception], ...]:
    from app.core.errors import KindrelayError
    from app.core.settings import SettingsError

    return EmbeddedError, SettingsError, KindrelayError


@click.group(cls=SaysWhatIsWrong, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Kindrelay: short videos that carry a donation link, every cent credited to the video that moved it."""


@main.command()
@home_option
@port_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 lets phones in."
)
@click.option("--demo/--no-demo", default=False, help="Load demo content into an empty home.")
@click.option(
    "--engines-only", is_flag=True, help="Start PostgreSQL, Valkey and SeaweedFS, and nothing else."
)
def up(home: Path | None, port: int, host: str, demo: bool, engines_only: bool) -> None:
    """Run the whole platform on this machine."""
    from app.embedded.up import Plan
    from app.embedded.up import up as bring_up

    plan = Plan(host=host, port=port, engines_only=engines_only, once=["demo"] if demo else [])
    bring_up(Home(home) if home else Home.here(), plan, click.echo)


@main.command()
@home_option
@port_option
def doctor(home: Path | None, port: int) -> None:
    """Say which engines run the platform here, and what is wrong."""
    from app.embedded.doctor import examine, report

    if not report(examine(Home(home) if home else Home.here(), port), click.echo):
        sys.exit(1)


@main.command()
def migrate() -> None:
    """Bring the database up to date."""
    settings = boot()
    from app.core import migrate as migrations

    migrations.upgrade(settings.database_url)


@main.command()
@click.argument("email")
def admin(email: str) -> None:
    """Make the person with this e-mail address an administrator."""
    boot()
    from app.accounts import people
    from app.core.db import unit_of_work

    with unit_of_work() as session:
        person = people.make_admin(session, email)
        click.echo(f"{person.name} ({person.email}) is an administrator now.")


@main.command()
def demo() -> None:
    """Fill an empty platform that is running with demo content."""
    settings = boot()
    from app.demo import load
    from workers import credit

    load.load(settings, click.echo, credit.settle)
    accounts = load.sign_ins(settings)
    if named := os.environ.get("KINDRELAY_HOME"):
        list_of_people = Home(Path(named)).sign_ins
        list_of_people.write_text(accounts)
        click.echo(f"  Who can sign in, and how: {list_of_people}")
    else:
        click.echo(accounts)


@main.command("check-books")
@click.option("--json", "as_json", is_flag=True, help="For machines to read.")
@click.option("--offline", is_flag=True, help="Leave the payment provider's own list out.")
def check_books(as_json: bool, offline: bool) -> None:
    """Prove that the provider's list, donations, ledger, credit and reports agree to the cent."""
    settings = boot()
    from app.finance import books
    from app.gateways.payments.registry import open_gateway

    sys.exit(books.run(click.echo, open_gateway(settings), as_json=as_json, offline=offline))


main.add_command(media.inspect)
main.add_command(media.transcode)
main.add_command(library.reencode)
main.add_command(library.sweep_media)
main.add_command(insight.insight)
main.add_command(payments.payments)
main.add_command(reconciling.reconcile)
main.add_command(rollups.rollups)
