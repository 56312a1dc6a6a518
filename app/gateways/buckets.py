"""Sets the two buckets up: who may read, which pages may send, what is cleaned up."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.core.settings import Settings
from app.gateways.s3 import make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef

ABANDONED_UPLOAD_DAYS = 3


def prepare(settings: Settings, origins: Sequence[str]) -> None:
    """Create the buckets and set them up; doing it again changes nothing.

    `origins` are the addresses of the site, from which browsers may read and send. The media bucket can be
    read by anyone who knows a key (never listed); the private one only through signed addresses.
    """
    client = make_client(settings, settings.s3_endpoint)
    for bucket in (settings.s3_private_bucket, settings.s3_media_bucket):
        _create(client, bucket)
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [_browser_rule(origins)]})
    client.put_bucket_policy(
        Bucket=settings.s3_media_bucket, Policy=_anonymous_reading(settings.s3_media_bucket)
    )
    client.put_bucket_lifecycle_configuration(
        Bucket=settings.s3_private_bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "abandoned-uploads",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABANDONED_UPLOAD_DAYS},
                }
            ]
        },
    )


def _create(client: "S3Client", bucket: str) -> None:
    try:
        client.create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in {
            "BucketAlreadyOwnedByYou",
            "BucketAlreadyExists",
        }:
            raise


def _browser_rule(origins: Sequence[str]) -> "CORSRuleTypeDef":
    return {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
        "AllowedHeaders": ["content-type", "content-md5", "range"],
        "ExposeHeaders": ["ETag", "Content-Length", "Content-Range"],
    }


def _anonymous_reading(bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
