"""A process that casts and changes ballots until it is killed, and prints each once it is acknowledged."""

import itertools
import json
import os
import sys
import threading

from portal import audit, start
from portal.acts import Who
from portal.fund import ballots

THREADS = 4


def keep_voting(round_id: int, people: list[int], home: str) -> None:
    for turn in itertools.count():
        for person_id in people:
            chosen = [[1 + (turn + person_id) % 4, 1]]
            who = Who(person_id=person_id, home_path=home)
            with audit.transaction() as session:
                code = ballots.cast(session, who, round_id, chosen)
            os.write(1, f"{json.dumps([person_id, code, chosen])}\n".encode())  # in one piece, whatever the others say


if __name__ == "__main__":
    start.ready()
    vote, first, count, lives = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    for index in range(THREADS):
        mine = list(range(first, first + count))[index::THREADS]
        threading.Thread(target=keep_voting, args=(vote, mine, lives)).start()
