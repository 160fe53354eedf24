"""The rules once more, written down from their definitions: slow, without numpy, every number a fraction."""

from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256

from portal.fund.counting import Election, Rule


def worth(election: Election, rule: Rule, score: int, p: int) -> int:
    return {"cost": election.projects[p].cost * score, "points": score, "cardinality": 1}[rule.utility]


def voters(election: Election) -> list[dict[int, int]]:
    return [dict(b) for b, n in zip(election.ballots, election.times, strict=True) for _ in range(n)]


def order(election: Election, rule: Rule, p: int) -> tuple[object, ...]:
    project = election.projects[p]
    if rule.ties == "file":
        return (p,)
    if rule.ties == "cost":
        return (project.cost, project.id)
    if rule.ties == "id":
        return (project.id,)
    return (sha256(f"{rule.ties[5:]}:{project.id}".encode()).hexdigest(),)


def may_win(election: Election, rule: Rule) -> list[int]:
    sums = [sum(v.get(p, 0) for v in voters(election)) for p in range(len(election.projects))]
    return [p for p, s in enumerate(sums) if s > 0 and s >= rule.threshold and not election.projects[p].withdrawn]


def rival(election: Election, rule: Rule, p: int, chosen: Iterable[int]) -> bool:
    ids = {election.projects[q].id for q in chosen}
    return any(election.projects[p].id in group and ids & group for group in rule.conflicts)


def greedy(election: Election, rule: Rule, taken: list[int], skip: bool, eighty: bool) -> list[int]:
    people = voters(election)

    def height(p: int) -> Fraction | float:
        points = sum(v.get(p, 0) for v in people)
        if rule.utility == "cost":
            return Fraction(points)
        n = points if rule.utility == "points" else sum(p in v for v in people)
        cost = election.projects[p].cost
        return Fraction(n, cost) if cost else float("inf")

    chosen: list[int] = []
    money = election.budget - sum(election.projects[p].cost for p in taken)
    for p in sorted(may_win(election, rule), key=lambda p: (-height(p), order(election, rule, p))):
        if p in taken or rival(election, rule, p, [*taken, *chosen]):
            continue
        cost = election.projects[p].cost
        if cost <= money:
            chosen.append(p)
            money -= cost
        elif eighty:
            return [*chosen, p] if Fraction(money) >= Fraction(8, 10) * cost else chosen
        elif not skip:
            return chosen
    return chosen


def price(have: list[Fraction], points: list[int], cost: int) -> Fraction | None:
    """The least q with sum of min(have, q * points) = cost: some set of voters pays all they have, the others q."""
    if sum(have) < cost:
        return None
    rows = sorted(zip(have, points, strict=True), key=lambda row: row[0] / row[1])
    for poor in range(len(rows)):
        rest = rows[poor:]
        q = (cost - sum((h for h, _ in rows[:poor]), Fraction(0))) / sum(n for _, n in rest)
        if all(q * n <= h for h, n in rest):
            return q
    return None


def shares(election: Election, rule: Rule, share: Fraction) -> list[int]:
    people = voters(election)
    left = [share] * len(people)
    chosen: list[int] = []
    while True:
        found: list[tuple[Fraction, tuple[object, ...], int, Fraction]] = []
        for p in may_win(election, rule):
            if p in chosen or rival(election, rule, p, chosen):
                continue
            who = [i for i, v in enumerate(people) if v.get(p, 0) > 0]
            points = [1 if rule.utility == "cardinality" else people[i][p] for i in who]
            q = price([left[i] for i in who], points, election.projects[p].cost)
            if q is not None:
                one = election.projects[p].cost if rule.utility == "cost" else 1
                found.append((q / one if one else Fraction(0), order(election, rule, p), p, q))
        if not found:
            return chosen
        _, _, p, q = min(found)
        for i, v in enumerate(people):
            if v.get(p, 0) > 0:
                left[i] -= min(left[i], q * (1 if rule.utility == "cardinality" else v[p]))
        chosen.append(p)


def count(election: Election, rule: Rule) -> list[int]:
    if rule.name == "greedy":
        return greedy(election, rule, [], rule.skip, rule.eighty)
    mine = equal_shares(election, rule)
    if rule.compare:
        theirs = greedy(election, rule, [], True, False)
        people = voters(election)
        like = [
            sum(worth(election, rule, v[p], p) for p in mine if p in v)
            - sum(worth(election, rule, v[p], p) for p in theirs if p in v)
            for v in people
        ]
        if sum(x < 0 for x in like) > sum(x > 0 for x in like):
            return theirs
    return mine


def equal_shares(election: Election, rule: Rule) -> list[int]:
    n = sum(election.times)
    share = Fraction(election.budget, n) if n else Fraction(0)
    if rule.start == "floor":
        share = Fraction(share // election.unit * election.unit)
    chosen = shares(election, rule, share)
    if rule.completion == "greedy":
        return [*chosen, *greedy(election, rule, chosen, True, False)]
    while rule.completion == "add1":
        spent = sum(election.projects[p].cost for p in chosen)
        rest = [p for p in may_win(election, rule) if p not in chosen and not rival(election, rule, p, chosen)]
        fits = [p for p in rest if spent + election.projects[p].cost <= election.budget]
        if not rest or (rule.stop == "exhaustive" and not fits):
            break
        share += rule.step * election.unit
        following = shares(election, rule, share)
        if sum(election.projects[p].cost for p in following) > election.budget:
            break
        chosen = following
    return chosen
