"""What waits in memory before it is sent: its number, its size, its pace, and how it is given back."""

from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection

import pytest

from portal import clock, limits
from portal.http.uploads import COUNTED, Budget
from tests.portal.http.conftest import Portal
from tests.portal.http.test_guard import run, socket

MEGABYTE = 1024 * 1024


@pytest.fixture
def page(portal: Portal) -> Iterator[str]:
    """Streamlit's session id of a page that somebody has open."""
    with socket(portal, origin=portal.origin) as connection:
        yield run(connection, "trail")[1]


def upload(portal: Portal, page: str, file: str, *, method: str = "PUT", xsrf: str = "x", length: int = 0) -> int:
    """Send a small file as Streamlit's page does; `length` is what the request says of itself."""
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\nbytes\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": f"_streamlit_xsrf={xsrf}"}
    headers |= {"X-Xsrftoken": xsrf, "Host": portal.host, "Content-Length": str(length or len(body))}
    connection = HTTPConnection("127.0.0.1", portal.server.port, timeout=20)
    connection.request(method, f"/_stcore/upload_file/{page}/{file}", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture
def xsrf(portal: Portal) -> str:
    return portal.ask("/_stcore/health").cookies["_streamlit_xsrf"].value


def test_an_open_page_holds_so_many_files_and_no_more(portal: Portal, page: str, xsrf: str) -> None:
    assert upload(portal, page, "forged", xsrf="nonsense") == 403
    held = [upload(portal, page, f"f{n}", xsrf=xsrf) for n in range(limits.UPLOADS_AT_ONCE)]
    assert held == [204] * limits.UPLOADS_AT_ONCE, "what was refused does not count"
    assert upload(portal, page, "more", xsrf=xsrf) == 429
    assert upload(portal, page, "f0", method="DELETE", xsrf="nonsense") == 403
    assert upload(portal, page, "more", xsrf=xsrf) == 429, "nothing went, so nothing is given back"
    assert upload(portal, page, "f0", method="DELETE", xsrf=xsrf) == 204
    assert upload(portal, page, "more", xsrf=xsrf) == 204


def test_a_refusal_is_a_plain_sentence(portal: Portal) -> None:
    answer = portal.ask("/_stcore/upload_file/nobody/f", "PUT", Content_Length=str(limits.UPLOAD_BYTES_AT_ONCE + 1))
    assert (answer.status, "照片合起来太大了" in answer.text) == (413, True)
    assert "content-security-policy" in answer.headers


def test_the_sum_counts_and_a_file_sent_again_takes_the_place_of_the_first() -> None:
    budget = Budget()
    assert [budget.take("c", "p", f"f{n}", 10 * MEGABYTE) for n in range(12)] == [""] * 12
    assert budget.take("c", "p", "f12", 1) == "http.uploads_large"
    assert budget.take("c", "p", "f0", 10 * MEGABYTE) == ""
    budget.give_back("p", "f0")
    assert budget.take("c", "p", "f12", MEGABYTE) == ""
    assert budget.take("c", "another page", "f12", MEGABYTE) == ""


def test_an_address_sends_so_many_an_hour_over_all_its_pages() -> None:
    budget, now = Budget(), clock.now()
    with clock.at(now):
        sent = [budget.take("c", f"p{n}", "f", 1) for n in range(limits.UPLOADS_PER_HOUR + 1)]
        assert sent == [""] * limits.UPLOADS_PER_HOUR + ["http.uploads_often"]
        budget.give_back("p0", "f")
        assert budget.take("c", "p0", "f", 1) == "http.uploads_often", "sending and removing is sending"
        assert budget.take("another", "p", "f", 1) == ""
    with clock.at(now + timedelta(hours=1)):
        assert budget.take("c", "p", "f", 1) == ""


def test_the_counts_themselves_are_bounded() -> None:
    budget = Budget()
    for n in range(COUNTED + 5):
        budget.take(f"c{n}", f"p{n}", "f", 1)
    assert len(budget._held) == len(budget._sent) == COUNTED
