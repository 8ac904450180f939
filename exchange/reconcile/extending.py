"""Data extension: values of records by id, for new columns of a table (specification, 7)."""

from collections import defaultdict

from exchange.reconcile.kinds import KINDS, entities_by_id

LANGUAGES = ("en", "zh")


def extend(ids: list[str], properties: list[tuple[str, dict]]) -> dict:
    """The answer to a data extension query; of an id that there is not, empty cells."""
    entities = entities_by_id(ids)
    rows = {each: {pid: [] for pid, _settings in properties} for each in ids}
    for kind in KINDS.values():
        own = {entity.key: entity.id for entity in entities.values() if entity.kind is kind}
        keys = kind.keys_of(own) if own else {}
        for pid, settings in properties:
            if own and pid in kind.by_id:
                told = _cells(kind, kind.by_id[pid], settings, keys.values())
                for key, pk in keys.items():
                    rows[own[key]][pid] = told.get(pk, [])
    return {"meta": [_meta(pid) for pid, _settings in properties], "rows": rows}


def _cells(kind, told, settings, keys) -> dict[object, list[dict]]:
    limit = int(settings.get("limit") or 0) or None
    values = {key: found[:limit] for key, found in told.values(kind.model, keys).items()}
    if not (of := getattr(told, "of", "")):
        return {key: list(map(told.cell, found)) for key, found in values.items()}
    language = settings.get("lang")
    chinese = language == "zh" if language in LANGUAGES else None
    entities = entities_by_id({f"{of}:{value}" for found in values.values() for value in found})
    cells = defaultdict(list)
    for key, found in values.items():
        for value in found:
            if entity := entities.get(f"{of}:{value}"):
                cells[key].append({"id": entity.id, "name": entity.name(chinese=chinese)})
    return cells


def _meta(pid):
    told = next(kind.by_id[pid] for kind in KINDS.values() if pid in kind.by_id)
    meta = {"id": pid, "name": str(told.name)}
    return meta | {"type": KINDS[of].told()} if (of := getattr(told, "of", "")) else meta
