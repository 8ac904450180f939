"""Answers a batch of queries: names by `core.likeness`, then what else is asked of a record moves the score."""

from collections import defaultdict

from django.db.models import Q

from core.comparing import LIKE, SAME
from core.likeness import EXACT, Alike, alike, is_safe
from core.pinyin import HAN
from exchange.reconcile.kinds import KINDS, OF_MODEL, entities_by_id
from exchange.reconcile.properties import AGREES, CONTRADICTS

# Candidates where the query does not say how many, and the most.
LIMIT, MOST = 5, 16
# What a property takes from the score where it contradicts, and where the record says nothing of it; and the part of
# what a likeness lacks that it adds where all agree.
CONTRADICTED, UNSAID, AGREED = 20, 6, 0.3
# Of a record of which only properties were asked for: that they fit says nothing of its name.
NAMELESS = 50


def reconcile(queries: dict[str, dict]) -> dict[str, dict]:
    """The result of each query, as the specification has it (5.2)."""
    found = _candidates(queries)
    compared = _compared(queries, found)
    wanted = defaultdict(set)
    ranked = {}
    for name, query in queries.items():
        scored = [_moved(each, query["constraints"], compared) for each in found[name]]
        scored.sort(key=lambda pair: -pair[0].score)
        ranked[name] = scored, is_safe([each for each, _features in scored])
        scored[min(query["limit"] or LIMIT, MOST) :] = []
        for each, _features in scored:
            wanted[each.model].add(each.key)
    entities = {(model, key): each for model, keys in wanted.items() for key, each in _entities(model, keys)}
    answers = {}
    for name, (scored, is_match) in ranked.items():
        chinese = bool(HAN.search(queries[name]["query"])) or None
        answers[name] = {
            "result": [
                _told(entities[each.model, each.key], each.score, features, is_match and place == 0, chinese)
                for place, (each, features) in enumerate(scored)
                if (each.model, each.key) in entities
            ]
        }
    return answers


def _entities(model, keys):
    return OF_MODEL[model].entities(keys).items()


def _told(entity, score, features, is_match, chinese):
    return {
        "id": entity.id,
        "name": entity.name(chinese=chinese),
        "description": entity.description(chinese=chinese),
        "score": score,
        "match": is_match,
        "type": [entity.kind.told()],
        "features": features,
    }


def _candidates(queries) -> dict[str, list[Alike]]:
    """The records that each query may mean, by what it says of the name; without a name, by all else."""
    found: dict[str, list[Alike]] = {}
    by_types, ids = defaultdict(list), {}
    for name, query in queries.items():
        if not query["query"]:
            found[name] = _of_properties(query)
        else:
            by_types[tuple(dict.fromkeys(query["types"]))].append(name)
            ids[name] = query["query"]
    for types, names in by_types.items():
        likely = alike([KINDS[each].model for each in types], [queries[name]["query"] for name in names])
        found |= dict(zip(names, likely, strict=True))
    # Whoever has the id of a record asks for no other.
    entities = entities_by_id(ids.values())
    for name, text in ids.items():
        if (entity := entities.get(text)) and entity.kind.id in queries[name]["types"]:
            key = entity.kind.keys_of([entity.key])[entity.key]
            found[name] = [Alike(entity.kind.model, key, EXACT)]
    return found


def _of_properties(query) -> list[Alike]:
    """Records that have all that is asked for."""
    limit, found = min(query["limit"] or LIMIT, MOST), []
    for kind in map(KINDS.get, query["types"]):
        if query["constraints"] and all(pid in kind.by_id for pid, _asked in query["constraints"]):
            conditions = [kind.by_id[pid].condition(asked) for pid, asked in query["constraints"]]
            rows = kind.model._base_manager.filter(Q(*conditions)).order_by("pk").values_list("pk", flat=True)
            found += [Alike(kind.model, key, NAMELESS, True) for key in rows.distinct()[:limit]]
    return found


def _compared(queries, found) -> dict[tuple, dict[object, float]]:
    """How each constraint stands to each candidate, by model, property and what is asked: each looked up once."""
    keys = defaultdict(set)
    for name, query in queries.items():
        for pid, asked in query["constraints"]:
            for each in found[name]:
                keys[each.model, pid, repr(asked)].add(each.key)
    values, compared = {}, {}
    for model, pid in {(model, pid) for model, pid, _asked in keys}:
        of_all = set().union(*(own for (one, other, _asked), own in keys.items() if (one, other) == (model, pid)))
        if (each := OF_MODEL[model].by_id.get(pid)) is not None:
            own = each.values(model, of_all)
            values[model, pid] = own, each.known_of({value for told in own.values() for value in told})
    told = {repr(asked): asked for query in queries.values() for _pid, asked in query["constraints"]}
    for (model, pid, asked), own in keys.items():
        if (model, pid) in values:
            each = OF_MODEL[model].by_id[pid]
            compared[model, pid, asked] = each.compared(told[asked], values[model, pid][0], own, values[model, pid][1])
    return compared


def _moved(each: Alike, constraints, compared) -> tuple[Alike, list[dict]]:
    """A candidate with the score that it has by what else is asked for, and what that is made of."""
    features = [{"id": "name", "value": each.score}]
    stands = []
    for pid, asked in constraints:
        stand = compared.get((each.model, pid, repr(asked)), {}).get(each.key, CONTRADICTS)
        stands.append(stand)
        features.append({"id": pid, "value": stand})
    if not stands or each.score == NAMELESS:
        return each, features
    score = each.score
    for stand in stands:
        score -= 0 if stand == AGREES else CONTRADICTED if stand == CONTRADICTS else UNSAID
    does_agree = all(stand == AGREES for stand in stands)
    if does_agree and score < LIKE:
        # Never enough to be taken without a look: a likeness of the name stays one.
        score += (LIKE - score) * AGREED
    is_vague = each.is_vague and not (does_agree and each.score >= SAME)
    return each._replace(score=round(max(score, 0), 1), is_vague=is_vague), features
