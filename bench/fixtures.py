"""The made-up parks as a fixture of the registry's, and Django's own `loaddata` beside the registry's.

`python -m bench.fixtures make 2000 FILE` writes one; `python -m bench.fixtures django FILE` loads any as Django does.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def make(size: int) -> list[dict]:
    """`size` parks with their facts, references told by natural key."""
    from bench.load import made_up
    from core.history import label_of

    keys: dict[str, dict[int, list]] = {}
    objects = []
    for model, columns, rows in made_up(size):
        label = label_of(model)
        own = keys.setdefault(label, {})
        fields = {field.column: field for field in model._meta.concrete_fields if field.column in columns}
        labels = dict.fromkeys(fields.values())
        for field in labels:
            related = field.related_model
            labels[field] = label_of(related) if related and hasattr(related, "identity") else None
        for row in rows:
            told, values = {}, dict(zip(columns, row, strict=True))
            for column, field in fields.items():
                value = values[column]
                if column == "id" or (field.related_model and labels[field] is None):
                    continue
                if labels[field] == "cities.division":
                    told[field.name] = [value]
                elif labels[field] and value is not None:
                    told[field.name] = keys[labels[field]][value]
                else:
                    told[field.name] = value
            if label == "sources.citation":
                cited = _label_of_kind(values["content_type_id"])
                told["target"] = [cited, *keys[cited][int(told.pop("object_id"))]]
            own[values["id"]] = _natural_key(model, told)
            objects.append({"model": label, "fields": told})
    return objects


def _natural_key(model, told):
    if not all(model._meta.get_field(name).concrete for name in model.identity) or "target" in told:
        return []
    key = []
    for name in model.identity:
        field = model._meta.get_field(name)
        value = told[name] if name in told else field.get_default()
        if field.related_model is None:
            key.append(value)
        else:
            key += [None] * len(field.related_model.identity_lookups()) if value is None else value
    return key


def _label_of_kind(key):
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_id(key)
    return f"{kind.app_label}.{kind.model}"


def load_as_django_does(path: str) -> None:
    from django.core.management import call_command
    from django.core.management.commands import loaddata

    call_command(loaddata.Command(), path, verbosity=0)


if __name__ == "__main__":
    django.setup()
    what, *rest = sys.argv[1:]
    if what == "make":
        with open(rest[1], "w", encoding="utf-8") as file:
            json.dump(make(int(rest[0])), file, ensure_ascii=False)
    else:
        load_as_django_does(rest[0])
