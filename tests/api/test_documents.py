"""After any write, whoever makes it and how, every document is as a new rendering has it."""

import json
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agreement
from cities.models import Division
from core.documents import documented, mark_written
from core.history import change, record_models
from core.models import Change, Document
from core.restoring import restore
from parks.models import Park
from tests.admin import page_of, save
from tests.core.test_restoring_any_edits import few_values, make_records
from tests.people import client_of, make_person

KINDS = {Park: "parks", Agreement: "agreements", Division: "divisions"}
WAYS = ["save", "update", "sql", "delete", "sql delete", "bulk", "api", "admin", "loaddata", "restore"]


def fresh() -> dict:
    """Each document as a new rendering has it."""
    return {
        (kind, key): text
        for kind, each in documented().items()
        for key, text in each.render(each.queryset.model.objects.values_list("pk", flat=True)).items()
    }


def kept() -> dict:
    """Each document that does not wait, as it is kept."""
    rows = Document.objects.exclude(body__in=["", "null"]).values_list("kind", "key", "body", "version")
    return {(kind, key): (body, version) for kind, key, body, version in rows}


def stale() -> dict:
    """The documents that are kept and not as a new rendering has them: there must be none."""
    if connection.in_atomic_block:
        mark_written()
    now = fresh()
    return {key: (text, now.get(key)) for key, text in kept().items() if now.get(key) != text}


def write(data, steward, folder):
    """One write of some kind to some row, whichever way; what the rules refuse is undone."""
    way = data.draw(st.sampled_from(WAYS))
    model = data.draw(st.sampled_from(record_models()))
    rows = list(model._base_manager.order_by("pk"))
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    fields = [
        field
        for field in model._meta.concrete_fields
        if field.name not in (model._meta.pk.name, "slug", "code", "content_type", "object_id", "level")
    ]
    field = data.draw(st.sampled_from(fields))
    value = data.draw(few_values(field))
    one = model._base_manager.filter(pk=row.pk)
    table, column = model._meta.db_table, field.column
    if way == "save":
        setattr(row, field.attname, value)
        row.full_clean()
        row.save()
    elif way == "update":
        one.update(**{field.attname: value})
    elif way == "sql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE {model._meta.pk.column} = %s", [prepared(field, value), row.pk]
            )
    elif way == "delete":
        row.delete()
    elif way == "sql delete":
        one._raw_delete(one.db)
    elif way == "bulk":
        copies = [model(**{each.attname: getattr(row, each.attname) for each in fields}, **keys_of(model, row))]
        setattr(copies[0], field.attname, value)
        model._base_manager.bulk_create(copies)
    elif way == "api" and model in KINDS:
        address = f"/api/v1/{KINDS[model]}/{row.natural_key()[0]}/"
        answer = client_of(steward).patch(address, {field.name: value}, headers={"if-match": "*"})
        if answer.status_code >= 400:
            # It undoes the whole edit that it is part of here.
            raise ValidationError(answer.content)
    elif way == "admin" and model in KINDS:
        client = Client()
        client.force_login(steward)
        save(client, page_of(row), **{field.name: "" if value is None else str(value)})
    elif way == "loaddata":
        setattr(row, field.attname, value)
        options = {"use_natural_foreign_keys": True, "use_natural_primary_keys": model is not Division}
        (folder / "edited.json").write_text(serialize("json", [row], **options))
        with suppress(CommandError):
            call_command("loaddata", folder / "edited.json", verbosity=0)
    elif way == "restore" and not model.belongs_to:
        restore(model, row.pk, data.draw(st.sampled_from(list(Change.objects.values_list("at", flat=True)))))


def prepared(field, value):
    return field.get_db_prep_save(value, connection)


def keys_of(model, row) -> dict:
    """What a copy of the row is known by."""
    own = {name: getattr(row, name) for name in ("content_type", "object_id", "level") if hasattr(row, name)}
    if hasattr(row, "slug"):
        own["slug"] = f"{row.slug}-copy"
    if model is Division:
        own["code"] = "320999"
    return {name: value for name, value in own.items() if name in {f.name for f in model._meta.concrete_fields}}


def told(client, kind) -> list[dict]:
    """All that the API tells of a kind, without the host."""
    answer = client.get(f"/api/v1/{KINDS[kind]}/?limit=500")
    return json.loads(answer.content.replace(b"http://testserver/", b"/"))["results"]


@given(st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_any_write_every_document_is_as_a_new_rendering_has_it(db, tmp_path, data):
    with transaction.atomic():
        steward = make_person("stewards")
        make_records()
        # The history itself was written to by hand, which no trigger watches.
        call_command("render_documents", "--all", jobs=1, verbosity=0)
        assert kept() == fresh()
        for _write in range(data.draw(st.integers(1, 4))):
            together = data.draw(st.booleans())
            with (
                suppress(ValidationError, IntegrityError, models.ProtectedError),
                change() if together else transaction.atomic(),
                transaction.atomic(),
            ):
                write(data, steward, tmp_path)
                if together:
                    write(data, steward, tmp_path)
                # What is else refused when the transaction ends, which this one does not.
                connection.check_constraints()
            assert stale() == {}
        now = fresh()
        for model in KINDS:
            expected = [json.loads(text.body) for (kind, _key), text in now.items() if kind == model._meta.label_lower]
            assert told(client_of(steward), model) == sorted(
                expected, key=lambda each: each.get("slug") or each["code"]
            )
        transaction.set_rollback(True)
