"""What the guide, the dashboard and the alerts name is what the registry tells."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.gauges import GAUGES
from core.watch.metrics import COUNTED

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
RULES = (ROOT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8")
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "registry.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def metrics() -> dict[str, list[str]]:
    """Each metric as it is told, with the names of its labels."""
    told = {name: list(labels) for name, (_text, labels) in GAUGES.items()}
    for metric in COUNTED._names_to_collectors.values():
        name = metric._name + ("_total" if metric._type == "counter" else "")
        told[name] = list(metric._labelnames)
    return told


def named(text: str) -> set[str]:
    """The metrics that a query or a rule names; of a histogram the whole, where a part of it is named."""
    found = set(re.findall(r"\bregistry_[a-z_]+\b", text))
    histograms = {metric._name for metric in COUNTED._names_to_collectors.values() if metric._type == "histogram"}
    return {part if (part := re.sub("_(bucket|sum|count)$", "", name)) in histograms else name for name in found}


def test_the_guide_tells_every_metric_with_its_labels_and_no_other():
    rows = re.findall(r"^\| `(registry_[a-z_]+)` \|([^|]*)\|", GUIDE, re.MULTILINE)
    assert {name: re.findall(r"`(\w+)`", labels) for name, labels in rows} == metrics()


def test_the_guide_tells_what_to_do_for_every_alert_and_no_other():
    section = GUIDE.partition("\n## Alerts")[2]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == re.findall(r"- alert: (\w+)", RULES)


def test_alerts_name_metrics_that_are_told():
    expressions = re.findall(r"expr: (?:>-\n)?(.*?)\n        (?:for|labels):", RULES, re.DOTALL)
    assert len(expressions) == RULES.count("- alert: ")
    assert set().union(*map(named, expressions)) <= metrics().keys()


def test_every_metric_is_on_the_dashboard_and_no_other():
    assert set().union(*map(named, QUERIES)) == metrics().keys()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_of_the_dashboard_is_whole(panel):
    assert panel["type"] in ("stat", "timeseries")
    assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert [each["refId"] for each in panel["targets"]] == list("ABCDEF"[: len(panel["targets"])])
    place = panel["gridPos"]
    assert place["x"] + place["w"] <= 24


def test_panels_have_numbers_of_their_own_and_do_not_lie_over_each_other():
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert (len(set(numbers)), len(set(cells))) == (len(numbers), len(cells))
