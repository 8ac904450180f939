"""The numbers of the admin's front page. Each links to its list."""

from collections import defaultdict

from django.apps import apps
from django.urls import reverse
from django.utils.formats import localize
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement
from core.admin.reading import address_of, who
from core.models import Change, Version
from parks.admin.filters import EvidenceFilter
from parks.census import census, fact_models
from parks.models import CoManagementRole, Park
from parks.querysets import Span
from sources.models import Citation, Source

LATEST_CHANGES = 8
RECORDS_TOLD = 3
# Enough to say what the latest changes touched, few enough to read at once.
LATEST_VERSIONS = 400


def dashboard(request) -> dict:
    """What the front page shows a person who may see parks; nothing for others."""
    if not request.user.has_perm("parks.view_park"):
        return {}
    known = census()
    numbers = known.value
    return {
        "counted_at": known.at,
        "cards": _cards(numbers),
        "evidence_rows": _evidence_rows(numbers),
        "charts": [
            _chart(_("Parks by span"), "span", Span.choices, numbers.spans),
            _chart(_("Parks by function"), "function", CoManagementRole.Function.choices, numbers.functions),
        ],
        "latest": _latest_changes() if request.user.has_perm("core.view_change") else [],
    }


def _list(model, **query) -> str:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def _cards(numbers) -> list[dict]:
    facts = numbers.all_facts
    return [
        {
            "title": capfirst(model._meta.verbose_name_plural),
            "number": localize(getattr(numbers, name)),
            "href": _list(model),
        }
        for name, model in (("parks", Park), ("agreements", Agreement), ("sources", Source), ("citations", Citation))
    ] + [
        {"title": title, "number": localize(number), "href": "#evidence", "alarm": number}
        for title, number in ((_("Uncited facts"), facts.uncited), (_("Disputed facts"), facts.disputed))
    ]


def _evidence_rows(numbers) -> list[dict]:
    rows = []
    for model in fact_models():
        facts = numbers.facts[model._meta.model_name]
        rows.append(
            {
                "title": capfirst(model._meta.verbose_name_plural),
                "cells": [
                    {"number": localize(facts.all), "href": _list(model)},
                    *(
                        {
                            "number": localize(number),
                            "href": _list(model, **{EvidenceFilter.parameter_name: name}),
                            "alarm": number,
                        }
                        for name, number in (("uncited", facts.uncited), ("disputed", facts.disputed))
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
