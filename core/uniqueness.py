"""Unique constraints over references that may be absent: two absent ones count as the same."""

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Coalesce


def or_none(field: str) -> Coalesce:
    """The reference `field` as text, empty when absent. (SQLite knows no NULLS NOT DISTINCT.)"""
    return Coalesce(Cast(field, CharField(max_length=40)), Value(""))
