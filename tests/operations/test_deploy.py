"""What deploy/ holds, in short: units that systemd takes, and nginx before gunicorn that is restarted under load."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.activation import Activated
from tests.operations.asking import Asking
from tests.operations.conftest import token_of
from tests.serving import REGISTRY, ROOT, free_port

pytestmark = pytest.mark.servers

UNITS = ROOT / "deploy/systemd"
ENVIRONMENT = REGISTRY | {
    "REGISTRY_ENV": "production",
    "SECRET_KEY": "4f9Zq_1xLw7-tRk2mVb8sYc3dNh6gJp5aQe0uTi4oKz9yXf7B-n",
    "ALLOWED_HOSTS": "127.0.0.1",
    "PROXIES": "1",
    # gunicorn tells then of each worker that it replaces
    "LOG_LEVEL": "INFO",
    # who waits for long is refused otherwise, and a busy machine takes long to start
    "SHED_AFTER": "100s",
}
# pages need static files, which are not collected for this
READ = ("/api/v1/parks/?limit=20", "/api/v1/parks/jiangyin-jingjiang/")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, each naming a program that is there."""
    for unit in UNITS.iterdir():
        text = re.sub(r"/srv/registry/\S+/(gunicorn|python|registry_backup\.py)", "/bin/true", unit.read_text())
        (tmp_path / unit.name.replace("@.", "@current.")).write_text(text)
    return tmp_path


def analyze(*arguments: object) -> subprocess.CompletedProcess:
    if not shutil.which("systemd-analyze"):
        pytest.fail("systemd-analyze is not here: apt-get install systemd")
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True)


def test_systemd_takes_the_units(units):
    done = analyze("verify", *sorted(units.iterdir()))
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_services_are_shut_in(units):
    # tenths, of a hundred at the most; what is above 50 systemd-analyze calls "medium"
    most = {"registry@current.service": 13, "registry-housekeeping.service": 16}
    for unit in sorted(units.glob("*.service")):
        threshold = f"--threshold={most.get(unit.name, 40)}"
        done = analyze("security", "--offline=true", threshold, "--no-pager", unit)
        assert done.returncode == 0, done.stdout


@pytest.fixture
def nginx(room):
    """nginx with the site as it is shipped, on free ports: `(port of HTTP, port of HTTPS)`."""
    plain, secure = free_port(), free_port()
    (room / "home").mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-keyout", room / "key.pem", "-out", room / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    text = {path.name: path.read_text() for path in (ROOT / "deploy/nginx").glob("*.conf")}
    for name in ("http.conf", "registry.conf"):
        text["site.conf"] = text["site.conf"].replace(f"include /srv/registry/current/deploy/nginx/{name};", text[name])
    site = text["site.conf"]
    for old, new in (
        ("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", ""),
        ("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("parks.example.org", "127.0.0.1"), ("/etc/registry/tls", str(room)), ("/var/log/nginx", str(room)),
        ("unix:/run/registry.sock", f"unix:{room}/registry.sock"), ("/srv/registry;", f"{room};"),
    ):  # fmt: skip
        assert old in site, old
        site = site.replace(old, new)
    paths = "".join(
        f"{kind}_temp_path {room}/home/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user www-data;" if os.geteuid() == 0 else ""
    (room / "nginx.conf").write_text(
        f"daemon off; {user} worker_processes 1; pid {room}/nginx.pid; error_log {room}/error.log;"
        f"events {{}} http {{ {paths} {site} }}"
    )
    process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-p", room, "-c", room / "nginx.conf"])
    deadline = time.monotonic() + 10
    while not (room / "nginx.pid").exists():
        assert process.poll() is None, (room / "error.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield plain, secure
    process.terminate()
    process.wait(60)


@pytest.mark.parametrize(
    "said",
    ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl", "SCRIPT_NAME: /x"],
)
def test_headers_of_proxies_count_only_where_there_are_some(unproxied, said):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(unproxied.path))
        connection.sendall(f"GET /api/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{said}\r\n\r\n".encode())
        told = connection.recv(10_000).decode()
    assert told.startswith("HTTP/1.1 301 ")
    assert "\r\nLocation: https://127.0.0.1/api/\r\n" in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("GET /en/?q=Geheim7Xq\x01 HTTP/1.1", "Invalid HTTP request line"),
        ("GET /en/ HTTP/1.1\r\nAuthorization Geheim7Xq", "Invalid HTTP Header"),
        ("GET /en/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Geheim7Xq", "Unsupported transfer coding"),
    ],
)
def test_what_is_no_request_is_not_quoted_in_the_log(unproxied, said, told):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(unproxied.path))
        connection.sendall(f"{said}\r\n\r\n".encode())
        # the line is written before the answer
        assert connection.recv(10_000)
    log = unproxied.log.read_text()
    assert f'"message": "Invalid request: {told}"' in log
    assert "Geheim7Xq" not in log


@pytest.fixture(scope="module")
def unproxied():
    """gunicorn as deployed, without a proxy of the operator's own."""
    room = Path(tempfile.mkdtemp(prefix="registry-deploy-", dir="/tmp"))
    with Activated(
        room, ENVIRONMENT | {"DATABASE_URL": f"sqlite:///{room}/none.sqlite3", "PROXIES": "0"}
    ) as socket_unit:
        socket_unit.start()
        yield socket_unit
    shutil.rmtree(room)


def test_restarts_under_load_lose_no_request(room, clusters, nginx):
    url = clusters().url()
    plain, secure = nginx
    asking = Asking(f"https://127.0.0.1:{secure}", str(room / "certificate.pem"), token_of(url), read=READ)
    with Activated(room, ENVIRONMENT | {"DATABASE_URL": url}) as socket_unit:
        first = socket_unit.start()
        threads = [threading.Thread(target=way) for way in (asking.read, asking.read, asking.write)]
        for thread in threads:
            thread.start()
        try:
            # an upgrade: the next stands in. Its workers are replaced after a few requests each.
            second = socket_unit.start(GUNICORN_CMD_ARGS="--max-requests 20 --max-requests-jitter 10")
            socket_unit.stop(first)
            time.sleep(2)
            # a plain restart: nobody answers for a moment, and who comes waits in the socket
            socket_unit.stop(second)
            socket_unit.start()
            time.sleep(1)
        finally:
            asking.stopped.set()
            for thread in threads:
                thread.join()
        assert asking.failures == []
        assert asking.answered > 50
        status, body = asking.ask("GET", "/api/v1/bodies/?limit=1")
        assert (status, json.loads(body)["count"] >= asking.written > 0) == (200, True)
        # what a client says of itself under the proxy's names neither counts nor hurts
        lies = {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "off", "X-Forwarded-For": "a, b", "Forwarded": "for=a"}
        assert asking.ask("GET", READ[0], None, **lies)[0] == 200
        assert asking.ask("POST", "/api/v1/bodies/", b"{" + b" " * 7 * 1024**2, **lies)[0] == 413
    connection = http.client.HTTPConnection("127.0.0.1", plain)
    connection.request("GET", "/en/?q=a", headers={"Host": "elsewhere.example.org"})
    led = connection.getresponse()
    assert (led.status, led.headers["Location"]) == (301, "https://127.0.0.1/en/?q=a")
    connection.close()
    assert "Autorestarting worker" in (room / "gunicorn.log").read_text()
