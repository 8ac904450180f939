"""Instants as the options of commands name them."""

from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime


def instant(text: str) -> datetime:
    """The instant of an option `--known`; without an offset, in UTC."""
    try:
        told = parse_datetime(text)
    except ValueError:
        told = None
    if told is None:
        raise CommandError(f"--known: {text!r} is no instant. Write one like 2026-01-31T12:00:00Z.")
    return told if timezone.is_aware(told) else timezone.make_aware(told)
