"""The HTTP floor: `create_app` builds the Flask application from its settings."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import runtime
from app.core.paths import STATIC, TEMPLATES
from app.core.settings import Settings
from app.web import (
    access,
    blueprints,
    failures,
    forms,
    headers,
    languages,
    limits,
    outside,
    shown,
    signin,
    visitors,
)
from app.web.hooks.door import HooksDoor
from app.web.touches import TouchesDoor

SESSION_DAYS = 30
MAX_FORM_BYTES = 30 * 1024 * 1024  # documents and covers; videos go straight to the object store

csrf = CSRFProtect()


def create_app(settings: Settings) -> Flask:
    """The application for these settings; connects this process to their engines."""
    runtime.start(settings)
    app = Flask("kindrelay", static_folder=str(STATIC), template_folder=str(TEMPLATES))
    secure = settings.base_url.startswith("https:")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
        SESSION_COOKIE_NAME="__Host-kindrelay" if secure else "kindrelay",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    signin.install(app)
    languages.install(app)
    shown.install(app)
    visitors.install(app, settings)
    csrf.init_app(app)
    limits.install(app, settings)
    access.enforce(app)
    headers.install(app, settings)
    failures.install(app)
    forms.install(app)
    outside.install(app, settings)
    HooksDoor(app)
    TouchesDoor(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # pyright: ignore[reportAttributeAccessIssue] (Flask documents this)
    for blueprint in blueprints.ALL:
        app.register_blueprint(blueprint)
    for blueprint in blueprints.WITHOUT_CSRF:
        csrf.exempt(blueprint)
    return app
