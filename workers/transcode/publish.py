"""Puts a finished folder into the media bucket: children first, each checked, the master playlist last."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from app.gateways.object_store import Bucket, StorageUnavailable
from workers.transcode.encode import Encoded

AT_ONCE = 4


def send(bucket: Bucket, prefix: str, encoded: Encoded, still_wanted: Callable[[], None]) -> None:
    """Store every file of `encoded` under `prefix`, which ends in a slash.

    Raises StorageUnavailable when a file is not there in full afterwards, and what `still_wanted` raises.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(_put, bucket, prefix, encoded.folder, path) for path in encoded.children]
        try:
            for done in as_completed(sent):
                done.result()
                still_wanted()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    _put(bucket, prefix, encoded.folder, encoded.master)


def _put(bucket: Bucket, prefix: str, folder: Path, path: Path) -> None:
    key = f"{prefix}{path.relative_to(folder).as_posix()}"
    bucket.put(key, path)
    stored = bucket.head(key)
    if stored is None or stored.size != path.stat().st_size:
        raise StorageUnavailable(f"{key} is not what was sent")
