"""A site with Alipay boots with whole settings alone, and says in a sentence what is wrong."""

import base64
from functools import cache
from pathlib import Path

import pytest
from Cryptodome.PublicKey import RSA

from app.core import rsa_keys, settings
from app.core.settings import SettingsError
from tests.core.test_settings import GOOD


@cache
def keys() -> tuple[RSA.RsaKey, RSA.RsaKey]:
    return RSA.generate(2048), RSA.generate(2048).public_key()


def bare(key: RSA.RsaKey) -> str:
    return base64.b64encode(key.export_key("DER")).decode()


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    own, theirs = keys()
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(settings.env_name(name), raising=False)
    alipay = {
        "PAYMENT_PROVIDER": "alipay",
        "ALIPAY_APP_ID": "2021000000000001",
        "ALIPAY_PRIVATE_KEY": rsa_keys.pem(own),
        "ALIPAY_PUBLIC_KEY": rsa_keys.pem(theirs),
    }
    for name, value in {**GOOD, **alipay}.items():
        monkeypatch.setenv(f"KINDRELAY_{name}", value)
    return monkeypatch


def test_keys_in_pem_in_one_line_as_bare_base64_and_in_files_are_the_same(
    variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = settings.load().alipay_keys()
    own, theirs = keys()
    variables.setenv("KINDRELAY_ALIPAY_PRIVATE_KEY", rsa_keys.pem(own).replace("\n", "\\n"))
    variables.setenv("KINDRELAY_ALIPAY_PUBLIC_KEY", bare(theirs))
    assert settings.load().alipay_keys() == expected
    for name, key in (("PRIVATE", own), ("PUBLIC", theirs)):
        file = tmp_path / name
        file.write_text(bare(key) + "\n")
        variables.setenv(f"KINDRELAY_ALIPAY_{name}_KEY_FILE", str(file))
        variables.delenv(f"KINDRELAY_ALIPAY_{name}_KEY")
    assert settings.load().alipay_keys() == expected


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("APP_ID", "", "APP_ID must be set"),
        ("APP_ID", "my-app", "APP_ID must be set"),
        ("PRIVATE_KEY", "", "PRIVATE_KEY or KINDRELAY_ALIPAY_PRIVATE_KEY_FILE must be set"),
        ("PRIVATE_KEY", "nonsense", "PRIVATE_KEY is not an RSA key"),
        ("PRIVATE_KEY", lambda: bare(keys()[1]), "PRIVATE_KEY holds a public key"),
        ("PRIVATE_KEY", lambda: bare(RSA.generate(1024)), "PRIVATE_KEY is an RSA key of 1024 bits"),
        (
            "PRIVATE_KEY_FILE",
            "/nowhere/key",
            "PRIVATE_KEY and KINDRELAY_ALIPAY_PRIVATE_KEY_FILE are both set",
        ),
        ("PUBLIC_KEY", "", "PUBLIC_KEY or KINDRELAY_ALIPAY_PUBLIC_KEY_FILE must be set"),
        ("PUBLIC_KEY", lambda: bare(keys()[0]), "PUBLIC_KEY holds a private key"),
        ("PUBLIC_KEY", lambda: bare(keys()[0].public_key()), "PUBLIC_KEY is your own application's"),
        ("GATEWAY_URL", "ftp://x", "GATEWAY_URL must start with"),
        (
            "GATEWAY_URL",
            "http://openapi.alipay.com/gateway.do",
            "GATEWAY_URL and KINDRELAY_BASE_URL must both",
        ),
        ("GATEWAY_URL", "https://openapi-sandbox.dl.alipaydev.com/gateway.do", "is Alipay's sandbox"),
    ],
)
def test_what_is_wrong_is_named_in_a_sentence(
    variables: pytest.MonkeyPatch, name: str, value: object, said: str
) -> None:
    variables.setenv(f"KINDRELAY_ALIPAY_{name}", str(value() if callable(value) else value))
    with pytest.raises(SettingsError, match=r"^KINDRELAY_ALIPAY_.*\.$") as refused:
        settings.load()
    assert said in str(refused.value)
    assert "PRIVATE KEY-----" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(variables: pytest.MonkeyPatch) -> None:
    variables.delenv("KINDRELAY_ALIPAY_PUBLIC_KEY")
    variables.setenv("KINDRELAY_ALIPAY_PUBLIC_KEY_FILE", "/nowhere/key")
    with pytest.raises(
        SettingsError, match=r"PUBLIC_KEY_FILE names a file that cannot be read.*/nowhere/key"
    ):
        settings.load()


def test_without_alipay_nothing_of_it_is_needed(variables: pytest.MonkeyPatch) -> None:
    for name in ("APP_ID", "PRIVATE_KEY", "PUBLIC_KEY"):
        variables.delenv(f"KINDRELAY_ALIPAY_{name}")
    variables.setenv("KINDRELAY_PAYMENT_PROVIDER", "none")
    assert settings.load().payment_provider == "none"
