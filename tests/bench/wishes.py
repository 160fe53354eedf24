"""A town full of wishes, made quickly: rows as the portal would have left them, without going through every act."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import Session, select

from db import search
from db.demo.areas import features
from db.engine import writing
from db.models.cases import Case, CaseArea, Standing, State, Support
from db.models.files import Photo
from db.models.setup import Category
from portal import areas, audit, clock
from portal.accounts import people, sessions
from portal.acts import SYSTEM

BATCH = 5_000
THINGS = (
    "路灯",
    "井盖",
    "健身器材",
    "楼道堆物",
    "下水道",
    "停车位",
    "公交站牌",
    "垃圾桶",
    "树枝",
    "晾衣杆",
    "台阶",
    "监控",
)
TROUBLES = ("坏了", "太少", "松动", "堵住了", "不亮", "占用通道", "有异味", "需要修剪", "看不清", "太高老人够不着")
STATES = (
    (State.OPEN, Standing.OPEN),
    (State.DISPATCHED, Standing.OPEN),
    (State.IN_PROGRESS, Standing.OPEN),
    (State.DONE, Standing.SOLVED),
    (State.CLOSED, Standing.SOLVED),
    (State.CLOSED, Standing.NOT_SOLVED),
    (State.DECLINED, Standing.DECLINED),
)

BLANK = Case(title="", body="", category="", area_id=0, area_path="", desk_path="").model_dump()


def fill(wishes: int, visitors: int, seed: int = 1) -> list[str]:
    """Lay the town, `wishes` public wishes and `visitors` signed-in residents; returns the residents' cookies."""
    draw = random.Random(seed)
    with audit.transaction() as session:
        areas.import_geojson(session, SYSTEM, features())
    cookies = [_resident(number) for number in range(visitors)]
    with writing() as session:
        categories = list(session.exec(select(Category.code)))
        for batch in _batches(wishes, categories, draw):
            _insert(session, batch, draw)
        _support(session, wishes, visitors, draw)
        session.commit()
    return cookies


def _resident(number: int) -> str:
    with audit.transaction() as session:
        person = people.join(session, f"+86138{number:08}", f"居民{number}")
        ticket = sessions.issue_ticket(session, person_id=person.id)
        return sessions.redeem(session, ticket, current_token=None, agent="")[0]


def _batches(wishes: int, categories: list[str], draw: random.Random) -> Iterator[list[dict[str, Any]]]:
    cells, now = areas.tree().cells(), clock.now()
    for start in range(1, wishes + 1, BATCH):
        numbers = range(start, min(start + BATCH, wishes + 1))
        yield [_wish(number, draw, draw.choice(cells), draw.choice(categories), now) for number in numbers]


def _wish(number: int, draw: random.Random, cell: areas.Place, category: str, now: Any) -> dict[str, Any]:
    state, standing = draw.choice(STATES)
    created = now - timedelta(minutes=draw.randrange(1, 500_000))
    answered = created + timedelta(days=3) if state in (State.DONE, State.CLOSED, State.DECLINED) else None
    lon, lat = (cell.lon or 0) + draw.gauss(0, 0.001), (cell.lat or 0) + draw.gauss(0, 0.001)
    title = f"{cell.name}的{draw.choice(THINGS)}{draw.choice(TROUBLES)}"
    columns = {
        "id": number,
        "title": title,
        "body": f"{title}，已经{draw.randrange(2, 60)}天了，老人和孩子经过很不方便，希望社区来看一看。",
        "category": category,
        "state": state,
        "standing": standing,
        "area_id": cell.id,
        "area_path": cell.path,
        "desk_path": cell.path,
        "lon": lon,
        "lat": lat,
        "tile": areas.tile_of(lon, lat),
        "supporters": int(draw.expovariate(0.2)),
        "poster_id": None,
        "created_at": created,
        "updated_at": created,
        "started_at": created,
        "due_at": created + timedelta(days=7),
        "answered_at": answered,
        "answer": "已派人处理，谢谢您的提醒。" if answered else "",
        "stars": draw.randrange(6) if answered else 0,
    }
    return BLANK | columns


def _insert(session: Session, batch: list[dict[str, Any]], draw: random.Random) -> None:
    session.execute(insert(Case), batch)
    tree = areas.tree()
    above = [{"case_id": row["id"], "area_id": area} for row in batch for area in tree.ids_up(row["area_id"])]
    session.execute(insert(CaseArea), above)
    session.execute(insert(Photo), [_photo(row["id"], draw) for row in batch if draw.random() < 0.25])
    # as `search.put` does it on SQLite, for a whole batch at once
    words = [{"id": row["id"], "words": " ".join(search.pairs(f"{row['title']}\n{row['body']}"))} for row in batch]
    session.execute(text("INSERT INTO case_words (rowid, words) VALUES (:id, :words)"), words)


def _photo(case_id: int, draw: random.Random) -> dict[str, Any]:
    photo = Photo(name=f"{draw.getrandbits(128):032x}", case_id=case_id, alt="现场照片", width=1600, height=1200)
    return photo.model_dump(exclude={"id"})


def _support(session: Session, wishes: int, visitors: int, draw: random.Random) -> None:
    """Every resident supports a few of the newest wishes, which are those that the wall shows first."""
    newest = range(max(1, wishes - 200), wishes + 1)
    pairs = {(draw.choice(newest), person) for person in range(1, visitors + 1) for _ in range(5)}
    rows = [Support(case_id=case, person_id=person).model_dump() for case, person in sorted(pairs)]
    session.execute(insert(Support), rows)
