"""The public side of the audit chain: every link, its head, and the program that checks it."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from db.engine import reading
from db.models.audit import AuditRow, ChainHead, PublishedHead
from portal import audit
from portal.acts import VISITOR
from portal.cases import callbacks as drawn
from portal.http.visitor import language_of, refusal

VERIFIER = Path(__file__).with_name("assets") / "verify_chain.py"
STEP = 1_000
DAYS = 30


def links(request: Request) -> Response:
    """`GET /audit/chain.jsonl?after=SEQ`: one line per link, without what is private in it."""
    after = request.query_params.get("after", "0")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="chain.jsonl"'}
    return StreamingResponse(_lines(start), media_type="application/x-ndjson", headers=headers)


def head(_request: Request) -> Response:
    """`GET /audit/head`: the newest link, and the heads published at the end of the last days."""
    with reading() as session:
        newest = session.get(ChainHead, 1) or ChainHead()
        days = session.exec(select(PublishedHead).order_by(col(PublishedHead.day_on).desc()).limit(DAYS)).all()
    published = [{"day": day.day_on.isoformat(), "seq": day.seq, "hash": day.hash} for day in days]
    answer = {"seq": newest.seq, "hash": newest.hash, "published": published}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def verifier(_request: Request) -> Response:
    """`GET /audit/verify.py`: the program that checks the chain with nothing but Python."""
    return FileResponse(VERIFIER, media_type="text/x-python", filename="verify_chain.py")


def callbacks(request: Request) -> Response:
    """`GET /audit/callbacks/2026-07`: the call-backs drawn for a month, and how to draw them again."""
    month = request.path_params["month"]
    with reading() as session:
        known = re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month)
        found = drawn.proof(session, VISITOR, date.fromisoformat(f"{month}-01")) if known else None
    if found is None:
        language_of(request)
        return refusal(404, "http.no_draw")
    rule = "the numbers with the smallest SHA-256 over 'seed:number', in hexadecimal, at least a tenth of `closed`"
    answer = asdict(found) | {"month_on": month, "rule": rule, "numbers": list(found.numbers)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _lines(after: int) -> Iterator[str]:
    """Links in order, in short reads, so that a slow reader holds no transaction open."""
    while True:
        with reading() as session:
            query = select(AuditRow).where(col(AuditRow.seq) > after).order_by(col(AuditRow.seq)).limit(STEP)
            rows = session.exec(query).all()
        if rows:
            yield "".join(_line(row) for row in rows)
        if len(rows) < STEP:
            return
        after = rows[-1].seq


def _line(row: AuditRow) -> str:
    link = {
        "seq": row.seq,
        "at": audit.stamp(row.at),
        "public": audit.public_part(row),
        "digest": row.digest,
        "hash": row.hash,
    }
    return json.dumps(link, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
