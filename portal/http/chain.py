"""The public side of the audit chain: every link, its head, and the program that checks it."""

import json
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from db.engine import reading
from db.models.audit import AuditRow, ChainHead, PublishedHead
from portal import audit

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
