"""Texts that try to be markup, in every field of every kind of record: the admin shows them and obeys none."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch

from core.history import record_models
from core.models import Change
from tests.admin import list_of, page_of
from tests.hostile.spoiling import Elements, make_spoilt
from tests.people import make_person

pytestmark = pytest.mark.django_db


def assert_obeys_nothing(html: str, path: str) -> None:
    page = Elements(html)
    for tag, attributes in page.elements:
        assert (tag, attributes.get("src")) != ("img", "x"), path
        for name, value in attributes.items():
            value = value or ""
            assert not name.startswith("on"), (path, tag, name)
            if name in ("href", "src", "action", "formaction"):
                assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), (path, tag, value)
            # Alpine runs these
            if name.startswith(("x-", "@", ":")):
                assert "alert" not in value, (path, tag, name, value)
    for attributes, text in page.scripts:
        if "json" not in attributes.get("type", ""):
            assert "alert(" not in text, path


def test_every_page_of_the_admin_shows_markup_and_obeys_none():
    make_spoilt()
    person = make_person("stewards", is_superuser=True, first_name="<script>alert(1)</script>")
    client = Client()
    client.force_login(person)
    Change.objects.update(reason="<script>alert(1)</script>", person=person)
    shown = 0
    for model in record_models():
        if not admin.site.is_registered(model):
            continue
        record = model._base_manager.order_by("pk").first()
        paths = [list_of(model), f"{list_of(model)}?q=alert", list_of(model, "add")]
        for view in ("change", "history", "delete"):
            try:
                paths.append(page_of(record, view))
            except NoReverseMatch:
                assert view != "change", model
        for path in paths:
            answer = client.get(path)
            assert answer.status_code in (200, 403), (path, answer.status_code)
            html = answer.content.decode()
            shown += "alert(1)" in html
            assert_obeys_nothing(html, path)
    for path in ("/admin/", list_of(Change), page_of(Change.objects.first())):
        assert_obeys_nothing(client.get(path).content.decode(), path)
    assert shown > 60
