import pytest

from app.core import settings
from app.core.settings import SettingsError

SECRET = "s3cr3t-of-more-than-24-characters"
GOOD = {
    "ENVIRONMENT": "production",
    "BASE_URL": "https://give.example.org",
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql+psycopg://k@db/k",
    "REDIS_URL": "redis://cache/0",
    "S3_ENDPOINT": "http://s3:8333",
    "S3_PUBLIC_ENDPOINT": "https://files.example.org/",
    "S3_ACCESS_KEY": "kindrelay",
    "S3_SECRET_KEY": SECRET,
    "MAIL_URL": "smtp://user:pw@mail:587?starttls=1",
}


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(settings.env_name(name), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(f"KINDRELAY_{name}", value)
    return monkeypatch


def test_good_settings_boot(variables: pytest.MonkeyPatch) -> None:
    assert settings.load().environment == "production"


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"ENVIRONMENT", "SECRET_KEY"}))
def test_a_missing_setting_is_named(variables: pytest.MonkeyPatch, name: str) -> None:
    variables.delenv(f"KINDRELAY_{name}")
    with pytest.raises(
        SettingsError, match=rf"^KINDRELAY_{name} is not set; [^.]+\.md lists every setting\.$"
    ):
        settings.load()


@pytest.mark.parametrize("name", ["SECRET_KEY", "S3_SECRET_KEY"])
@pytest.mark.parametrize("value", ["", "short", settings.DEFAULT_SECRET, None])
def test_an_empty_short_or_default_secret_refuses_to_boot(
    variables: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        variables.delenv(f"KINDRELAY_{name}")
    else:
        variables.setenv(f"KINDRELAY_{name}", value)
    with pytest.raises(SettingsError, match=f"^KINDRELAY_{name} "):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BASE_URL", "give.example.org", "must start with one of: http, https"),
        ("DATABASE_URL", "sqlite:///k.db", "must start with one of: postgresql"),
        ("REDIS_URL", "memory://", "must start with one of: redis"),
        ("MAIL_URL", "kept:", "refused in production"),
        ("PAYMENT_PROVIDER", "sandbox", "refused in production"),
        ("PAYMENT_PROVIDER", "paypal", "sandbox"),
        ("MAX_UPLOAD_BYTES", "0", "greater than 0"),
        ("SWEEP_SECONDS", "60", "less than or equal to 10"),
        ("ENVIRONMENT", "test", "production"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_it(
    variables: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    variables.setenv("KINDRELAY_SANDBOX_SECRET", SECRET)
    variables.setenv(f"KINDRELAY_{name}", value)
    with pytest.raises(SettingsError, match=said) as refused:
        settings.load()
    assert f"KINDRELAY_{name}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_staging_may_rehearse_but_not_with_default_secrets(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("KINDRELAY_ENVIRONMENT", "staging")
    variables.setenv("KINDRELAY_PAYMENT_PROVIDER", "sandbox")
    with pytest.raises(SettingsError, match=r"^KINDRELAY_SANDBOX_SECRET "):
        settings.load()
    variables.setenv("KINDRELAY_SANDBOX_SECRET", SECRET)
    assert settings.load().payment_provider == "sandbox"


def test_the_embedded_default_needs_no_secrets(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("KINDRELAY_ENVIRONMENT", "embedded")
    variables.setenv("KINDRELAY_S3_SECRET_KEY", settings.DEFAULT_SECRET)
    variables.delenv("KINDRELAY_SECRET_KEY")
    assert settings.load().secret_key == settings.DEFAULT_SECRET
