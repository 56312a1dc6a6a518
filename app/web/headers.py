"""Headers of every answer: a content policy with a nonce, and what else keeps a page its own."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from app.core.settings import Settings


def install(app: Flask, settings: Settings) -> None:
    """Add the headers; media and uploads are allowed to the object store's public address only."""
    parts = urlsplit(settings.s3_public_endpoint)
    store = f"{parts.scheme}://{parts.netloc}"

    @app.before_request
    def make_nonce() -> None:  # pyright: ignore[reportUnusedFunction] (registered by the decorator)
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def add(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction] (registered)
        nonce = g.get("nonce", "")
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
            "form-action 'self'; "
            f"script-src 'self' 'nonce-{nonce}'; style-src 'self'; font-src 'self'; worker-src 'self' blob:; "
            f"img-src 'self' data: {store}; media-src 'self' blob: {store}; connect-src 'self' {store}",
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if request.endpoint == "static" and "v" in request.args:  # the address changes with the file
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        if settings.base_url.startswith("https:"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response
