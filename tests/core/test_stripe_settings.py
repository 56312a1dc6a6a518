import pytest

from app.core import settings
from app.core.settings import SettingsError
from tests.core.test_settings import variables  # noqa: F401 (the fixture)

KEY = "KINDRELAY_STRIPE_SECRET_KEY"
SECRET = "KINDRELAY_STRIPE_WEBHOOK_SECRET"
LIVE, TEST = "sk_live_" + "4" * 24, "rk_test_" + "4" * 24
SIGNS, SIGNED = "whsec_" + "a" * 32, "whsec_" + "b" * 32


@pytest.fixture
def stripe(variables: pytest.MonkeyPatch) -> pytest.MonkeyPatch:  # noqa: F811 (the fixture)
    variables.setenv("KINDRELAY_PAYMENT_PROVIDER", "stripe")
    variables.setenv(KEY, LIVE)
    variables.setenv(SECRET, SIGNS)
    return variables


def test_stripe_boots_with_a_live_key_in_production(stripe: pytest.MonkeyPatch) -> None:
    assert settings.load().stripe_webhook_secrets == (SIGNS,)


def test_two_secrets_are_taken_while_one_is_replaced(stripe: pytest.MonkeyPatch) -> None:
    stripe.setenv(SECRET, f"{SIGNS} {SIGNED}")
    assert settings.load().stripe_webhook_secrets == (SIGNS, SIGNED)


@pytest.mark.parametrize("value", ["", " ", "whsec_", "whsec_short", "sk_live_" + "4" * 24, f"{SIGNS} other"])
def test_an_empty_or_odd_webhook_secret_refuses_to_boot(stripe: pytest.MonkeyPatch, value: str) -> None:
    stripe.setenv(SECRET, value)
    with pytest.raises(SettingsError, match=f"^{SECRET} must be set"):
        settings.load()


@pytest.mark.parametrize("value", ["", "sk_live_", "pk_live_" + "4" * 24, "secret"])
def test_an_empty_or_odd_key_refuses_to_boot(stripe: pytest.MonkeyPatch, value: str) -> None:
    stripe.setenv(KEY, value)
    with pytest.raises(SettingsError, match=f"^{KEY} must be set"):
        settings.load()


@pytest.mark.parametrize(
    ("environment", "key"), [("production", TEST), ("staging", LIVE), ("embedded", LIVE)]
)
def test_test_keys_are_refused_in_production_and_live_keys_elsewhere(
    stripe: pytest.MonkeyPatch, environment: str, key: str
) -> None:
    stripe.setenv("KINDRELAY_ENVIRONMENT", environment)
    stripe.setenv(KEY, key)
    with pytest.raises(SettingsError, match=f"^{KEY} must be a live key in production"):
        settings.load()


def test_staging_rehearses_with_a_test_key(stripe: pytest.MonkeyPatch) -> None:
    stripe.setenv("KINDRELAY_ENVIRONMENT", "staging")
    stripe.setenv(KEY, TEST)
    assert settings.load().payment_provider == "stripe"
