"""SeaweedFS as the S3 store, on a data folder of the home."""

import contextlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from app.embedded import binaries
from app.embedded.home import Home, State
from app.embedded.ports import GRPC_OFFSET
from app.embedded.process import Command

REGION = "us-east-1"
PRIVATE_BUCKET, MEDIA_BUCKET = "kindrelay-private", "kindrelay-media"
ABORT_UPLOADS_AFTER_DAYS = 7
SOCKETS = "/tmp"  # noqa: S108 (where SeaweedFS puts its sockets, without a choice)


class SeaweedFS:
    """One SeaweedFS with its S3 gateway on loopback.

    Its inner ports have no password, so it never listens anywhere else; see `relay` for other devices.
    """

    name = "seaweedfs"
    title = "SeaweedFS"
    ports: tuple[str, ...] = ("s3", "s3_master", "s3_volume", "s3_filer", "s3_admin")
    grpc_ports: tuple[str, ...] = ports
    note: str | None = None

    def __init__(self, home: Home, state: State) -> None:
        self.home = home
        self.binary = binaries.resolve(binaries.SEAWEEDFS)
        self.folder = home.path / "seaweedfs"
        self.numbers = {name: state.ports.get(name, 0) for name in self.ports}

    @property
    def port(self) -> int:
        return self.numbers["s3"]

    def prepare(self, state: State) -> None:
        """Make the data folder and clear the sockets and remembered ports of an earlier run."""
        self.numbers = {name: state.ports[name] for name in self.ports}
        self.folder.mkdir(exist_ok=True, mode=0o700)
        (self.folder / "mini.options").unlink(missing_ok=True)
        clear_sockets(state)

    def command(self) -> Command:
        """Master, volume server, filer and S3 gateway in one process."""
        options = {
            "dir": str(self.folder),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.telemetry": "false",
            "volume.preStopSeconds": "0",
            "s3.port.iceberg": "0",
            "s3.port.lance": "0",
            "admin.ui": "false",
            "webdav": "false",
            **{f"{name.removeprefix('s3_')}.port": str(port) for name, port in self.numbers.items()},
        }
        arguments = [str(self.binary.path), "mini", *(f"-{name}={value}" for name, value in options.items())]
        return Command(self.name, arguments, _credentials(self.home))

    def is_ready(self) -> bool:
        """True once the S3 gateway answers."""
        return is_healthy(self.port)

    def finish(self) -> None:
        """Create both buckets with their rules if they are not there."""
        endpoint = url(self.port)
        make_bucket(self.home, endpoint, PRIVATE_BUCKET, public=False)
        make_bucket(self.home, endpoint, MEDIA_BUCKET, public=True)


def url(port: int, host: str = "127.0.0.1") -> str:
    """Address of an S3 gateway."""
    return f"http://{host}:{port}"


def clear_sockets(state: State) -> None:
    """Remove the sockets that this home's SeaweedFS left outside the home."""
    for name, port in state.ports.items():
        if name.startswith("s3"):
            for ending in (f"{port}", f"grpc-{port + GRPC_OFFSET}"):
                for socket in Path(SOCKETS).glob(f"seaweedfs-*-{ending}.sock"):
                    socket.unlink(missing_ok=True)


def make_bucket(home: Home, endpoint: str, bucket: str, public: bool) -> None:
    """Create a bucket if need be, with CORS for browsers; unfinished uploads are aborted after a week.

    A `public` bucket's objects can be read by anyone who knows their key; it cannot be listed.
    """
    client = _client(home, endpoint)
    with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket=bucket)
    rule: dict[str, Any] = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    unfinished = {
        "ID": "abort-unfinished-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOADS_AFTER_DAYS},
    }
    with contextlib.suppress(
        ClientError
    ):  # older SeaweedFS has no such rule; its uploads then stay until removed
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [unfinished]}
        )
    if public:
        statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"]}
        statement["Resource"] = [f"arn:aws:s3:::{bucket}/*"]
        client.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )


def _client(home: Home, endpoint: str) -> Any:
    secrets = home.secrets()
    return boto3.client(  # pyright: ignore[reportUnknownMemberType] (boto3 types are a development dependency)
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=secrets["s3_access_key"],
        aws_secret_access_key=secrets["s3_secret_key"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 5}),
    )


def _credentials(home: Home) -> dict[str, str]:
    secrets = home.secrets()
    return {"AWS_ACCESS_KEY_ID": secrets["s3_access_key"], "AWS_SECRET_ACCESS_KEY": secrets["s3_secret_key"]}


def is_healthy(port: int, host: str = "127.0.0.1") -> bool:
    """True when an S3 gateway answers there."""
    try:
        with urllib.request.urlopen(f"{url(port, host)}/healthz", timeout=2) as response:  # noqa: S310 (our own)
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
