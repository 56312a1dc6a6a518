"""Every blueprint of the platform."""

from flask import Blueprint

from app.web.accounts.views import accounts
from app.web.health import health
from app.web.public.views import public
from app.web.watch.views import watch

ALL: tuple[Blueprint, ...] = (health, accounts, public, watch)

# Machines call these and prove themselves by signature or key, not by a form token.
WITHOUT_CSRF: tuple[Blueprint, ...] = ()
