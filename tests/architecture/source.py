"""Reading the project's own source for the architecture tests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from app.core.paths import ROOT


def modules(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python module of the packages with its syntax tree."""
    for package in packages:
        yield from _modules(package)


@cache
def _modules(package: str) -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text())) for path in sorted((ROOT / package).rglob("*.py"))]


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Every call of a function or method with one of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if name in names:
                yield node


def first_literal(call: ast.Call) -> str | None:
    """The first string literal among a call's arguments."""
    literals = (a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
    return next(literals, None)
