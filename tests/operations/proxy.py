"""nginx before the registry, as deploy/nginx has it, on a free loopback port and in a folder of its own."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.serving import ROOT, Server, ask, free_port

PROGRAM = shutil.which("nginx") or "/usr/sbin/nginx"
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
error_log {home}/error.log warn;
pid {home}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    log_format told '$status $request_time $upstream_cache_status $request_method $request_uri';
    access_log {home}/access.log told;
    {temporary}
    upstream registry {{ server 127.0.0.1:{upstream} max_fails=0; }}
    {cache}
    {limits}
    server {{
        listen 127.0.0.1:{port} default_server;
        return 421;
    }}
    server {{
        listen 127.0.0.1:{port};
        server_name localhost 127.0.0.1;
        {shared}
        {limited}
        location / {{
            proxy_pass http://registry;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Request-Start "t=$msec";
        }}
    }}
}}
"""
TEMPORARY = ("client_body_temp_path", "proxy_temp_path", "fastcgi_temp_path", "uwsgi_temp_path", "scgi_temp_path")


class Nginx:
    """In front of `server`; `shared`: it keeps what the registry says may be; `limited`: it has limits."""

    def __init__(self, server: Server, home: Path, *, shared: bool = True, limited: bool = False):
        self.server, self.home, self.shared, self.limited = server, home, shared, limited

    def __enter__(self) -> "Nginx":
        self.home.mkdir(parents=True)
        self.port = free_port()
        deploy = ROOT / "deploy" / "nginx"
        cache = (deploy / "cache.conf").read_text().replace("/var/cache/nginx/registry", f"{self.home}/cache")
        told = CONFIGURATION.format(
            # as root it would hand its work to an account that may not enter the folder
            user="user root;" if os.geteuid() == 0 else "",
            home=self.home,
            temporary=" ".join(f"{name} {self.home}/temporary;" for name in TEMPORARY),
            upstream=self.server.port,
            port=self.port,
            cache=cache if self.shared else "",
            shared=f"include {deploy / 'cache-server.conf'};" if self.shared else "",
            limits=f"include {deploy / 'limits.conf'};" if self.limited else "",
            limited=f"include {deploy / 'limits-server.conf'};" if self.limited else "",
        )
        (self.home / "nginx.conf").write_text(told)
        self.process = subprocess.Popen(
            [PROGRAM, "-p", self.home, "-c", self.home / "nginx.conf", "-e", self.home / "error.log"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"nginx did not start: {self._errors()}") from None
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(15)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        """`(status, headers, body)` of one request on a connection of its own."""
        return ask(self.port, method, path, body, headers)

    def get(self, path: str, **headers: str) -> tuple[int, str, bytes]:
        """`(status, what the cache did, body)`; the names of headers with `_` for `-`."""
        status, told, body = self.ask("GET", path, headers={name.replace("_", "-"): headers[name] for name in headers})
        return status, told.get("Cache-Status", ""), body

    def _errors(self) -> str:
        log = self.home / "error.log"
        return log.read_text() if log.exists() else ""
