"""Asks a registry again and again, as readers and as an editor, until told to stop, and tells what went wrong.

`python -m tests.operations.asking ADDRESS CERTIFICATE [TOKEN]`, with ADDRESS as in https://parks.example.org:443. Ends
with its standard input, and writes JSON: how many requests were answered, those that were not as they should, the
slowest in seconds, and how many records it was told were written.
"""

import http.client
import json
import re
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit

READ = ("/en/", "/zh-hans/parks/", "/api/v1/parks/?limit=20", "/api/v1/parks/jiangyin-jingjiang/", "/admin/login/")
PAUSE = 0.02


class Asking:
    def __init__(self, address: str, certificate: str, token: str = "", read: tuple[str, ...] = READ):
        self.place, self.token, self.paths = urlsplit(address), token, read
        self.context = ssl.create_default_context(cafile=certificate)
        self.context.check_hostname = self.place.hostname != "127.0.0.1"
        self.stopped = threading.Event()
        self.answered, self.written, self.slowest, self.failures = 0, 0, 0.0, []
        self.count = threading.Lock()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """The status and the whole body of an answer. OSError or HTTPException where it is cut off."""
        connection = http.client.HTTPSConnection(
            self.place.hostname, self.place.port or 443, timeout=100, context=self.context
        )
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def expect(self, status: int, *request, **headers) -> bytes:
        """The body of an answer with this status; any other is noted."""
        started = time.monotonic()
        try:
            got, body = self.ask(*request, **headers)
            failure = None if got == status else f"{request[:2]}: {got} {body[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            body, failure = b"", f"{request[:2]}: {error!r}"
        with self.count:
            self.slowest = max(self.slowest, time.monotonic() - started)
            if failure:
                self.failures.append(failure)
            else:
                self.answered += 1
        return body

    def read(self) -> None:
        while not self.stopped.wait(PAUSE):
            for path in self.paths:
                body = self.expect(200, "GET", path)
                if path == "/en/":
                    # as a browser does, with what the page names
                    for file in re.findall(rb'(?:href|src)="(/static/[^"]+\.(?:css|js))"', body):
                        self.expect(200, "GET", file.decode())

    def write(self) -> None:
        while not self.stopped.wait(PAUSE):
            slug = f"asked-{time.time_ns()}"
            body = json.dumps({"slug": slug, "name_en": slug, "kind": "OTHER"}).encode()
            headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
            if self.expect(201, "POST", "/api/v1/bodies/", body, **headers):
                self.written += 1

    def run(self) -> dict:
        ways = [self.read, self.read, *([self.write] if self.token else [])]
        threads = [threading.Thread(target=way) for way in ways]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        self.stopped.set()
        for thread in threads:
            thread.join()
        told = ("answered", "written", "slowest", "failures")
        return {name: getattr(self, name) for name in told}


if __name__ == "__main__":
    json.dump(Asking(*sys.argv[1:]).run(), sys.stdout)
