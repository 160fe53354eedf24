"""The small demo: Anning, its people, and what they said in the last hundred days, played through the domain.

Every row comes from an act: the chain, the counters, the clocks and the notices are those that real use would leave.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from db.demo import areas as town
from db.demo import texts
from db.engine import reading
from db.models.cases import Case
from db.models.notices import Notice
from db.models.oversight import Callback
from portal import areas, audit, clock, notices
from portal.acts import SYSTEM, Who
from portal.cases import callbacks, calling, clockwork, setting_up
from portal.demo import errands, fund, mark, pace
from portal.demo.cast import Cast
from portal.demo.stage import Play, Scene
from portal.demo.voices import PLAYS

Progress = Callable[[str, int, int], None]
OPENED = timedelta(days=110)
"""How long ago the town began."""
CALLED_AFTER = timedelta(days=2, hours=10)
"""How long after the start of a month those drawn from the last one are called."""
SAID = (("solved", 5), ("solved", 4), ("partly", 3), ("solved", 5), ("not", 2))
VOICES = 1_000
"""From which number on the other voices are counted, so that each has its own chance."""
AT_ONCE = 120
"""Scenes in one transaction, where no clock strikes between them."""
HALL = {"jinfang": ("culture", "elderly"), "lianran": ("culture", "elderly")}
"""What the streets send to the volunteers' hall by rule."""


def load_small(*, seed: int, progress: Progress) -> bool:
    """Load it into an empty database; False where it is there already."""
    now = clock.now()
    with clock.at(now - OPENED), audit.transaction() as session:
        if not mark.begin(session):
            return False
        areas.import_geojson(session, SYSTEM, town.features())
    progress("demo_areas", 1, 1)
    cast = Cast()
    with clock.at(now - OPENED + timedelta(hours=2)), audit.transaction() as session:
        cast.enter(session)
        for street, categories in HALL.items():
            path = areas.tree().by_code(street).path
            for category in categories:
                setting_up.set_rule(session, cast.staff_of(path, 0), path, category, "hall")
    with clock.at(now - OPENED + timedelta(hours=3)):
        errands.load(cast, texts.errands())
    _play_months(sorted(_scenes(cast, seed, now)), cast, now, progress)
    with audit.transaction() as session:
        # nobody has these numbers, so nothing goes to a gateway
        session.execute(update(Notice).where(col(Notice.due_at).is_not(None)).values(due_at=None))
        mark.end(session)
    return True


def _scenes(cast: Cast, seed: int, now: datetime) -> list[Scene]:
    cases: dict[str, int] = {}
    plays = [Play(row, number, seed, cast, cases) for number, row in enumerate(texts.wishes())]
    plays += [PLAYS[row["kind"]](row, VOICES + number, seed, cast, cases) for number, row in enumerate(texts.voices())]
    found = [scene for play in plays for scene in play.scenes(now)]
    found += fund.scenes(cast, seed, now, texts.fund())
    found += [Scene(now - timedelta(hours=20 - 3 * n), asks) for n, asks in enumerate(cast.waiting())]
    read = [(who, now - timedelta(hours=30 + n)) for n, who in enumerate(cast.everybody())]
    found += [Scene(at, partial(notices.read_all, who=who)) for who, at in read]
    found += [Scene(at, _publish) for at in pace.midnights(now - OPENED, now)]
    return found


def _publish(session: Session) -> None:
    audit.seal(session)  # the head of what happened until now, not of what was written until now
    audit.publish_head(session)


def _play_months(scenes: list[Scene], cast: Cast, now: datetime, progress: Progress) -> None:
    """Month by month: as soon as one is over, some of what was closed in it is drawn and the people are called."""
    played = 0
    for month_on, month in groupby(scenes, key=lambda scene: clock.day_of(scene.at).replace(day=1)):
        begins = clock.start_of(month_on)
        if played:
            with clock.at(begins + timedelta(hours=1)):
                callbacks.draw_due()
            with clock.at(min(begins + CALLED_AFTER, now)):
                _call_back(cast)
        part = list(month)
        ends = min(clock.start_of((month_on + timedelta(days=31)).replace(day=1)), now)
        _play(part, ends, lambda name, n, _, before=played: progress(name, before + n, len(scenes)))  # type: ignore[misc]
        played += len(part)


def _call_back(cast: Cast) -> None:
    """Of four, two are reached at once, one does not answer, and one is still to be called."""
    with audit.transaction() as session:
        for number, call in enumerate(session.exec(select(Callback).where(Callback.state == "waiting")).all()):
            clerk = next(who for who in _clerks(cast, call) if who.person_id != call.person_id)
            if number % 4 == 2:
                calling.missed(session, clerk, call.id or 0)
            elif number % 4 < 2:
                outcome, stars = SAID[number % len(SAID)]
                calling.reached(session, clerk, call.id or 0, outcome, stars)
            session.flush()


def _clerks(cast: Cast, call: Callback) -> list[Who]:
    return [cast.staff_of(call.area_path, turn) for turn in range(2)] + [cast.on_duty("staff", areas.tree().root.path)]


def _play(scenes: list[Scene], until: datetime, progress: Progress) -> None:
    """Play the scenes in order; whenever the clockwork has an appointment before the next one, it keeps it first."""
    queue, total = deque(scenes), len(scenes)
    while queue:
        played = False
        with audit.transaction() as session:
            for _ in range(AT_ONCE):
                if not queue or _strikes_before(session, queue[0].at) or (played and queue[0].alone):
                    break
                scene, played = queue.popleft(), True
                with clock.at(scene.at):
                    scene.deed(session)
                    session.flush()
                if scene.alone:
                    break
        progress("demo_wishes", total - len(queue), total)
        _run_clockwork(queue[0].at if queue else until)


def _strikes_before(session: Session, moment: datetime) -> bool:
    return session.exec(select(Case.id).where(col(Case.next_at) <= moment).limit(1)).first() is not None


def _run_clockwork(until: datetime) -> None:
    while (strikes := _next_appointment()) is not None and strikes <= until:
        with clock.at(strikes):
            clockwork.tick()


def _next_appointment() -> datetime | None:
    with reading() as session:
        return session.exec(select(func.min(Case.next_at))).one()
