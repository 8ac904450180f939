"""All names of a record, as a search matches them, kept in one row with an index (see `core.grams`).

Each kind of record says what it is `named_by`. Of each name the squeezed text is kept (see `core.text`), and of a
Chinese one its pinyin too: so names are found whatever their dashes and accents. `core.finding` searches them. Beside
them stand the keys by which `core.likeness` finds names that are like a text (see `core.wording`).
"""

import json
from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from core.bulk import write_rows
from core.history import label_of
from core.models import NameKey, Record, RecordNames
from core.pinyin import HAN, read_aloud
from core.text import squeezed
from core.wording import piece_key, pieces

# What stands before and after each name; no squeezed text has it.
EDGE = "\n"


def keep_names(model: type[Record], keys: Iterable):
    """Keep the names that the records of `model` with these keys have now, and forget those of records that are gone.

    What is there already is not written again.
    """
    keys, kind = list(keys), label_of(model)
    names_now = {str(key): names for key, names in names_of(model, among(model, keys)).items()}
    wanted = {key: joined(names) for key, names in names_now.items()}
    rows = RecordNames.objects.filter(kind=kind, key__in=list(map(str, keys)))
    there = {key: (row, names) for row, key, names in rows.values_list("id", "key", "names")}
    written = RecordNames.objects.bulk_create(
        [
            RecordNames(kind=kind, key=key, number=int(key) if is_numbered(model) else None, names=names)
            for key, names in wanted.items()
            if key not in there or there[key][1] != names
        ],
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["names"],
    )
    if gone := there.keys() - wanted.keys():
        RecordNames.objects.filter(kind=kind, key__in=gone).delete()
    own = {key: row for key, (row, _names) in there.items() if key not in gone} | {
        each.key: each.pk for each in written
    }
    _keep_keys(
        {(key, own[record]) for record, names in names_now.items() for key in name_keys(model, names)}, own.values()
    )


def _keep_keys(wanted: set[tuple[int, int]], rows: Iterable[int]):
    """Keep these keys, and no others, of the rows of names with these ids."""
    kept = NameKey.objects.filter(names__in=list(rows))
    there = set(kept.values_list("key", "names_id"))
    if lost := {row for _key, row in there - wanted}:
        # All of a record that has lost one, which few have: what is left is written again.
        kept.filter(names__in=lost).delete()
        there = {(key, row) for key, row in there if row not in lost}
    if new := sorted(wanted - there):
        write_rows([NameKey._meta.get_field(name) for name in ("key", "names")], new)


def name_keys(model: type[Record], names: Iterable[str]) -> set[int]:
    """The keys by which a record of `model` with these names is looked up."""
    kind = label_of(model)
    return {piece_key(kind, piece) for name in names if name for piece in pieces(model.wording.read(name))}


def names_of(model: type[Record], only: Q | None = None, named_by: tuple[str, ...] = ()) -> dict[object, list[str]]:
    """All names of the records of `model` by key, as the records themselves tell them now. `named_by` says where they
    are in a kind that does not say it itself.
    """
    records, named_by = model._base_manager.filter(only or Q()).order_by(), model.named_by or named_by
    own = [path for path in named_by if "__" not in path]
    names = defaultdict(list)
    for key, *told in records.values_list("pk", *own):
        names[key] = [*told, *model.also_named(*told)]
    for path in (path for path in named_by if path not in own):
        for key, name in records.values_list("pk", path):
            names[key].append(name or "")
    return names


def joined(names: Iterable[str]) -> str:
    """Names as they are kept and matched: each form of each once, with an edge on both sides."""
    told = dict.fromkeys(form for name in names for form in forms(name))
    # One edge more, so that three characters begin with the last character too.
    return "".join(EDGE + name for name in told) + EDGE * 2


def forms(name: str) -> list[str]:
    """What a text has to be part of to find a name: squeezed, as it is written and, of a Chinese one, as it is read."""
    told = [name]
    if HAN.search(name):
        read = read_aloud(name)
        # Where a keyboard has no ü, people type v.
        told += [read, read.replace("ü", "v")]
    return list(filter(None, dict.fromkeys(map(squeezed, told))))


def is_numbered(model: type[Record]) -> bool:
    """Whether the primary keys of `model` are numbers."""
    return model._meta.pk.get_internal_type() == "BigAutoField"


def among(model: type[Record], keys: Iterable) -> Q:
    """Records of these keys, however many: as one parameter, since databases take only so many."""
    told = json.dumps(list(keys))
    if connection.vendor != "postgresql":
        return Q(pk__in=RawSQL("SELECT value FROM json_each(%s)", [told]))
    column = model._meta.pk.cast_db_type(connection)
    return Q(pk__in=RawSQL(f"SELECT value::{column} FROM jsonb_array_elements_text(%s)", [told]))  # nosec B611 # of the model
