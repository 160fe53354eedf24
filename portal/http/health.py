"""Whether the process lives, and whether it can serve."""

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import schema

log = structlog.get_logger()


def alive(_request: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def ready(_request: Request) -> Response:
    """`GET /readyz`: the database can be reached and has this code's schema; 503 otherwise."""
    try:
        current = schema.is_current()
    except SQLAlchemyError as error:
        log.warning("not_ready", reason=type(error).__name__)
        current = False
    return JSONResponse(
        {"status": "ok" if current else "not ready"}, 200 if current else 503, headers={"Cache-Control": "no-store"}
    )
