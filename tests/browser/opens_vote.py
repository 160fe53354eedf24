"""A process that opens a vote with a dozen projects in the community of the demo, and prints the round's number."""

import sys

from db.models.fund import Rival
from portal import areas, audit, start
from portal.fund import roster
from tests.fixtures.fund import add_fund, add_round
from tests.fixtures.town import COMMUNITY

KIND = sys.argv[1]
COSTS = (1_850_000, 3_200_000, 980_050, 1_260_000, 4_500_000, 6_800_000, 420_000, 760_000, 1_500_000, 880_000)
TITLES = ("无障碍坡道", "沙坑翻新", "大字版图书", "减速带与反光镜", "日间休息亭", "排水改造", "静音设备", "声控灯",
          "流动体检车", "旧衣交换屋")  # fmt: skip

if __name__ == "__main__":
    start.ready()
    cells = areas.tree().children(COMMUNITY)
    with audit.transaction() as session:
        row, projects = add_round(
            session, add_fund(session), "balloting", costs=COSTS, ballot_type=KIND, points=10, scores=[5, 4, 3, 2, 1]
        )
        row.name = "试投票"
        for number, project in enumerate(projects):
            project.title, project.cell_id = TITLES[number], cells[number % 4].id
            project.kind = "culture" if number % 2 else "facility"
        session.add_all(Rival(project_id=projects[n].id or 0, group_no=1, round_id=row.id or 0) for n in (1, 4))
        roster.fill(session, row)
        print(row.id)
