"""What is done to a dispute alone."""

from datetime import timedelta

from sqlmodel import col, select

from db.engine import reading
from db.models.cases import Case
from db.models.disputes import Agreement, Consent, Party, Sitting
from portal import areas, clock
from portal.acts import Who
from portal.cases.disputes import OtherSide, agreements, mediators, mend, parties, sittings
from portal.cases.work import SAID
from tests.fixtures.town import CELL
from tests.portal.cases.histories.play import Deed, Play, by, quarrel
from tests.portal.cases.steps import do


def _mend(play: Play, case: Case, pick: int) -> object:
    sides = (OtherSide("钱二"),) if pick % 3 == 0 else ()
    typed = quarrel(parties=sides, area_id=areas.tree().by_path(CELL).id)
    return do(mend, play.poster(case), case.id, typed)


def _party(play: Play, case: Case, pick: int) -> Who:
    """A side with an account; whoever brought it where there is none."""
    return play.everybody[case.party_ids[pick % len(case.party_ids)]] if case.party_ids else play.poster(case)


def _add_party(play: Play, case: Case, pick: int) -> object:
    side = OtherSide("孙三", "13900000003") if pick % 2 else OtherSide("周五")
    return do(parties.add_party, play.poster(case) if pick % 3 else play.holder(case), case.id, side)


def _sittings(case: Case) -> list[int]:
    with reading() as session:
        found = session.exec(select(Sitting.id).where(Sitting.case_id == case.id).order_by(col(Sitting.id)))
        return [number for number in found if number] or [0]


def _sit(play: Play, case: Case, pick: int) -> object:
    return do(sittings.sit, play.holder(case), case.id, clock.now() + timedelta(minutes=10 + pick % 90), "调解室")


def _minutes(play: Play, case: Case, pick: int) -> object:
    found = _sittings(case)
    return do(sittings.write_minutes, play.holder(case), found[pick % len(found)], "双方说明了情况。")


def _call_off(play: Play, case: Case, pick: int) -> object:
    found = _sittings(case)
    return do(sittings.call_off, play.holder(case), found[pick % len(found)])


def _offer(play: Play, case: Case, pick: int) -> object:
    return do(agreements.offer, _party(play, case, pick) if pick % 3 else play.holder(case), case.id, "加软垫")


def _consent(play: Play, case: Case, pick: int) -> object:
    """One side agrees in the portal, or all that have not yet agreed on paper."""
    with reading() as session:
        texts = select(Agreement.id).where(Agreement.case_id == case.id).order_by(col(Agreement.number).desc())
        text = session.exec(texts).first() or 0
        agreed = session.exec(select(Consent.party_id).where(Consent.agreement_id == text)).all()
        sides = session.exec(select(Party.id).where(Party.case_id == case.id).order_by(col(Party.id))).all()
    if pick % 2:
        return do(agreements.consent, _party(play, case, pick), text)
    for side in (side for side in sides if side not in agreed):
        do(agreements.consent, play.holder(case), text, side)
    return text


def _agree(play: Play, case: Case, pick: int) -> object:
    day = clock.day_of(clock.now()) + timedelta(days=1 + pick % 12)
    return do(agreements.agree, play.holder(case), case.id, day)


DISPUTE: dict[str, Deed] = {
    "case.submit": _mend,
    "case.mend": _mend,
    "case.add_party": _add_party,
    "case.object": lambda p, c, n: do(mediators.object_to, _party(p, c, n), c.id, "他们是亲戚"),
    "case.recuse": by("holder", mediators.recuse, "认识一方"),
    "case.sit": _sit,
    "case.call_off": _call_off,
    "case.minutes": _minutes,
    "case.offer": _offer,
    "case.write_agreement": lambda p, c, n: do(agreements.write_agreement, p.holder(c), c.id, f"约定{n}"),
    "case.consent": _consent,
    "case.agree": _agree,
    "case.not_agreed": by("holder", agreements.not_agreed, "可以向法院起诉"),
    "case.follow_up": lambda p, c, n: do(agreements.follow_up, p.holder(c), c.id, "都好", SAID[n % 3]),
}
