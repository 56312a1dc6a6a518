"""What every call of ffmpeg and ffprobe says first, because the file comes from a stranger.

Container formats are named one by one: playlists and concat lists saved as .mp4 read other files otherwise,
which the protocol list alone does not stop. Frames are bounded before they are allocated.
"""

FORMATS = "mov,matroska,webm,mpegts,avi"
MAX_PIXELS = 16_777_216  # 4096 × 4096

INPUT = {
    "protocol_whitelist": "file",
    "format_whitelist": FORMATS,
    "max_pixels": MAX_PIXELS,
}
QUIET = ("-hide_banner", "-v", "error")


def input_arguments() -> list[str]:
    """The guard as arguments that stand before an input."""
    return [part for name, value in INPUT.items() for part in (f"-{name}", str(value))]
