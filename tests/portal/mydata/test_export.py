"""What a person can take along: all that is theirs, and nothing of anybody else."""

import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from db.engine import reading
from db.models.audit import AuditRow
from portal import audit, limits
from portal.acts import VISITOR, Who
from portal.cases import post, screening
from portal.errors import Forbidden
from portal.mydata import export
from tests.fixtures.town import People
from tests.portal.cases.steps import do, look, picture, posted, refused, staged

pytestmark = pytest.mark.usefixtures("monday")
PHONE = "13912345678"


def taken(who: Who) -> dict[str, Any]:
    """What stands in the file."""
    with reading() as session, export.archive(session, who) as file, zipfile.ZipFile(file) as packed:
        return {**json.loads(packed.read("data.json")), "files": packed.namelist()}


def test_everything_that_is_mine_is_in_it(people: People) -> None:
    mine = staged(people, "closed", contact=PHONE, photos=[picture()])
    other = staged(people, "open", title="邻居的事")
    with audit.transaction() as session:
        session.get_one(post.Case, other).poster_id = people.neighbour.person_id
    do(post.support, people.resident, other)
    do(export.begin, people.resident)
    found = taken(people.resident)
    account = found["account"]
    assert (account["name"], account["phone"]) == ("resident", "+8613900000001")
    assert [case["number"] for case in found["cases"]] == [mine]
    case = found["cases"][0]
    assert (case["contact"], case["title"], case["word"]) == ("+8613912345678", "三栋门口的路灯坏了", "很亮，谢谢")
    assert case["steps"][0]["act"] == "case.post" and case["steps"][-1]["says"] == "很亮，谢谢"
    assert [row["case_id"] for row in found["supports"]] == [other]
    assert any("三栋门口" in message["text"] for message in found["messages"])
    assert found["files"] == ["data.json", *case["photos"]] and len(case["photos"]) == 1


def test_nothing_of_others_is_in_it(people: People) -> None:
    case_id = staged(people, "in_progress", contact=PHONE)
    do(screening.remark, people.staff, case_id, "这人常来")
    poster_is_staff = replace(people.resident, duties=people.staff.duties)
    for who in (people.resident, poster_is_staff):
        told = json.dumps(taken(who), ensure_ascii=False)
        assert "这人常来" not in told and "grid_worker" not in told.replace('"act": "case.', "")
    for who in (people.grid_worker, people.staff, people.neighbour):
        found = taken(who)
        assert found["cases"] == [] and PHONE not in json.dumps(found) and "路灯坏了" not in json.dumps(found["cases"])


def test_it_is_for_the_one_signed_in_noted_and_not_without_end(people: People) -> None:
    posted(people)
    for nobody in (VISITOR, Who(person_id=10_000), Who(receipts=frozenset({1}))):
        with pytest.raises(Forbidden):
            do(export.begin, nobody)
    for _ in range(limits.EXPORTS_PER_DAY):
        do(export.begin, people.resident)
    with refused("too_often"):
        do(export.begin, people.resident)
    with reading() as session:
        rows = session.exec(select(AuditRow).where(AuditRow.act == "person.export")).all()
    assert len(rows) == limits.EXPORTS_PER_DAY and not any(row.public for row in rows)
    assert look(lambda s, w: export.collect(s, w)["account"]["number"], people.resident) == people.resident.person_id
