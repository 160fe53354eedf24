"""The other voices of the demo: opinions, help orders, errands and disputes, each as a play of its own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from db.models.cases import Case
from db.models.disputes import Party, Sitting
from db.models.oversight import Appeal
from portal import areas, audit, clock
from portal.cases import answering, appeals, dispatch, errands, helping, network, screening, stations, work
from portal.cases.disputes import agreements, bringing, mediators, parties, sittings
from portal.cases.errands import Booking
from portal.demo import pace
from portal.demo.cast import Cast, Row
from portal.demo.stage import Play, Scene

AFTER = {"serve": timedelta(minutes=4), "absent": timedelta(minutes=35), "rate": timedelta(hours=20)}
"""When the steps of an errand come: after its time, or after the step before."""
KEPT_FOR = timedelta(days=30)
"""How long after an agreement somebody asks whether it is kept."""


class OpinionPlay(Play):
    """Into the box, answered by the desk; now and then looked at again by somebody else."""

    def _do_answer_it(self, session: Session, says: str) -> None:
        answering.answer(session, self._staff, self._case_id, says)

    def _do_invite(self, session: Session, code: str, asked: str) -> None:
        network.invite(session, self._staff, self._case_id, areas.tree().by_code(code).id, asked)

    def _do_appeal(self, session: Session, says: str) -> None:
        audit.seal(session)  # the decision may be of this very transaction
        appeals.appeal(session, self._poster, self._case_id, says)

    def _do_overturn(self, session: Session, says: str) -> None:
        waiting = session.exec(select(Appeal).where(Appeal.case_id == self._case_id)).one()
        others = self._cast.staff_of(self._path, self._number + 1)
        appeals.overturn(session, others, waiting.id or 0, says)


class HelpPlay(Play):
    """Ordered, taken by a volunteer, rated by both."""

    def _post(self, session: Session) -> None:
        self._know(helping.order(session, self._poster, self._wish()))

    def _do_finish_desk(self, session: Session, says: str) -> None:
        nearest = dispatch.workers(session, self._staff, session.get_one(Case, self._case_id))[0]
        dispatch.dispatch(session, self._staff, self._case_id, nearest[0])
        work.take_on(session, self._cast.by_id(nearest[0]), self._case_id)
        work.finish(session, self._cast.by_id(nearest[0]), self._case_id, says)

    def _do_no_show(self, session: Session, says: str) -> None:
        helping.no_show(session, self._poster, self._case_id, says)

    def _do_rate_back(self, session: Session, stars: int, word: str = "") -> None:
        helping.rate_back(session, self._holder(session), self._case_id, stars, word)


class ErrandPlay(Play):
    """Booked at a station, served at its time."""

    def __init__(self, row: Row, number: int, seed: int, cast: Cast, cases: dict[str, int]) -> None:
        plan = stations.plan()
        self._line = next(line for line in plan.lines.values() if row["errand"] in line.names.values())
        place = areas.tree().by_code(row["station"])
        self._venue = next(v for v in plan.venues.values() if v.area_path == place.path)
        super().__init__(
            row | {"cell": row.get("home", row["station"]), "category": "", "sup": 0}, number, seed, cast, cases
        )

    def scenes(self, now: datetime) -> Iterator[Scene]:
        start = pace.posted(self._row["ago"], now, self._rng)
        self._slot = self._time(start)
        yield Scene(start, self._post)
        at = self._slot
        for step in ([step] if isinstance(step, str) else step for step in self._row["steps"]):
            at += AFTER.get(step[0], timedelta(minutes=self._line.minutes))
            yield Scene(at, self._deed(step))

    def _time(self, start: datetime) -> datetime:
        """One of the times at which the station takes people on the second day from then on, or later."""
        first = clock.day_of(start) + timedelta(days=1)
        for day in (first + timedelta(days=n) for n in range(12)):
            offered = [at for at in stations.stretches(self._line, self._venue, day) if at > start]
            if offered:
                return offered[self._rng.randrange(len(offered))]
        raise RuntimeError("the station of the demo never opens")

    def _post(self, session: Session) -> None:
        home = areas.tree().by_path(self._path)
        booking = Booking(
            self._line.id, self._venue.id, self._slot, place=self._row.get("place", ""),
            area_id=home.id if "home" in self._row else None,
        )  # fmt: skip
        self._know(errands.book(session, self._poster, booking))

    def _do_serve(self, session: Session) -> None:
        errands.serve(session, self._staff, self._case_id)

    def _do_absent(self, session: Session) -> None:
        errands.absent(session, self._staff, self._case_id)

    def _do_finish(self, session: Session, says: str = "已经办好。", *shown: str) -> None:
        super()._do_finish(session, says, *shown)


class DisputePlay(Play):
    """Before a mediator, to an agreement or to the next door."""

    def __init__(self, row: Row, number: int, seed: int, cast: Cast, cases: dict[str, int]) -> None:
        super().__init__(row, number, seed, cast, cases)
        self._staff = cast.on_duty("mediation_head", self._path)

    def _post(self, session: Session) -> None:
        wish = self._wish()
        others = [parties.OtherSide(side["name"], self._phone(side)) for side in self._row["parties"]]
        grievance = bringing.Grievance(
            wish.title, wish.body, wish.category, others, lon=wish.lon, lat=wish.lat, place=wish.place
        )
        self._know(bringing.bring(session, self._poster, grievance))

    def _phone(self, side: dict[str, Any]) -> str:
        return self._cast.phone(side["key"]) if "key" in side else str(side.get("phone", ""))

    def _do_accept(self, session: Session) -> None:
        screening.accept(session, self._staff, self._case_id)

    def _do_appoint(self, session: Session, name: str) -> None:
        mediator = self._cast.who(name).person_id or 0
        free = {one.person_id for one in mediators.candidates(session, self._staff, self._case_id) if not one.conflict}
        assert mediator in free, "the demo appoints nobody with an interest"
        dispatch.dispatch(session, self._staff, self._case_id, mediator)

    def _do_sit(self, session: Session, place: str) -> None:
        sittings.sit(session, self._holder(session), self._case_id, clock.now() + timedelta(hours=20), place)

    def _do_minutes(self, session: Session, says: str) -> None:
        held = session.exec(select(Sitting).where(Sitting.case_id == self._case_id)).one()
        sittings.write_minutes(session, self._holder(session), held.id or 0, says)

    def _do_offer_mediator(self, session: Session, says: str) -> None:
        agreements.offer(session, self._holder(session), self._case_id, says)

    def _do_write(self, session: Session, says: str) -> None:
        self._agreement = agreements.write_agreement(session, self._holder(session), self._case_id, says)

    def _do_consent(self, session: Session) -> None:
        agreements.consent(session, self._poster, self._agreement)

    def _do_consent_other(self, session: Session) -> None:
        query = select(Party).where(Party.case_id == self._case_id, col(Party.brought_it).is_(False))
        for party in session.exec(query).all():
            agreements.consent(session, self._holder(session), self._agreement, party.id)

    def _do_agree(self, session: Session) -> None:
        agreements.agree(session, self._holder(session), self._case_id, clock.day_of(clock.now() + KEPT_FOR))

    def _do_not_agreed(self, session: Session, says: str) -> None:
        agreements.not_agreed(session, self._holder(session), self._case_id, says)


PLAYS = {"opinion": OpinionPlay, "help": HelpPlay, "errand": ErrandPlay, "dispute": DisputePlay}
"""By the kind of the row."""
