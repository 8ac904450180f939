"""How the log is written: each line of the registry, of Django and of gunicorn in one form, all to stderr.

Also read by gunicorn before there are any settings (deploy/gunicorn.conf.py).
"""

import logging
import re

from django_guid.context import guid
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonEncoder, JsonFormatter

from core.watch.lines import instant, json_line

FORMS = ("line", "json")
# What Django hands over beside its messages, and has the query of an address or the values of a query in it.
NOT_TOLD = ("request", "server_time", "params")

# What PostgreSQL adds to an error: the line of the statement, with the values that it was asked with, and rows.
QUOTED = re.compile(r"^( *[|]? *(?:LINE \d+|DETAIL|CONTEXT):).*$", re.MULTILINE)

# What gunicorn says of what it could not read: which of its checks failed, then what it found there.
UNREADABLE = re.compile(r"^(Invalid request) from ip=\S*: ([^:]*).*", re.DOTALL)


def logging_of(level: str, form: str) -> dict:
    """What `logging.config.dictConfig` takes, for lines from `level` on in one of `FORMS`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"number": {"()": Number}, "without_query": {"()": WithoutQuery}},
        "formatters": {
            "line": {"()": Lines},
            "json": {"()": JsonLines},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["number"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write twice in development and mail nobody in production
            "django": {"handlers": [], "level": level, "propagate": True},
            # of each answer below 500, and of each request to `runserver`, there is a line of ours
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            # of each name that a template does not find it tells all that the page is made of, so what was typed
            "django.template": {"level": "INFO"},
            # who failed at a login, and who has to wait; not each time that nothing was to forget
            "axes": {"level": "WARNING"},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True, "filters": ["without_query"]},
        },
    }


class Number(logging.Filter):
    """Gives each line the number of the request, or of the command, that it was written for."""

    def filter(self, record):
        record.request_id = guid.get()
        return True


class WithoutQuery(logging.Filter):
    """gunicorn tells the address of a request that failed on its way, with all that was asked; and quotes, of what is
    no request, the line that is wrong, which may have any secret in it.
    """

    def filter(self, record):
        if isinstance(record.msg, str):
            record.msg = UNREADABLE.sub(r"\1: \2", record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(each) for each in record.args)
        return True


def _without_query(told):
    return told.partition("?")[0] if isinstance(told, str) and told.startswith("/") else told


class WithoutValues(logging.Formatter):
    """Tells of an exception all but what a statement was asked with."""

    def formatException(self, ei):
        return QUOTED.sub(r"\1 ...", super().formatException(ei))


class Lines(WithoutValues):
    """Lines for people: what has fields is told as `request method=GET status=200`."""

    def __init__(self):
        super().__init__("{asctime} {levelname} {name} {request_id}: {message}", style="{")

    def formatMessage(self, record):
        if isinstance(record.msg, dict):
            message, *fields = record.msg.items()
            record.message = " ".join([message[1], *(f"{name}={value}" for name, value in fields if value is not None)])
        return super().formatMessage(record)


class JsonLines(WithoutValues, JsonFormatter):
    """One JSON object a line (RFC 8259), in UTF-8."""

    def __init__(self):
        super().__init__(
            ["asctime", "levelname", "name", "message", "request_id"],
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "traceback"},
            reserved_attrs=[*RESERVED_ATTRS, *NOT_TOLD],
        )
        # made once, since each request is a line
        self.encode = JsonEncoder(ensure_ascii=False).encode

    def format(self, record):
        # A message that is fields already, as each request has one: nothing has to be looked for.
        if isinstance(record.msg, dict) and not record.exc_info:
            return json_line(record.levelname, record.name, record.created, record.msg)
        return super().format(record)

    def jsonify_log_record(self, log_data):
        return self.encode(log_data)

    def formatTime(self, record, datefmt=None):
        return instant(record.created)
