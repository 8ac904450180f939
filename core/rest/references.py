"""How a record is told where another refers to it, and how a reference is written: by key, never by a bare number."""

import re
from datetime import datetime
from functools import cache
from urllib.parse import quote

from django.db import models
from django.db.models import Max, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.reverse import reverse

from core.history import from_version, label_of
from core.known import known_at
from core.models import Record, ValueOf, Version

_references: dict[type[models.Model], type["Reference"]] = {}


def reference_to(model: type[models.Model]) -> type["Reference"]:
    return _references[model._meta.concrete_model]


def how_to_find(model: type[models.Model], text: str) -> list[str]:
    """What to say to who wrote `text` for the key of a record, where it is not plain what a key looks like."""
    reference = _references.get(model._meta.concrete_model)
    if reference is None or not reference.written:
        return []
    address = f"{address_of({}, reference.route)}?q={quote(text)}"
    return [_("Write %(key)s (find it at %(address)s).") % {"key": reference.written, "address": address}]


@cache
def key_of(model: type[models.Model]) -> str:
    """The field by which the API knows a record: its slug or code where it has one, else its number."""
    names = {field.name for field in model._meta.concrete_fields}
    return next((name for name in ("slug", "code") if name in names), model._meta.pk.name)


def kind_of(model: type[models.Model]) -> str:
    """The name that the API has for a kind of record: "co-management-role"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", model._meta.concrete_model.__name__).lower()


def records_ever(model: type[Record], key: str) -> list[Record]:
    """Every record that has or had this key in the API, the one that has it now first, those deleted as they last were.

    A slug is free again when its record has been deleted, so it can have been that of several.
    """
    name = key_of(model)
    there = list(model.objects.filter(**{name: key}))
    own = Q(key=key) if name == model._meta.pk.name else Q(Exact(ValueOf("data", column=name), key))
    newest = Version.objects.filter(own, model=label_of(model)).order_by().values("key").annotate(last=Max("id"))
    had = map(from_version, Version.objects.filter(id__in=newest.values("last")).order_by("-id"))
    return there + [record for record in had if record not in there]


def record_ever(model: type[Record], key: str, instant: datetime | None = None) -> Record | None:
    """The record of this key in the API; of those deleted, the last that had it; None if there was never one.

    With `instant`, of several that one which was recorded then.
    """
    found = records_ever(model, key)
    if instant is not None and len(found) > 1:
        with known_at(instant):
            then = set(model.objects.filter(pk__in=[record.pk for record in found]).values_list("pk", flat=True))
        found.sort(key=lambda record: record.pk not in then)
    return found[0] if found else None


def address_of(context: dict, route: str, key="") -> str:
    """The address of a resource's list, or of the record of that key."""
    # Resolved once for a whole answer: a list of parks has thousands of addresses.
    addresses = context.setdefault("addresses", {})
    if route not in addresses:
        addresses[route] = reverse(f"{route}-list", request=context.get("request"))
    return f"{addresses[route]}{key}/" if key else addresses[route]


class Address(serializers.Field):
    """The address of the record itself."""

    def __init__(self, route: str, key: str):
        self.route, self.key = route, key
        super().__init__(source="*", read_only=True, help_text=_("The address of this record."))

    def to_representation(self, record):
        return address_of(self.context, self.route, getattr(record, self.key))


class Reference(serializers.RelatedField):
    """Another record: read as its key, its names and its address; written as its key, or as it was read."""

    model: type[models.Model]
    route: str
    tells: tuple[str, ...] = ("name_en", "name_zh")
    # How the key is written, told to who writes something else.
    written = ""

    default_error_messages = {
        "incorrect_type": _("Write the {name} of the {kind}, or an object that has it."),
        "unknown": _("There is no {kind} “{value}”."),
    }

    def __init_subclass__(cls):
        if "model" in vars(cls):
            _references[cls.model] = cls

    def __init__(self, **kwargs):
        self.key = key_of(self.model)
        if not kwargs.get("read_only"):
            kwargs.setdefault("queryset", self.model.objects.all())
        super().__init__(**kwargs)

    def to_representation(self, record):
        return self.told(record, self.context)

    @classmethod
    def told(cls, record, context) -> dict:
        """`record` as references to it tell it."""
        name = key_of(cls.model)
        key = getattr(record, name)
        return {
            name: key,
            **{each: getattr(record, each) for each in cls.tells},
            "url": address_of(context, cls.route, key),
        }

    def to_internal_value(self, data):
        given = data.get(self.key) if isinstance(data, dict) else data
        kind = self.model._meta.verbose_name
        accepts = int if self.key == "id" else str
        if not isinstance(given, accepts) or isinstance(given, bool):
            self.fail("incorrect_type", name=self.key, kind=kind)
        # Twenty roles of two cities ask for each city once.
        found = self.context.setdefault("found", {}).setdefault(self.model, {})
        if given not in found:
            try:
                found[given] = self.get_queryset().get(**{self.key: given})
            except (self.model.DoesNotExist, OverflowError):
                self.fail("unknown", kind=kind, value=str(given)[:60])
        return found[given]


class KeyOnly(Reference):
    """A reference that is told as its bare key, beside which the row itself tells the names."""

    def __init__(self, model: type[models.Model], **kwargs):
        self.model = model
        super().__init__(**kwargs)

    def to_representation(self, record):
        return getattr(record, self.key)


class AddressOfReference(serializers.Field):
    """The address of what a row refers to."""

    def __init__(self, route: str, source: str):
        self.route = route
        super().__init__(source=source, read_only=True)

    def to_representation(self, record):
        return address_of(self.context, self.route, getattr(record, key_of(type(record))))
