"""The numbers of the admin's front page. Each is counted once for each state of the registry, and links to its list."""

import time
from collections import defaultdict

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement
from core.admin.reading import address_of, who
from core.models import Change, Version
from parks.admin.filters import EvidenceFilter
from parks.models import CoManagementRole, Park
from parks.querysets import Span
from sources.evidence import disputed, unsupported
from sources.models import Citation, Source

# Beyond this a count says "more than": nobody reads on, and the database need not either.
COUNTED_TO = 10_000
KEPT_SECONDS = 300
LATEST_CHANGES = 8
RECORDS_TOLD = 3
# Enough to say what the latest changes touched, few enough to read at once.
LATEST_VERSIONS = 400


def dashboard(request) -> dict:
    """What the front page shows a person who may see parks; nothing for others."""
    if not request.user.has_perm("parks.view_park"):
        return {}
    numbers = _numbers()
    return {
        "counted_at": numbers["counted_at"],
        "cards": _cards(numbers),
        "evidence_rows": _evidence_rows(numbers),
        "charts": [
            _chart(_("Parks by span"), "span", Span.choices, numbers["spans"]),
            _chart(_("Parks by function"), "function", CoManagementRole.Function.choices, numbers["functions"]),
        ],
        "latest": _latest_changes() if request.user.has_perm("core.view_change") else [],
    }


def fact_models() -> list:
    """Parks and every kind of fact of theirs."""
    return [Park, *(fact.related_model for fact in Park.fact_relations())]


def _numbers() -> dict:
    """The counts of the registry as it stands; of a large one, as it stood a few minutes ago."""
    revision = Version.objects.order_by("-id").values_list("id", flat=True).first()
    kept = cache.get("dashboard")
    if kept and (kept["revision"] == revision or kept["is_slow"]):
        return kept
    begun = time.monotonic()
    numbers = _count()
    is_slow = time.monotonic() - begun > settings.DASHBOARD_SLOW_SECONDS
    kept = {**numbers, "revision": revision, "is_slow": is_slow, "counted_at": timezone.now()}
    cache.set("dashboard", kept, KEPT_SECONDS)
    return kept


def _count() -> dict:
    spans = Park.objects.order_by().with_span().values("span").annotate(parks=Count("pk")).values_list("span", "parks")
    functions = (
        CoManagementRole.objects.order_by()
        .values("function")
        .annotate(parks=Count("park", distinct=True))
        .values_list("function", "parks")
    )
    return {
        "parks": Park.objects.count(),
        "agreements": Agreement.objects.count(),
        "sources": Source.objects.count(),
        "citations": Citation.objects.count(),
        "facts": {
            model._meta.model_name: {
                "all": model.objects.count(),
                "uncited": _up_to(unsupported(model)),
                "disputed": _up_to(disputed(model)),
            }
            for model in fact_models()
        },
        "spans": dict(spans),
        "functions": dict(functions),
    }


def _up_to(queryset) -> int:
    return queryset.order_by()[: COUNTED_TO + 1].count()


def _told(number) -> str:
    return _("more than %s") % localize(COUNTED_TO) if number > COUNTED_TO else localize(number)


def _list(model, **query) -> str:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def _cards(numbers) -> list[dict]:
    facts = numbers["facts"].values()
    uncited, disputed_facts = (sum(each[name] for each in facts) for name in ("uncited", "disputed"))
    return [
        {"title": capfirst(model._meta.verbose_name_plural), "number": localize(numbers[name]), "href": _list(model)}
        for name, model in (("parks", Park), ("agreements", Agreement), ("sources", Source), ("citations", Citation))
    ] + [
        {"title": _("Uncited facts"), "number": _told(uncited), "href": "#evidence", "alarm": uncited},
        {"title": _("Disputed facts"), "number": _told(disputed_facts), "href": "#evidence", "alarm": disputed_facts},
    ]


def _evidence_rows(numbers) -> list[dict]:
    rows = []
    for model in fact_models():
        counts = numbers["facts"][model._meta.model_name]
        rows.append(
            {
                "title": capfirst(model._meta.verbose_name_plural),
                "cells": [
                    {"number": localize(counts["all"]), "href": _list(model)},
                    *(
                        {
                            "number": _told(counts[name]),
                            "href": _list(model, **{EvidenceFilter.parameter_name: name}),
                            "alarm": counts[name],
                        }
                        for name in ("uncited", "disputed")
                    ),
                ],
            }
        )
    return rows


def _chart(title, parameter, choices, numbers) -> dict:
    largest = max(numbers.values(), default=0)
    return {
        "title": title,
        "bars": [
            {
                "label": capfirst(label),
                "number": localize(numbers.get(value, 0)),
                "percent": round(100 * numbers.get(value, 0) / largest) if largest else 0,
                "href": _list(Park, **{parameter: value}),
            }
            for value, label in choices
        ],
    }


def _latest_changes() -> list[dict]:
    """The latest changes, each with the first few records that it touched."""
    changes = list(Change.objects.select_related("person")[:LATEST_CHANGES])
    versions = (
        Version.objects.filter(change__in=changes).order_by("-id").values_list("change", "root_model", "root_key")
    )
    touched = defaultdict(dict)
    for change, label, key in versions[:LATEST_VERSIONS]:
        touched[change][label, key] = None
    names = _names({root for roots in touched.values() for root in list(roots)[:RECORDS_TOLD]})
    return [
        {
            "change": change,
            "who": who(change),
            "href": reverse("admin:core_change_change", args=[change.pk]),
            "records": [names[root] for root in list(touched[change.pk])[:RECORDS_TOLD] if root in names],
            "more": len(touched[change.pk]) > RECORDS_TOLD,
        }
        for change in changes
    ]


def _names(roots) -> dict[tuple[str, str], dict]:
    """The name and page of each record that is still there, in one query for each model."""
    keys = defaultdict(list)
    for label, key in roots:
        keys[label].append(key)
    return {
        (label, str(record.pk)): {"name": str(record), "href": address_of(model, record.pk)}
        for label, found in keys.items()
        for model in [apps.get_model(label)]
        for record in model._base_manager.filter(pk__in=found)
    }
