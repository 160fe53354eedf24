"""The unexpected: logged with its trace under a reference number, told in one sentence without it."""

import secrets
import traceback

import structlog

log = structlog.get_logger()


def report(error: BaseException, where: str) -> str:
    """Log `error` and return the eight-character reference that the person is shown.

    The trace is logged as files, lines and kinds of error. Messages of errors stay out: they may quote a person.
    """
    reference = secrets.token_hex(4)
    log.error("unexpected", reference=reference, where=where, kinds=_kinds(error), trace=_trace(error))
    return reference


def _kinds(error: BaseException) -> list[str]:
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 10:
        chain.append(f"{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or current.__context__
    return chain


def _trace(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-30:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
