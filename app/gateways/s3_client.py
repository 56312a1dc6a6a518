"""Clients of an S3-compatible store, made cheaply."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from app.core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 3
READ_SECONDS = 30
ATTEMPTS = 3

_one_at_a_time = Lock()  # clients may be shared by threads, what makes them may not


def make_client(settings: Settings, endpoint: str) -> "S3Client":
    """A boto3 client for `endpoint`: path-style addresses, signature v4, bounded waits and retries."""
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=16,
        # A presigned part must not demand a checksum that browsers don't send.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _one_at_a_time:
        return _session().client(  # pyright: ignore[reportUnknownMemberType] (boto3-stubs overloads)
            "s3",
            endpoint_url=endpoint,
            region_name=settings.s3_region,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            config=config,
        )


@cache
def _session() -> boto3.session.Session:
    """Reading what S3 is takes a third of a second of CPU, so it is done once a process."""
    return boto3.session.Session()
