"""What docs/proof.md names is there."""

import re

import pytest

from app.core.paths import ROOT

NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs/proof.md").read_text())


def test_the_list_is_long():
    assert len(NAMED) >= 30


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_proof_that_is_named_exists(file: str, test: str):
    assert f"def {test}(" in (ROOT / file).read_text()
