"""Commands about all videos of a platform that runs."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from app.cli.boot import boot

if TYPE_CHECKING:
    from workers.reencoding import Library

LOOK_SECONDS = 1.0


@click.command()
@click.option("--wait/--no-wait", default=True, help="Stay until all is done; the work goes on without you.")
def reencode(wait: bool) -> None:
    """Bring every finished video to the recipe that KINDRELAY_RECIPE names, while people watch them."""
    settings = boot()
    from app.core.db import unit_of_work
    from app.videos import recipes
    from workers import reencoding

    recipe = recipes.named(settings.recipe).name
    with unit_of_work() as session:
        task_ids = reencoding.begin(session, recipe)
    click.echo(f"{len(task_ids)} videos are to be encoded by {recipe}.")
    if not task_ids or not wait:
        return
    library = watched(task_ids)
    for code, error in library.failed.items():
        click.echo(f"{code} stays as it is: {error}", err=True)
    if library.failed:
        sys.exit(1)


def watched(task_ids: Sequence[int]) -> "Library":
    """Show how far the tasks are until none of them waits."""
    from app.core.db import unit_of_work
    from workers import reencoding

    with click.progressbar(length=len(task_ids), label="Encoding", show_pos=True, file=sys.stderr) as bar:
        while True:
            with unit_of_work() as session:
                library = reencoding.progress(session, task_ids)
            bar.update(library.total - library.waiting - bar.pos)
            if not library.waiting:
                return library
            time.sleep(LOOK_SECONDS)


@click.command("sweep-media")
@click.option("--dry-run", is_flag=True, help="Say what would go; delete nothing.")
@click.option("--force", is_flag=True, help="Delete even when a suspicious share would go.")
@click.option("--json", "as_json", is_flag=True, help="For machines to read.")
def sweep_media(dry_run: bool, force: bool, as_json: bool) -> None:
    """Delete the files in both buckets that belong to no video. The sweeper does it once a day by itself."""
    boot()
    from workers import orphans

    try:
        report = orphans.sweep_all(dry_run=dry_run, force=force)
    except orphans.SuspiciousError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    click.echo(f"{report.objects} files, {report.bytes / 1e6:.1f} MB, were looked at.")
    click.echo(f"{report.orphans} of them, {report.orphan_bytes / 1e6:.1f} MB, belong to no video.")
    click.echo(f"{report.deleted} were deleted.")
    for example in report.examples:
        click.echo(f"  {example}")
