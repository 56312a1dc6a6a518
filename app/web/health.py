"""Whether this process lives, and whether it can serve."""

import structlog
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import migrate, wakeups
from app.core.db import unit_of_work
from app.core.errors import Unavailable
from app.web.access import Rule, allow
from app.web.outside import object_store

health = Blueprint("health", __name__)

log = structlog.get_logger()


@health.get("/healthz")
@allow(Rule.EVERYONE)
def alive() -> ResponseReturnValue:
    return jsonify(alive=True)


@health.get("/readyz")
@allow(Rule.EVERYONE)
def ready() -> ResponseReturnValue:
    """200 once database, migrations, Redis and object store answer; else 503 and which do not."""
    checks = {"database": _database(), "redis": _redis(), "object_store": _object_store()}
    return jsonify(checks), 200 if all(checks.values()) else 503


def _database() -> bool:
    try:
        with unit_of_work() as session:
            return migrate.is_current(session.connection())
    except SQLAlchemyError as error:
        log.warning("database not ready", error=str(error))
        return False


def _redis() -> bool:
    try:
        wakeups.ping()
    except RedisError as error:
        log.warning("redis not ready", error=str(error))
        return False
    return True


def _object_store() -> bool:
    try:
        for bucket in (object_store().private, object_store().media):
            next(iter(bucket.list_prefix("ready/")), None)
    except Unavailable as error:
        log.warning("object store not ready", error=str(error))
        return False
    return True
