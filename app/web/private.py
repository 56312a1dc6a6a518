"""Answers that are for the holder of their address alone."""

from flask import Response, make_response


def private(body: object) -> Response:
    """An answer that nothing keeps, and whose address no other site is told."""
    response = make_response(body)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
