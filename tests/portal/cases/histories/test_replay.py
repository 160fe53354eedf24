"""The clock alone, replayed from many more timelines than are lived through."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.models.cases import State
from portal import clock
from portal.cases.lifecycle import Clock, advance, due_at
from portal.cases.setup import setup
from tests.portal.cases.steps import MONDAY

CLASSES = ("danger", "lighting", "roads", "property")
STATES = [state for state in State if state != State.DRAFT]
SPANS = st.integers(0, 40 * 24 * 3600 * 1_000_000)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spans=st.lists(st.tuples(st.sampled_from(STATES), SPANS, st.booleans()), min_size=1, max_size=12),
    category=st.sampled_from(CLASSES),
)
def test_the_clock_never_runs_backwards(standing_town: Any, spans: list[tuple[str, int, bool]], category: str) -> None:
    plan = setup()
    target, at, state = plan.target_of(category), MONDAY, Clock()
    for to_state, microseconds, restart in spans:
        at += timedelta(microseconds=microseconds)
        after = advance(state, to_state, at, target, plan, restart=restart)
        if not restart:
            assert after.used >= state.used
            spent = after.used - state.used
            assert spent <= at - (state.running_at or at), "no more than passed"
        state = after
        due = due_at(state, target, plan)
        assert (due is None) == (state.running_at is None)
        if due is not None and state.running_at is not None:
            left = timedelta(hours=target.finish_hours) - state.used
            calendar = plan.calendar_of(target)
            assert due >= state.running_at
            if left > timedelta():
                assert clock.elapsed(calendar, state.running_at, due) == left
            half = due_at(state, target, plan, 0.5)
            assert half is not None and half <= due
