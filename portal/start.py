"""What every entry (server, script, command line, tests) does first."""

import logging
import sys
import threading

import structlog

import db.models  # noqa: F401  fills the metadata
from db.engine import open_engine
from portal.settings import settings

_once = threading.Lock()
_started = ""


def ready() -> None:
    """Open the database and set up the log, once per process and database."""
    global _started
    with _once:
        if _started == settings().database_url:
            return
        settings().files_dir.mkdir(parents=True, exist_ok=True)
        _log()
        open_engine(settings().database_url)
        _started = settings().database_url


def _log() -> None:
    """One structured line per event on standard error; no phone, no code, no text that people typed."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
