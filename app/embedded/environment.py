"""The KINDRELAY_* variables that point a process at a home's engines."""

import os
import socket

from app.embedded import binaries, postgres, seaweedfs, valkey
from app.embedded.errors import EmbeddedError
from app.embedded.home import Home

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 (compared with, not listened on)
ENGINE_ADDRESSES = ("KINDRELAY_DATABASE_URL", "KINDRELAY_REDIS_URL", "KINDRELAY_S3_ENDPOINT")
OPERATORS_CHOICE = (
    "KINDRELAY_BASE_URL",
    "KINDRELAY_MAIL_URL",
    "KINDRELAY_MAIL_FROM",
    "KINDRELAY_PAYMENT_PROVIDER",
)


def environment(home: Home) -> dict[str, str]:
    """Every KINDRELAY_* variable a child of this home gets.

    What the operator sets for mail, payments or the public address stands; all else is the home's.
    Raises EmbeddedError when the home was never started.
    """
    state = home.state() if home.exists() else None
    if state is None or not state.ports:
        raise EmbeddedError(
            f"There is no Kindrelay in {home.path} yet. Start it with: kindrelay up --home {home.path}"
        )
    secrets = home.secrets()
    endpoint = seaweedfs.url(state.ports["s3"])
    variables = {
        "KINDRELAY_HOME": str(home.path),
        "KINDRELAY_ENVIRONMENT": "embedded",
        "KINDRELAY_BASE_URL": state.base_url or "http://127.0.0.1:8000",
        "KINDRELAY_SECRET_KEY": secrets["secret_key"],
        "KINDRELAY_DATABASE_URL": postgres.url(home, state.ports["postgres"]),
        "KINDRELAY_REDIS_URL": valkey.url(state.ports["valkey"]),
        "KINDRELAY_S3_ENDPOINT": endpoint,
        "KINDRELAY_S3_PUBLIC_ENDPOINT": state.s3_public_endpoint or endpoint,
        "KINDRELAY_S3_REGION": seaweedfs.REGION,
        "KINDRELAY_S3_ACCESS_KEY": secrets["s3_access_key"],
        "KINDRELAY_S3_SECRET_KEY": secrets["s3_secret_key"],
        "KINDRELAY_S3_PRIVATE_BUCKET": seaweedfs.PRIVATE_BUCKET,
        "KINDRELAY_S3_MEDIA_BUCKET": seaweedfs.MEDIA_BUCKET,
        "KINDRELAY_MAIL_URL": "kept:",
        "KINDRELAY_PAYMENT_PROVIDER": "sandbox",
        "KINDRELAY_SANDBOX_SECRET": secrets["sandbox_secret"],
        "KINDRELAY_FFMPEG": str(binaries.resolve(binaries.FFMPEG).path),
        "KINDRELAY_FFPROBE": str(binaries.resolve(binaries.FFPROBE).path),
    }
    return variables | {name: os.environ[name] for name in OPERATORS_CHOICE if os.environ.get(name)}


def external_engines() -> list[str]:
    """The variables, if any, by which the operator has named engines of their own."""
    return [name for name in ENGINE_ADDRESSES if os.environ.get(name)]


def lan_address() -> str:
    """This machine's address on its network. Raises EmbeddedError when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # a documentation address: nothing is sent, only a route is chosen
        except OSError:
            raise EmbeddedError(
                "This machine is on no network that a phone could reach. Leave --host out."
            ) from None
        return probe.getsockname()[0]


def public_host(host: str) -> str:
    """The name under which browsers reach a server that listens on `host`."""
    return lan_address() if host == ANY_ADDRESS else host
