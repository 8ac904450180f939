"""Suggestions while somebody types: records, types and properties (specification, 6)."""

from itertools import islice

from core.finding import ranked
from core.names import is_numbered
from core.pinyin import HAN
from exchange.reconcile.kinds import KINDS, entities_by_id

SUGGESTED = 10


def suggest_entities(prefix: str, kinds, cursor: int) -> list[dict]:
    """Records by any part of any name, whole names first; by id, that one."""
    if entity := entities_by_id([prefix]).get(prefix):
        return [_told(entity, None)] if cursor == 0 else []
    models = [kind.model for kind in kinds]
    rows = [(models[place], key) for _rank, place, key in islice(ranked(models, prefix), cursor, cursor + SUGGESTED)]
    chinese = bool(HAN.search(prefix)) or None
    found = {}
    for kind in kinds:
        own = int if is_numbered(kind.model) else str
        entities = kind.entities([own(key) for model, key in rows if model is kind.model])
        found |= {(kind.model, str(pk)): entity for pk, entity in entities.items()}
    return [_told(found[row], chinese) for row in rows if row in found]


def suggest_types(prefix: str, cursor: int) -> list[dict]:
    """Types by part of their id or name."""
    return _fitting(prefix, [kind.told() for kind in KINDS.values()], cursor)


def suggest_properties(prefix: str, kinds, cursor: int) -> list[dict]:
    """Properties by part of their id or name, those of several kinds once."""
    return _fitting(prefix, properties_of(kinds), cursor)


def properties_of(kinds) -> list[dict]:
    """The properties of these kinds as the service tells them, those of several kinds once."""
    told = {}
    for kind in kinds:
        for each in kind.properties:
            more = {"description": str(each.description)} if each.description else {}
            told.setdefault(each.id, {"id": each.id, "name": str(each.name), **more})
    return list(told.values())


def _told(entity, chinese):
    return {
        "id": entity.id,
        "name": entity.name(chinese=chinese),
        "description": entity.description(chinese=chinese),
        "notable": [entity.kind.told()],
    }


def _fitting(prefix, told, cursor):
    wanted = prefix.casefold()
    fitting = [each for each in told if wanted in each["id"].casefold() or wanted in each["name"].casefold()]
    fitting.sort(
        key=lambda each: not (each["id"].casefold().startswith(wanted) or each["name"].casefold().startswith(wanted))
    )
    return fitting[cursor : cursor + SUGGESTED]
