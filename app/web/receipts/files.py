"""Answering with a PDF that is for one person."""

from io import BytesIO

from flask import Response, send_file


def as_pdf(body: bytes, name: str) -> Response:
    """A PDF that a browser shows, saves as `name` and does not keep."""
    response = send_file(BytesIO(body), "application/pdf", download_name=name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
