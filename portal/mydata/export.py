"""Everything that is a person's own, as one archive: `data.json` and the pictures."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import IO, Any

from sqlmodel import Session, SQLModel, col, select

from db.models.accounts import Duty, Person, WebSession
from db.models.cases import Case, Support
from db.models.disputes import Party
from db.models.files import Photo
from db.models.helping import Skill
from db.models.notices import Notice
from db.models.oversight import Appeal, Callback
from portal import clock, limits, notices, photos, vault
from portal.accounts import quotas
from portal.accounts.sessions import device_of
from portal.acts import Who, declare, perform
from portal.cases.timeline import timeline
from portal.errors import Forbidden
from portal.mydata.of_fund import files, of_fund
from portal.words import fitting, t

EXPORT = declare("person.export", "self", public=False)

_CASE = (
    "kind", "private", "title", "body", "category", "state", "area_path", "lon", "lat", "place", "name_shown",
    "channel", "consent", "urgency", "supporters", "slot_at", "follow_up_on", "answer", "answered_at", "claimed",
    "outcome", "stars", "word", "rated_at", "closed_at", "reopened", "anonymised_at", "created_at", "updated_at",
)  # fmt: skip
"""The columns of a case that are about its matter and not about those who work on it."""


def begin(session: Session, who: Who) -> None:
    """Ask for the right to one's own data and note it. Raises Forbidden without an account, Refused `too_often`."""
    person = session.get(Person, who.person_id) if who.person_id else None
    if person is None:
        raise Forbidden()
    quotas.spend(session, f"export:{who.person_id}", limits.EXPORTS_PER_DAY, timedelta(days=1))
    perform(session, who, EXPORT, person)


def archive(session: Session, who: Who) -> IO[bytes]:
    """A zip file, read from its start; gone when it is closed. For somebody who was let through by `begin`."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever sends it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        told = json.dumps(collect(session, who), ensure_ascii=False, indent=1, default=_plain)
        packed.writestr("data.json", told)
        for name in _photos(session, who):
            path = photos.path_of(name)
            if path.is_file():
                packed.write(path, f"photos/{name}.jpg", zipfile.ZIP_STORED)
        for name, path in files(session, who):
            if path.is_file():
                packed.write(path, name, zipfile.ZIP_STORED)
    file.seek(0)
    return file


def collect(session: Session, who: Who) -> dict[str, Any]:
    """What the portal holds of `who`, as plain data; the steps of a case as any poster sees them."""
    own = _own(session, Person, Person.id == who.person_id)[0]
    plain = replace(who, duties=frozenset())  # what is known by office is not one's own data
    phone = vault.unseal(own.phone_sealed) if own.phone_sealed else ""
    return {
        "exported_at": clock.now(),
        "account": {"number": own.id, "name": own.name, "phone": phone}
        | _columns(own, ("lang", "area_path", "home_asked_at", "resident_at", "created_at")),
        "duties": [_columns(d, ("role", "area_path", "since_at", "until_at")) for d in _of(session, Duty, who)],
        "cases": [_case(session, plain, case) for case in _own(session, Case, Case.poster_id == who.person_id)],
        "disputes": [_party(party) for party in _of(session, Party, who)],
        "supports": [_columns(s, ("case_id", "created_at")) for s in _of(session, Support, who)],
        "skills": [skill.category for skill in _of(session, Skill, who)],
        "fund": of_fund(session, who),
        "messages": [_message(notice) for notice in _of(session, Notice, who)],
        "sessions": [_session(row) for row in _of(session, WebSession, who)],
    }


def _of(session: Session, model: Any, who: Who) -> Sequence[Any]:
    return _own(session, model, model.person_id == who.person_id)


def _own(session: Session, model: Any, condition: Any) -> Sequence[Any]:
    key = model.__table__.primary_key.columns.values()
    return session.exec(select(model).where(condition).order_by(*key)).all()


def _columns(row: SQLModel, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _case(session: Session, who: Who, case: Case) -> dict[str, Any]:
    told = {"number": case.id, "contact": vault.unseal(case.contact_sealed) if case.contact_sealed else ""}
    steps = [
        {"at": step.at, "act": step.act, "what": t(fitting(f"step.{step.act}", case.kind)), "says": step.says,
         "facts": dict(step.facts)}
        for step in timeline(session, who, case)
    ]  # fmt: skip
    pictures = [f"photos/{view.name}.jpg" for view in photos.of_case(session, [case.id or 0]).get(case.id or 0, [])]
    appeals = [_columns(a, ("says", "state", "answer", "created_at")) for a in _about(session, Appeal, case)]
    calls = [_columns(c, ("state", "outcome", "stars", "word", "updated_at")) for c in _about(session, Callback, case)]
    return told | _columns(case, _CASE) | {
        "photos": pictures, "steps": steps, "appeals": appeals, "callbacks": calls,
    }  # fmt: skip


def _about(session: Session, model: Any, case: Case) -> Sequence[Any]:
    return _own(session, model, model.case_id == case.id)


def _party(party: Party) -> dict[str, Any]:
    sealed = {"name": party.name_sealed, "phone": party.phone_sealed}
    return {name: vault.unseal(value) if value else "" for name, value in sealed.items()} | _columns(
        party, ("case_id", "brought_it", "added_at")
    )


def _message(notice: Notice) -> dict[str, Any]:
    return {"text": notices.text_of(notice)} | _columns(notice, ("case_id", "created_at", "read_at", "sent_at"))


def _session(row: WebSession) -> dict[str, Any]:
    return {"device": device_of(row.agent)} | _columns(row, ("agent", "created_at", "seen_at", "ended_at"))


def _photos(session: Session, who: Who) -> Sequence[str]:
    mine = select(Photo.name).join(Case, col(Case.id) == col(Photo.case_id)).where(Case.poster_id == who.person_id)
    return session.exec(mine.order_by(col(Photo.id))).all()


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"cannot be written as JSON: {type(value)}")
