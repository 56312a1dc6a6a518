"""docs/operations.md lists every setting, with the default that the code has."""

import re

import pytest

from app.core.paths import ROOT
from app.core.settings import Settings, env_name
from app.embedded.ports import RANGE, RANGE_VARIABLE

ROW = re.compile(r"^\| `(KINDRELAY_\w+)` \| (.*?) \|", re.MULTILINE)
OF_THE_COMMAND = {"KINDRELAY_HOME", "KINDRELAY_PORT", RANGE_VARIABLE, "KINDRELAY_BINARIES"}
SAID_IN_WORDS = {
    "secret_key",
    "sandbox_secret",
    "stripe_secret_key",
    "stripe_webhook_secret",
    "alipay_app_id",
    "alipay_private_key",
    "alipay_private_key_file",
    "alipay_public_key",
    "alipay_public_key_file",
    "ffmpeg",
    "ffprobe",
}  # no default that could stand in a table


def documented() -> dict[str, str]:
    return {
        name: default.strip("`") for name, default in ROW.findall((ROOT / "docs/operations.md").read_text())
    }


def test_the_table_lists_every_setting_and_no_other() -> None:
    assert set(documented()) == {env_name(name) for name in Settings.model_fields} | OF_THE_COMMAND


def test_the_table_says_the_ports_that_engines_choose_from() -> None:
    assert documented()[RANGE_VARIABLE] == RANGE


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name not in SAID_IN_WORDS])
def test_the_table_says_the_real_default(name: str) -> None:
    field = Settings.model_fields[name]
    expected = "required" if field.is_required() else str(field.default)
    assert documented()[env_name(name)] == expected
