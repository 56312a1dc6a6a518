"""Headers of every answer: a content policy without inline code, and what else keeps a page its own."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from app.core.settings import Settings
from app.gateways.payments.registry import form_targets


def install(app: Flask, settings: Settings) -> None:
    """Add the headers.

    Media and uploads are allowed to the object store's public address only. A form may lead to the site's
    public address, whatever name this request came by, and on to the pages of the payment provider.
    """
    store = origin(settings.s3_public_endpoint)
    targets = " ".join(("'self'", origin(settings.base_url), *form_targets(settings)))

    @app.after_request
    def add(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction] (registered)
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
            f"form-action {targets}; "
            "script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self' blob:; "
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


def origin(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
