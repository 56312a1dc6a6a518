"""Every blueprint of the platform."""

from flask import Blueprint

from app.web.accounts.views import accounts
from app.web.donate.views import donate
from app.web.health import health
from app.web.hooks.views import hooks
from app.web.public.views import public
from app.web.sandbox.api import sandbox_api
from app.web.sandbox.views import sandbox
from app.web.watch.views import watch

ALL: tuple[Blueprint, ...] = (health, accounts, public, watch, donate, hooks, sandbox, sandbox_api)

# Machines call these and prove themselves by signature or key, not by a form token.
WITHOUT_CSRF: tuple[Blueprint, ...] = (hooks, sandbox_api)
