"""Modules stay small enough to be read in one sitting."""

import ast

from app.core.paths import ROOT
from tests.architecture.source import modules

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def test_no_module_is_longer_than_three_hundred_lines():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path, _ in modules("app", "workers")
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_forty_lines():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for path, tree in modules("app", "workers")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set()
