"""What each model, by its name, says of paths."""

from app.insight import markov, positions, shapley
from app.insight.names import NAMES
from app.insight.paths import Attribution, Paths

__all__ = ["NAMES", "attribute"]


def attribute(paths: Paths, model: str) -> Attribution:
    """What a model, by its name in NAMES, gives each channel of these paths."""
    if model == "markov":
        return markov.attribute(paths)
    if model == "shapley":
        return shapley.attribute(paths)
    return positions.attribute(paths, positions.MODELS[model])
