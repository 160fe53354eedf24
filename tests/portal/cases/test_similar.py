"""Similar open wishes: the same said in other words is found, other things are not."""

from datetime import timedelta

import pytest

from portal import areas, audit, clock
from portal.acts import VISITOR
from portal.cases import post, screening
from portal.cases.similar import OFFERED, similar
from tests.fixtures.town import CELL, NEXT_CELL, OTHER_COMMUNITY, People
from tests.portal.cases.steps import MONDAY, do, look, staged, wish
from tests.portal.cases.test_wall import stick

WALL = [
    ("三栋门口的路灯坏了", "晚上看不清台阶，老人容易摔跤，希望尽快修好。", "lighting"),
    ("小区健身器材生锈", "太极推手器的把手断了，锈得厉害，孩子玩有危险。", "facilities"),
    ("垃圾桶旁边气味难闻", "厨余垃圾两天没清运，苍蝇很多，请增加清运次数。", "sanitation"),
    ("广场舞声音太大", "晚上九点以后还在放音乐，孩子没法写作业。", "noise"),
    ("希望增设电动车充电桩", "很多人从楼上拉线充电，不安全。", "facilities"),
    ("菜市场门口井盖松动", "车一压就响，怕有人掉下去。", "roads"),
    ("想要一个老年食堂", "独居老人做饭不方便，希望社区办一个便宜的食堂。", "elderly"),
    ("暑假儿童托管班", "双职工家庭暑假孩子没人带，希望社区办托管。", "children"),
]
SAME = {
    "三栋门前路灯不亮了": ("夜里黑，老人下台阶容易摔倒，请修一下路灯", 0),
    "路灯坏了，三栋门口": ("修一下", 0),
    "健身器材坏了": ("把手断了，生锈，小孩玩危险", 1),
    "垃圾桶太臭": ("垃圾两天没有清运了，苍蝇多", 2),
    "晚上广场舞太吵": ("九点以后还放音乐，影响孩子写作业", 3),
    "建议装电动车充电桩": ("大家从楼上飞线充电，很不安全", 4),
    "市场门口的井盖松了": ("车压过去响，担心有人掉下去", 5),
    "开办老年食堂": ("独居老人做饭不方便", 6),
}
OTHER = {
    "阳台外墙渗水": "下雨天墙面发霉，物业一直没有处理。",
    "想学书法": "有没有老师可以教退休的人写毛笔字。",
    "门禁卡失灵": "刷卡没有反应，进不了单元门。",
    "公交站没有座椅": "等车的老人只能站着。",
    "流浪狗追人": "早上遛弯时有两只大狗追着叫。",
}


def alike(title: str, body: str = "", category: str = "other", path: str = CELL) -> list[str]:
    place = areas.tree().by_path(path)
    return [n.title for n in look(similar, VISITOR, title, body, category, place.id, None, None)]


@pytest.fixture
def stuck(people: People) -> People:
    with audit.transaction() as session:
        for number, (title, body, category) in enumerate(WALL):
            stick(session, number, title=title, body=body, category=category)
    return people


def test_the_same_in_other_words_comes_first(stuck: People) -> None:
    for title, (body, number) in SAME.items():
        assert alike(title, body, WALL[number][2])[:1] == [WALL[number][0]], title


def test_other_things_are_not_offered(stuck: People) -> None:
    for title, body in OTHER.items():
        assert alike(title, body, "property") == [], title


def test_too_little_says_nothing(stuck: People) -> None:
    for typed in ("", "灯", "路灯", "？？？", "😀"):
        assert alike(typed) == [], typed


def test_at_most_three(people: People) -> None:
    for hour in range(5):
        with clock.at(MONDAY + hour * timedelta(hours=2)):
            staged(people, "open")
    assert len(alike(wish().title, wish().body, "roads")) == OFFERED


@pytest.mark.parametrize("state", ["screening", "closed", "declined", "referred", "merged", "withdrawn"])
def test_only_what_is_open_to_all_is_offered(people: People, state: str) -> None:
    staged(people, state)
    assert wish().title not in alike(wish().title, wish().body, "roads")


def test_only_in_the_same_community(people: People) -> None:
    staged(people, "open")
    assert alike(wish().title, wish().body, "roads", NEXT_CELL) == [wish().title]
    assert alike(wish().title, wish().body, "roads", f"{OTHER_COMMUNITY}01/") == []


def test_what_is_near_comes_before_what_is_far(people: People) -> None:
    centre = areas.tree().by_path(CELL)
    lon, lat = centre.lon or 0, centre.lat or 0
    with audit.transaction() as session:
        near = stick(session, 1, title="路灯坏了不亮", lon=lon + 0.001, lat=lat).id
        far = stick(session, 2, title="路灯坏了不亮", lon=lon + 0.02, lat=lat).id
    found = look(similar, VISITOR, "路灯坏了不亮", "", "roads", None, lon, lat)
    assert [n.id for n in found] == [near, far]


def test_one_may_join_instead(people: People) -> None:
    staged(people, "open")
    (note,) = look(similar, people.neighbour, wish().title, wish().body, "roads", wish().area_id, None, None)
    assert not note.mine_too
    do(post.support, people.neighbour, note.id)
    (note,) = look(similar, people.neighbour, wish().title, wish().body, "roads", wish().area_id, None, None)
    assert note.mine_too and note.supporters == 1
    do(screening.hide, people.staff, note.id, "隐私")
    assert alike(wish().title, wish().body, "roads") == []
