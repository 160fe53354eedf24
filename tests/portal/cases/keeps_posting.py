"""A process that posts wishes until it is killed, and prints the id of each once it is acknowledged."""

import itertools
import os
import threading
import time
from dataclasses import replace

from portal import areas, audit, start
from portal.acts import VISITOR
from portal.cases import post
from portal.cases.contents import Voice

THREADS = 3
START = time.time_ns()


def keep_posting(thread: int, area_id: int) -> None:
    for number in itertools.count():
        who = replace(VISITOR, client=f"{START}-{thread}-{number}")
        with audit.transaction() as session:
            done = post.post(session, who, Voice("路灯坏了", "请修一修", "roads", area_id=area_id))
        os.write(1, f"{done.case_id}\n".encode())  # in one piece, whatever the other threads say


if __name__ == "__main__":
    start.ready()
    place = areas.tree().cells()[0]
    for index in range(THREADS):
        threading.Thread(target=keep_posting, args=(index, place.id)).start()
