"""The engine: what its errors say."""

import pytest
from sqlalchemy.exc import IntegrityError

from db.engine import writing
from db.models.accounts import Ticket
from portal import clock


def test_an_error_does_not_quote_what_people_typed(db: str) -> None:
    with pytest.raises(IntegrityError) as caught, writing() as session:
        session.add(Ticket(token_hash="typed words", person_id=987_654, expires_at=clock.now()))
        session.flush()
    assert "typed words" not in str(caught.value)
