"""The books of the fund as files: transfers and awards as CSV, awards as JSON too, and what each column means."""

import csv
import io
from collections.abc import Iterable, Iterator

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from db.engine import reading
from portal.acts import VISITOR
from portal.errors import NotFound
from portal.fund import accounts, awards, transfers
from portal.fund.transfers import Scope
from portal.http.visitor import language_of, refusal
from portal.inputs import row_id
from portal.words import t

BOM = "\ufeff"
"""Spreadsheets take a file without it for the old encoding of their own country."""
ROWS = 200
_ACTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "'")
"""A cell that begins so may be taken for a formula, by East Asian spreadsheets in full width too, or for one that was
made safe."""


def fund_transfers(request: Request) -> Response:
    """`GET /fund/<id>/transfers.csv`"""
    number = row_id(request.path_params["fund_id"])
    return _transfers(request, Scope(fund_id=number), f"fund-{number}")


def round_transfers(request: Request) -> Response:
    """`GET /round/<id>/transfers.csv`"""
    number = row_id(request.path_params["round_id"])
    return _transfers(request, Scope(round_id=number), f"round-{number}")


def project_transfers(request: Request) -> Response:
    """`GET /project/<id>/transfers.csv`"""
    number = row_id(request.path_params["project_id"])
    return _transfers(request, Scope(project_id=number), f"project-{number}")


def fund_awards(request: Request) -> Response:
    """`GET /fund/<id>/awards.csv`: one grant a row, under the field titles of the 360Giving standard."""
    number = row_id(request.path_params["fund_id"])
    if not _known(Scope(fund_id=number)):
        return _none(request)
    return _csv(awards.table(number), f"awards-{number}")


def fund_awards_json(request: Request) -> Response:
    """`GET /fund/<id>/awards.json`: the same as the standard's JSON."""
    number = row_id(request.path_params["fund_id"])
    if not _known(Scope(fund_id=number)):
        return _none(request)
    return StreamingResponse(_grants(number), media_type="application/json", headers=_headers(f"awards-{number}.json"))


def fields(request: Request) -> Response:
    """`GET /fund/fields.csv`: what each column of the transfers means, in the language of the request."""
    language_of(request)
    rows = [[t("books.dictionary.column"), t("books.dictionary.meaning")]]
    rows += [[name, t(f"books.column.{name}")] for name in transfers.FIELDS]
    return _csv(rows, "fields")


def safe(cell: str) -> str:
    """`cell` so that no spreadsheet takes it for a formula: an apostrophe before what might be one.

    Taking one leading apostrophe off again gives back what stood there.
    """
    return f"'{cell}" if cell.startswith(_ACTS) else cell


def _transfers(request: Request, scope: Scope, name: str) -> Response:
    return _csv(transfers.table(scope), f"{name}-transfers") if _known(scope) else _none(request)


def _known(scope: Scope) -> bool:
    """Whether there are such books."""
    try:
        with reading() as session:
            if scope.project_id:
                accounts.of_project(session, VISITOR, scope.project_id)
            elif scope.round_id:
                accounts.of_round(session, VISITOR, scope.round_id)
            else:
                accounts.of_fund(session, VISITOR, scope.fund_id)
    except NotFound:
        return False
    return True


def _none(request: Request) -> Response:
    language_of(request)
    return refusal(404, "http.no_books")


def _csv(rows: Iterable[list[str]], name: str) -> Response:
    return StreamingResponse(_lines(rows), media_type="text/csv; charset=utf-8", headers=_headers(f"{name}.csv"))


def _lines(rows: Iterable[list[str]]) -> Iterator[str]:
    """The rows as text, some hundred at a time; numbers and dates are not touched, since none begins with a sign."""
    sheet = io.StringIO(BOM)
    sheet.seek(0, io.SEEK_END)
    writer = csv.writer(sheet, lineterminator="\r\n")
    for n, row in enumerate(rows, 1):
        writer.writerow(map(safe, row))
        if n % ROWS == 0:
            yield _emptied(sheet)
    yield _emptied(sheet)


def _emptied(sheet: io.StringIO) -> str:
    text = sheet.getvalue()
    sheet.seek(0)
    sheet.truncate()
    return text


def _grants(fund_id: int) -> Iterator[bytes]:
    yield b'{"grants":['
    for n, grant in enumerate(awards.grants(fund_id)):
        yield (b"," if n else b"") + orjson.dumps(grant)
    yield b"]}"


def _headers(name: str) -> dict[str, str]:
    return {"Cache-Control": "no-cache", "Content-Disposition": f'attachment; filename="{name}"'}
