"""Addresses that a request may lead on to."""

from urllib.parse import urlsplit


def own_path(target: str | None) -> str | None:
    """`target` if it is a path on this site, else None: a form must not send people elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    return target if not parts.netloc and not parts.scheme else None
