"""Where the time of a request goes: looked at some thousand times while one process answers, with nothing else running.

Run as a script with the database in `DATABASE_URL`; reads the paths to ask for, by case, and prints the shares as JSON.
"""

import io
import json
import os
import signal
import sys
import time
from collections import Counter
from types import FrameType
from urllib.parse import unquote

# In this order: what a line of code works for, by the file that it or the nearest of its callers is in.
PARTS = {
    "PostgreSQL, and the way there": "django/db/backends/utils.py",
    "Django's ORM, putting queries together": "django/db/",
    "texts: joined, addressed, tagged": "core/rest/told.py core/rest/conditional.py core/documents.py",
    "REST framework": "rest_framework/",
    "the registry's views, parameters, limits": "core/ parks/ agreements/ cities/ sources/ config/",
    "Django: middleware, routing, responses": "django/ corsheaders/ whitenoise/ asgiref/",
}
OTHER = "the rest"
EVERY, SECONDS = 0.0005, 6


def main() -> None:
    os.environ |= {"API_ANONYMOUS_PER_MINUTE": "100000000"}
    from config.wsgi import application

    seen: Counter = Counter()

    def look(_signal, frame):
        seen[part_of(frame)] += 1

    signal.signal(signal.SIGALRM, look)
    told = {}
    for case, paths in json.load(sys.stdin).items():
        for path in paths[-50:]:
            ask(application, path)
        seen.clear()
        asked, started = 0, time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
        while time.perf_counter() - started < SECONDS and asked < len(paths) - 50:
            ask(application, paths[asked])
            asked += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        milliseconds = (time.perf_counter() - started) / asked * 1000
        told[case] = {part: milliseconds * seen[part] / seen.total() for part in (*PARTS, OTHER)}
    print(json.dumps(told))


def part_of(frame: FrameType | None) -> str:
    while frame is not None:
        file = frame.f_code.co_filename
        for part, places in PARTS.items():
            if any(f"/{place}" in file for place in places.split()):
                return part
        frame = frame.f_back
    return OTHER


def ask(application, path: str) -> None:
    path, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    statuses = []
    answer = application(environ, lambda status, headers, problem=None: statuses.append(status))
    for _part in answer:
        pass
    answer.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(f"{path}?{query}: {statuses[0]}")


if __name__ == "__main__":
    main()
