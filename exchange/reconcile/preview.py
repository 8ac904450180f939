"""What a small page tells of a record: its names and some facts, as pairs of words."""

from exchange.reconcile.extending import extend
from exchange.reconcile.kinds import Entity

# In this order; what a record does not have is left out.
SHOWN = {
    "park": ("host", "province", "partner", "established", "closed", "status", "names", "part_of", "successor"),
    "division": ("parent", "level", "kind", "code", "abolished", "successor"),
    "agreement": ("party", "signed_on", "effective_from", "expires_on", "kind", "parks"),
}
MOST = 6


def facts_of(entity: Entity) -> list[tuple[str, str]]:
    """Pairs of what is told and its values, in one text each."""
    wanted = SHOWN[entity.kind.id]
    cells = extend([entity.id], [(pid, {"limit": MOST}) for pid in wanted])["rows"][entity.id]
    named = entity.kind.by_id
    return [(str(named[pid].name), ", ".join(map(_text, cells[pid]))) for pid in wanted if cells[pid]]


def _text(cell: dict) -> str:
    return str(cell.get("name") or cell.get("str") or cell.get("date", "")[:10] or next(iter(cell.values())))
