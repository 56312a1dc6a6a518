"""Text in the person's language: Flask-Babel, typed."""

from typing import Any, cast

import flask_babel


def _(message: str, **params: Any) -> str:
    """`message` in the language of this request, with `params` filled in."""
    return flask_babel.gettext(message, **params)


def lazy(message: str, **params: Any) -> str:
    """Like `_`, but translated only when it is shown: for labels written at import."""
    return cast("str", flask_babel.lazy_gettext(message, **params))


def plural(one: str, many: str, num: int, **params: Any) -> str:
    """The singular or the plural for `num`, which the message can show as %(num)s."""
    return flask_babel.ngettext(one, many, num, **params)
