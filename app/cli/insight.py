"""What a model says about paths in a file."""

import json
import math
from pathlib import Path
from typing import Any

import click

from app.insight.names import NAMES


@click.command()
@click.option("--model", type=click.Choice(NAMES), default="markov", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For machines to read.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def insight(model: str, as_json: bool, file: Path) -> None:
    """Share conversions out among channels: an estimate, exact for its model, never credit.

    FILE is a CSV of path, total_conversions, total_conversion_value and, if wanted, total_null; the steps of
    a path are parted by " > ".
    """
    from app.insight import estimates, paths

    found = estimates.attribute(paths.read(file), model)
    effects = found.removal_effects
    rows: list[dict[str, Any]] = [
        {
            "channel": channel,
            "conversions": float(found.conversions[at]),
            "value": float(found.values[at]),
            "removal_effect": None if effects is None else float(effects[at]),
        }
        for at, channel in enumerate(found.channels)
    ]
    if as_json:
        click.echo(json.dumps({"model": model, "channels": rows}, ensure_ascii=False))
        return
    width = max([len(row["channel"]) for row in rows] + [7])
    click.echo(f"{'channel':{width}}  {'conversions':>14}  {'value':>16}  {'removal effect':>14}")
    for row in rows:
        effect = "" if row["removal_effect"] is None else f"{row['removal_effect']:.6f}"
        line = f"{row['channel']:{width}}  {row['conversions']:14.4f}  {row['value']:16.4f}  {effect:>14}"
        click.echo(line.rstrip())
    total = math.fsum(row["conversions"] for row in rows)
    click.echo(f"{len(rows)} channels, {total:.4f} conversions")
