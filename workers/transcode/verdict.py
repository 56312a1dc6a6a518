"""Tells a fault of the file from a fault of ours when a media tool fails, and names the file's."""

from pathlib import Path

from workers.transcode import signatures
from workers.transcode.reasons import (
    INCOMPLETE,
    NO_PICTURE,
    NOT_A_VIDEO,
    TOO_HARD,
    TOO_LARGE,
    UNDECODABLE,
    Rejected,
)
from workers.transcode.run import ToolFailedError, ToolHungError

REFUSED = 1  # how ffprobe ends when the file is at fault
HARDLY_ANY_DECODED = 69  # how ffmpeg ends when most of what it decoded was broken
TOO_MANY_PIXELS = "exceeds specified max pixel count"
NO_MEMORY = "Cannot allocate memory"
NOTHING_TO_ENCODE = "received no packets"


def on_look(error: ToolFailedError, source: Path) -> Exception:
    """What a failed look says about the file; a tool that was killed or is missing says nothing of it."""
    if isinstance(error, ToolHungError):
        return Rejected(TOO_HARD)
    if error.returncode != REFUSED:
        return error
    if NO_MEMORY in error.stderr:
        return Rejected(TOO_HARD)
    if "moov atom not found" in error.stderr and signatures.is_mp4(source):
        return Rejected(INCOMPLETE)
    return Rejected(NO_PICTURE if signatures.is_sound(source) else NOT_A_VIDEO)


def on_decoding(error: ToolFailedError) -> Exception:
    """What ffmpeg's failure says about a file that ffprobe understood."""
    if error.returncode == HARDLY_ANY_DECODED or NOTHING_TO_ENCODE in error.stderr:
        return Rejected(TOO_LARGE if TOO_MANY_PIXELS in error.stderr else UNDECODABLE)
    return error
