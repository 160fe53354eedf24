"""Funds: the purses of communities. Donations are off where no qualified charity holds them."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from db.models.fund import Fund
from db.models.ledger import AccountKind
from portal import areas, ledger, limits
from portal.acts import InArea, Who, allowed, demand, perform
from portal.errors import NotFound, Refused
from portal.fund import acts
from portal.inputs import clean

_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The signs of a unified social credit code (GB 32100-2015), by their value."""


@dataclass(frozen=True)
class Typed:
    """A fund as typed. No charity: donations are off."""

    name: str
    about: str = ""
    charity: str = ""
    charity_code: str = ""


@dataclass(frozen=True)
class Purse:
    """The money of a fund in two figures, in fen."""

    income_fen: int
    """All that ever came in, less what was corrected."""
    left_fen: int
    """What no round has been given yet."""


def create(session: Session, who: Who, area_id: int, typed: Typed) -> int:
    """Set up a fund for an area; its id. Raises Forbidden, and Refused for a field that cannot be."""
    area = areas.tree().by_id(area_id)
    demand(who, acts.CREATE_FUND, InArea(area.path))
    fund = Fund(name="", area_id=area.id, area_path=area.path)
    columns = _columns(typed)
    perform(session, who, acts.CREATE_FUND, fund, facts={"area": area.path, **columns}, **columns)
    return fund.id or 0


def edit(session: Session, who: Who, fund_id: int, typed: Typed) -> int:
    """Change a fund's name, words and charity. Raises NotFound, Forbidden, TooLate, Refused as `create`."""
    fund = one(session, who, fund_id)
    columns = _columns(typed)
    facts = {name: value for name, value in columns.items() if value != getattr(fund, name)}
    perform(session, who, acts.EDIT_FUND, fund, facts=facts, **columns)
    return fund_id


def one(session: Session, who: Who, fund_id: int) -> Fund:
    """The fund. Raises NotFound."""
    fund = session.get(Fund, fund_id) if 0 < fund_id < 2**31 else None
    if fund is None:
        raise NotFound()
    return fund


def listing(session: Session, who: Who) -> list[Fund]:
    """The funds, oldest first; there are few."""
    return list(session.exec(select(Fund).order_by(col(Fund.id)).limit(limits.COUNT_ROWS)).all())


def editable(session: Session, who: Who) -> list[Fund]:
    """The funds that `who` may change."""
    return [fund for fund in listing(session, who) if allowed(who, acts.EDIT_FUND, fund)]


def purse(session: Session, who: Who, fund_id: int) -> Purse:
    """What a fund has received and has left."""
    owner = f"fund:{fund_id}"
    found = ledger.balances(session, owner)
    income = -sum(found.get((owner, kind), 0) for kind in ledger.SOURCES)
    return Purse(income, found.get((owner, AccountKind.FUND), 0))


def _columns(typed: Typed) -> dict[str, Any]:
    charity = clean("charity", typed.charity, limits.TITLE_CHARS, required=False)
    code = clean("charity_code", typed.charity_code, 40, required=bool(charity)).replace(" ", "").upper()
    if code and not is_credit_code(code):
        raise Refused("not_a_credit_code")
    if code and not charity:
        raise Refused("missing", field="charity")
    return {
        "name": clean("fund_name", typed.name, limits.TITLE_CHARS),
        "about": clean("fund_about", typed.about, limits.BODY_CHARS, required=False, lines=True),
        "charity": charity,
        "charity_code": code,
    }


def is_credit_code(code: str) -> bool:
    """Whether `code` is a unified social credit code: 18 signs, of which the last one checks the others."""
    if len(code) != 18 or not set(code) <= set(_CODE):
        return False
    total = sum(_CODE.index(sign) * pow(3, n, 31) for n, sign in enumerate(code[:17]))
    return _CODE[(31 - total % 31) % 31] == code[17]
