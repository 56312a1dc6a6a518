"""The files of what was withdrawn are deleted at once: whoever has their addresses needs no page."""

import structlog

from app.gateways.object_store import StorageUnavailable
from app.videos import outputs
from app.web.outside import object_store

log = structlog.get_logger()


def delete_public_files(video_code: str) -> None:
    """Delete all that the media bucket has of a video; call it after the commit that withdrew the video.

    While the store does not answer, the task that was deferred with that commit does the same.
    """
    try:
        object_store().media.delete_prefix(outputs.video_prefix(video_code))
    except StorageUnavailable as error:
        log.warning("public files are left to the sweep", video=video_code, error=str(error))
