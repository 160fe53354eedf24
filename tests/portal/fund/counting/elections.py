"""Small elections by hand, and random ones."""

from collections.abc import Mapping

from hypothesis import strategies as st

from portal.fund.counting import Election, Project, Rule

LETTERS = "abcdefgh"


def election(budget: int, costs: Mapping[str, int], *votes: str, unit: int = 1) -> Election:
    """An approval election: each vote is a string of one-letter ids, `3*ab` stands for three of them."""
    projects = [Project(name, cost) for name, cost in costs.items()]
    number = {name: n for n, name in enumerate(costs)}
    ballots = []
    for vote in votes:
        times, _, names = vote.rpartition("*")
        ballots.append(({number[name]: 1 for name in names}, int(times or 1)))
    return Election.cast(budget, projects, ballots, unit=unit)


@st.composite
def elections(draw: st.DrawFn) -> Election:
    """Up to five projects and six voters; few different numbers, so that ties abound."""
    n = draw(st.integers(1, 5))
    kind = draw(st.sampled_from(["approval", "cumulative"]))
    cost = st.one_of(st.integers(0, 6), st.integers(0, 40))
    names = draw(st.permutations(LETTERS[:n]))
    projects = [Project(name, draw(cost), withdrawn=draw(st.integers(0, 9)) == 0) for name in names]
    score = st.integers(1, 3) if kind == "cumulative" else st.just(1)
    votes = draw(st.lists(st.dictionaries(st.integers(0, n - 1), score, max_size=n), max_size=6))
    unit = draw(st.sampled_from([1, 10]))
    budget = draw(st.integers(0, 60))
    return Election.cast(budget, projects, [(vote, 1) for vote in votes], unit=unit, vote_type=kind)


@st.composite
def rules(draw: st.DrawFn, projects: int) -> Rule:
    """Any combination of switches, for an election with so many projects."""
    ids = st.sampled_from(LETTERS[:projects])
    group = st.frozensets(ids, min_size=2, max_size=3)
    return Rule(
        name=draw(st.sampled_from(["greedy", "equal-shares", "equal-shares"])),
        utility=draw(st.sampled_from(["cost", "cardinality", "points"])),
        completion=draw(st.sampled_from(["none", "greedy", "add1"])),
        stop=draw(st.sampled_from(["exhaustive", "overspend"])),
        start=draw(st.sampled_from(["exact", "floor"])),
        step=draw(st.integers(1, 3)),
        skip=draw(st.booleans()),
        threshold=draw(st.integers(0, 3)),
        conflicts=tuple(draw(st.lists(group, max_size=2))) if projects > 1 else (),
        eighty=draw(st.booleans()),
        ties=draw(st.sampled_from(["file", "cost", "id", "seed:7", "seed:x"])),
        compare=draw(st.booleans()),
    )


@st.composite
def counts(draw: st.DrawFn) -> tuple[Election, Rule]:
    found = draw(elections())
    return found, draw(rules(len(found.projects)))
