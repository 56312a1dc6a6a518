"""Typed settings from the environment; a missing or bad value refuses to boot, by name."""

import re
import shutil
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from app.core.gate_settings import GateSettings

DEFAULT_SECRET = "kindrelay-embedded-only"  # noqa: S105 (refused outside the embedded environment)
MIN_SECRET_LENGTH = 24
SCHEMES = {
    "base_url": ("http", "https"),
    "database_url": ("postgresql+psycopg",),
    "redis_url": ("redis", "rediss", "unix"),
    "s3_endpoint": ("http", "https"),
    "s3_public_endpoint": ("http", "https"),
    "alipay_gateway_url": ("http", "https"),
    "mail_url": ("kept", "smtp", "smtps"),
}
STRIPE_KEY = re.compile(r"(?:sk|rk)_(test|live)_[A-Za-z0-9]{16,}")
STRIPE_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{24,}")
SECRETS = ("secret_key", "s3_secret_key", "sandbox_secret")


class SettingsError(Exception):
    """The environment cannot be booted from; the message is one sentence that names the value."""


class Settings(GateSettings):
    """Everything an operator decides. Each field is the variable KINDRELAY_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="KINDRELAY_", frozen=True, extra="ignore")

    environment: Literal["embedded", "staging", "production"] = "production"
    base_url: str
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    secret_key: str = DEFAULT_SECRET
    database_url: str
    redis_url: str
    s3_endpoint: str
    s3_public_endpoint: str
    s3_region: str = "us-east-1"
    s3_access_key: str
    s3_secret_key: str
    s3_private_bucket: str = "kindrelay-private"
    s3_media_bucket: str = "kindrelay-media"
    mail_url: str
    mail_from: str = "Kindrelay <hello@kindrelay.example>"
    payment_provider: Literal["sandbox", "stripe", "alipay", "none"] = "none"
    sandbox_secret: str = DEFAULT_SECRET
    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    alipay_app_id: str = ""
    alipay_private_key: str = ""
    alipay_private_key_file: str = ""
    alipay_public_key: str = ""
    alipay_public_key_file: str = ""
    alipay_gateway_url: str = "https://openapi.alipay.com/gateway.do"
    monthly_raise_times: int = Field(default=3, ge=1)
    ffmpeg: str = Field(default_factory=lambda: shutil.which("ffmpeg") or "")
    ffprobe: str = Field(default_factory=lambda: shutil.which("ffprobe") or "")
    transcode_preset: str = "veryfast"
    recipe: str = "h264-2"
    max_upload_bytes: int = Field(default=2 * 1024**3, gt=0)
    max_video_seconds: int = Field(default=600, gt=0)
    creator_quota_bytes: int = Field(default=20 * 1024**3, gt=0)
    keep_sources: bool = True
    stall_seconds: int = Field(default=120, gt=0)
    demo_film_seconds: float = Field(default=60, ge=0.5)
    task_lease_seconds: int = Field(default=20, ge=2)
    sweep_seconds: float = Field(default=5, gt=0, le=10)
    report_file_days: int = Field(default=7, ge=1, le=90)
    touch_months: int = Field(default=13, ge=1, le=120)
    address_touches: int = Field(default=500, ge=1)
    preview_workers: int = Field(default=1, ge=1, le=64)
    media_workers: int = Field(default=1, ge=1, le=64)

    @model_validator(mode="after")
    def addresses_have_a_known_scheme(self) -> Self:
        for name, schemes in SCHEMES.items():
            value: str = getattr(self, name)
            if urlsplit(value).scheme not in schemes:
                raise ValueError(f"{env_name(name)} must start with one of: {', '.join(schemes)}")
        return self

    @model_validator(mode="after")
    def secrets_are_secret(self) -> Self:
        if self.environment == "embedded":
            return self
        for name in SECRETS:
            if name == "sandbox_secret" and self.payment_provider != "sandbox":
                continue
            value: str = getattr(self, name)
            if value == DEFAULT_SECRET or len(value) < MIN_SECRET_LENGTH:
                raise ValueError(
                    f"{env_name(name)} must be set to at least {MIN_SECRET_LENGTH} random characters"
                )
        return self

    @model_validator(mode="after")
    def production_is_not_a_rehearsal(self) -> Self:
        if self.environment == "production" and self.payment_provider == "sandbox":
            raise ValueError(
                "KINDRELAY_PAYMENT_PROVIDER=sandbox moves no real money and is refused in production"
            )
        if self.environment == "production" and self.payment_provider == "alipay" and self.alipay_rehearses:
            raise ValueError(
                "KINDRELAY_ALIPAY_GATEWAY_URL is Alipay's sandbox: no real money; it is refused in production"
            )
        if self.environment == "production" and self.mail_url.startswith("kept:"):
            raise ValueError(
                "KINDRELAY_MAIL_URL=kept: sends no mail and is refused in production; give an smtp:// address"
            )
        return self

    @model_validator(mode="after")
    def stripe_is_whole(self) -> Self:
        if self.payment_provider != "stripe":
            return self
        key = STRIPE_KEY.fullmatch(self.stripe_secret_key)
        if key is None:
            raise ValueError("KINDRELAY_STRIPE_SECRET_KEY must be set to a key that starts with sk_ or rk_")
        if (key[1] == "live") != (self.environment == "production"):
            raise ValueError(
                "KINDRELAY_STRIPE_SECRET_KEY must be a live key in production, and a test key elsewhere"
            )
        secrets = self.stripe_webhook_secrets
        if not secrets or not all(STRIPE_WEBHOOK_SECRET.fullmatch(secret) for secret in secrets):
            raise ValueError(
                "KINDRELAY_STRIPE_WEBHOOK_SECRET must be set to a signing secret that starts with whsec_"
            )
        return self

    @property
    def stripe_webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that webhooks may be signed with: two, parted by a space, while one is replaced."""
        return tuple(self.stripe_webhook_secret.split())

    @model_validator(mode="after")
    def alipay_is_whole(self) -> Self:
        if self.payment_provider != "alipay":
            return self
        if not (self.alipay_app_id.isascii() and self.alipay_app_id.isdigit()):
            raise ValueError("KINDRELAY_ALIPAY_APP_ID must be set to the application's number at Alipay")
        secure = self.alipay_gateway_url.startswith("https:") and self.base_url.startswith("https:")
        if self.environment != "embedded" and not secure:
            raise ValueError(
                "KINDRELAY_ALIPAY_GATEWAY_URL and KINDRELAY_BASE_URL must both start with https with alipay"
            )
        self.alipay_keys()
        return self

    @property
    def alipay_rehearses(self) -> bool:
        """Whether the address is Alipay's own sandbox."""
        return "sandbox" in (urlsplit(self.alipay_gateway_url).hostname or "")

    def alipay_keys(self) -> tuple[str, str]:
        """Our application's private key and Alipay's public key, in PEM. Raises ValueError for a bad one."""
        from app.core import rsa_keys  # a quarter of a second that only sites with Alipay spend

        private, public = env_name("alipay_private_key"), env_name("alipay_public_key")
        own = rsa_keys.private_key(private, self.alipay_private_key, self.alipay_private_key_file)
        theirs = rsa_keys.public_key(public, self.alipay_public_key, self.alipay_public_key_file, own)
        return rsa_keys.pem(own), rsa_keys.pem(theirs)


def env_name(field: str) -> str:
    """The environment variable that sets `field`."""
    return f"KINDRELAY_{field.upper()}"


def load() -> Settings:
    """Read the settings from the environment. Raises SettingsError with one sentence naming the bad value."""
    try:
        return Settings()  # pyright: ignore[reportCallIssue] (the values come from the environment)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise SettingsError(
                f"{env_name(field)} is not set; docs/operations.md lists every setting."
            ) from None
        reason = first["msg"].removeprefix("Value error, ")
        named = reason if reason.startswith("KINDRELAY_") else f"{env_name(field)}: {reason}"
        raise SettingsError(f"{named}.") from None
