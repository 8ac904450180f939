"""People who read and write while something goes wrong, and what each of them was answered."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from tests.operations.conftest import EDITOR, PASSWORD, headers_of
from tests.serving import Server

READ = ("/api/v1/parks/?limit=5", "/api/v1/parks/jiangyin-jingjiang/", "/en/", "/zh-hans/parks/jiangyin-jingjiang/")
ADMIN = "/admin/cities/body/"


class Answered(NamedTuple):
    at: float
    method: str
    path: str
    status: int
    retry_after: str | None
    body: bytes


class Traffic:
    """While the block lasts, `readers` read one address after the other and `writers` make bodies of new slugs.

    The registry's editor looks at a page of the admin too, where `cookie` is theirs. Who is told when to come again
    comes after a tenth of that; a connection that breaks has the status 0.
    """

    def __init__(self, server: Server, token: str, *, cookie: str = "", readers: int = 2, writers: int = 2):
        self.server, self.token, self.cookie = server, token, cookie
        self.answers: list[Answered] = []
        # those that were answered with 201
        self.written: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(each,)) for each in range(readers)]
        self._threads += [threading.Thread(target=self._write, args=(each,)) for each in range(writers)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(120)

    def statuses(self, since: float = 0) -> set[int]:
        return {each.status for each in self.answers if each.at >= since}

    def untold(self) -> list[Answered]:
        """Those refused that were not told when to come again, or not in words."""
        refused = [each for each in self.answers if each.status in (429, 503)]
        return [each for each in refused if not (each.retry_after or "").isdecimal() or len(each.body) < 50]

    def recovered(self, seconds: float = 10) -> float:
        """Wait until everybody is answered well for a second; how long that took until the first such answer."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            now = time.monotonic()
            time.sleep(1)
            if self.statuses(now) <= {200, 201, 304}:
                return now - begun
        raise AssertionError(f"Not recovered within {seconds} s: {self.statuses(time.monotonic() - 2)}")

    def _read(self, number):
        paths, turn = [*READ, *([ADMIN] if self.cookie else [])], number
        while not self._over.is_set():
            path = paths[turn % len(paths)]
            self._ask("GET", path, headers={"Cookie": self.cookie} if path == ADMIN else {})
            turn += 1

    def _write(self, number):
        headers, turn = headers_of(self.token), 0
        while not self._over.is_set():
            turn += 1
            slug = f"written-{number}-{turn}"
            body = json.dumps({"slug": slug, "name_en": f"Written {slug}", "name_zh": "左岸", "kind": "OTHER"}).encode()
            if self._ask("POST", "/api/v1/bodies/", body, headers) == 201:
                self.written.append(slug)

    def _ask(self, method, path, body=None, headers=None) -> int:
        try:
            status, told, text = self.server.ask(method, path, body, headers)
        except (OSError, ValueError):
            status, told, text = 0, {}, b""
        except Exception as error:
            # a connection that breaks in the midst of an answer
            status, told, text = 0, {}, repr(error).encode()
        wait = told.get("Retry-After")
        self.answers.append(Answered(time.monotonic(), method, path, status, wait, text))
        self._over.wait(0.01 if status in (200, 201) else 0.1)
        return status


def log_in(server: Server, username: str = EDITOR, password: str = PASSWORD) -> str:
    """The cookies of a person who is logged in to the admin."""
    _status, headers, _page = server.ask("GET", "/admin/login/")
    cookies = SimpleCookie(headers["Set-Cookie"])
    secret = cookies["csrftoken"].value
    form = urlencode({"username": username, "password": password, "csrfmiddlewaretoken": secret}).encode()
    sent = {"Cookie": f"csrftoken={secret}", "Content-Type": "application/x-www-form-urlencoded"}
    status, headers, _page = server.ask("POST", "/admin/login/?next=/admin/", form, sent)
    assert status == 302, status
    for line in headers.get_all("Set-Cookie"):
        cookies.load(line)
    return "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items())


def send_file(server: Server, token: str, kind: str, text: str, name: str = "sent.csv"):
    """`(status, what was answered)` of a file sent for import over the API."""
    line = uuid4().hex
    fields = (
        f'--{line}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'
        f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: text/csv\r\n\r\n{text}\r\n--{line}--\r\n"
    )
    headers = {"Authorization": f"Token {token}", "Content-Type": f"multipart/form-data; boundary={line}"}
    status, _headers, told = server.ask("POST", "/api/v1/imports/", fields.encode(), headers)
    return status, json.loads(told)


def at_once(count: int, deed: Callable[[int], object]) -> list:
    """What `deed` of each number gives, all begun at one moment."""
    start = threading.Barrier(count)

    def run(number):
        start.wait(30)
        return deed(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
