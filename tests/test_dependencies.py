"""The look for known weaknesses: it fails on one, and says where it could not look."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.dependencies import audit

WEAK = {
    "id": "PYSEC-2099-1",
    "summary": "Made up for this test",
    "affected": [
        {
            "package": {"name": "weak", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


class Advisories(BaseHTTPRequestHandler):
    """Answers as a list of weaknesses does (OSV): one is known of the package `weak`."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"vulns": [WEAK]} if asked["package"]["name"] == "weak" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def advisories():
    """The arguments that have pip-audit ask a list on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def lock_of(folder, *packages):
    file = folder / "some.lock"
    file.write_text("".join(f"{each} --hash=sha256:{'0' * 64}\n" for each in packages))
    return str(file)


def test_a_known_weakness_fails(tmp_path):
    with advisories() as options:
        assert audit(lock_of(tmp_path, "sound==2.0", "weak==1.0"), *options) == (
            "weak 1.0 has a known weakness: PYSEC-2099-1 (mended in: 1.1)",
            False,
        )
        lock = lock_of(tmp_path, "sound==2.0")
        assert audit(lock, *options) == (f"{lock}: no weakness is known of 1 packages", True)


def test_what_could_not_be_looked_up_is_said(tmp_path):
    lock = lock_of(tmp_path, "sound==2.0")
    with advisories() as options:
        pass
    # nobody listens there any more
    told, is_well = audit(lock, *options)
    assert told.startswith(f"{lock} was NOT audited: no list of known weaknesses can be reached from here (")
    assert "\n" not in told
    assert is_well


def test_a_lock_that_cannot_be_read_fails(tmp_path):
    file = tmp_path / "some.lock"
    file.write_text("sound>=\n")
    told, is_well = audit(str(file))
    assert told.startswith("pip-audit failed on")
    assert not is_well
