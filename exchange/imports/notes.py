"""What is kept in mind of a file while it is worked through, beyond what memory should hold: a database on disk that is
nobody else's and goes with whoever made it.
"""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from core.models import Record
from core.names import among, names_of
from core.rest.references import key_of
from core.text import squeezed

CHUNK = 5000
# How a record is called, of kinds that a search does not find by name.
NAMES = ("name_en", "name_zh", "title_en", "title_zh", "title")


def mark(*told) -> bytes:
    """Stands for what a row is known by."""
    return blake2b(repr(told).encode("utf-8", "surrogatepass"), digest_size=12).digest()


class Notes:
    """Which lines were seen and which failed, which wait for others, and all names of the kinds that are asked for."""

    def __init__(self):
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE seen (mark BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID;"
            "CREATE TABLE failed (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID;"
            "CREATE TABLE waiting (line INTEGER PRIMARY KEY, cells BLOB);"
            "CREATE TABLE name (kind TEXT, name TEXT, key, PRIMARY KEY (kind, name, key)) WITHOUT ROWID;"
            "BEGIN"
        )
        self._named: set[type[Record]] = set()

    def close(self):
        self._kept.close()

    def see(self, marks: Iterable[tuple[bytes, int]]):
        """Each mark has been seen in this line, unless in an earlier one."""
        self._kept.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", marks)

    def seen(self, marks: list[bytes]) -> dict[bytes, int]:
        """The lines in which those of `marks` were seen that were."""
        told = ", ".join("?" * len(marks))
        return dict(self._kept.execute(f"SELECT mark, line FROM seen WHERE mark IN ({told})", marks))  # nosec B608 # only marks

    def fail(self, key: str, line: int):
        """The line that should have made the record of this key did not."""
        self._kept.execute("INSERT OR IGNORE INTO failed VALUES (?, ?)", [key, line])

    def failed(self, key: str) -> int | None:
        found = self._kept.execute("SELECT line FROM failed WHERE key = ?", [key]).fetchone()
        return found[0] if found else None

    def put_off(self, lines: Iterable[tuple[int, list]]):
        """Keep lines with their cells for later."""
        self._kept.executemany(
            "INSERT INTO waiting VALUES (?, ?)", ((line, pickle.dumps(cells)) for line, cells in lines)
        )

    def waiting(self) -> int:
        return self._kept.execute("SELECT count(*) FROM waiting").fetchone()[0]

    def take_up(self, many: int) -> Iterator[list[tuple[int, list]]]:
        """All lines that were put off until now, so many at a time. They are kept no longer."""
        last = self._kept.execute("SELECT max(line) FROM waiting").fetchone()[0]
        after = -1
        while after != last:
            lines = self._kept.execute(
                "SELECT line, cells FROM waiting WHERE line > ? AND line <= ? ORDER BY line LIMIT ?",
                [after, last, many],
            ).fetchall()
            after = lines[-1][0]
            self._kept.executemany("DELETE FROM waiting WHERE line = ?", [line[:1] for line in lines])
            yield [(line, pickle.loads(cells)) for line, cells in lines]  # nosec B301 # of this process

    def named(self, model: type[Record], name: str) -> list:
        """The keys of the records of `model` that have this name, in whatever way it is written."""
        self._read_names(model)
        told = [model._meta.label, squeezed(name)]
        return [key for (key,) in self._kept.execute("SELECT key FROM name WHERE kind = ? AND name = ?", told)]

    def nearest(self, model: type[Record], name: str) -> object | None:
        """The key of the record of `model` whose name is most like this one; None where none is alike."""
        from rapidfuzz import process

        self._read_names(model)
        there = dict(self._kept.execute("SELECT name, key FROM name WHERE kind = ?", [model._meta.label]))
        found = process.extractOne(squeezed(name)[:60], there.keys(), score_cutoff=75)
        return there[found[0]] if found else None

    def _read_names(self, model):
        if model in self._named:
            return
        self._named.add(model)
        label, own = model._meta.label, {field.name for field in model._meta.concrete_fields}
        paths = tuple(name for name in NAMES if name in own)
        keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            some = among(model, keys[start : start + CHUNK])
            names = names_of(model, some, paths)
            if model.identity == (code := key_of(model),):
                # In another case, or with other dashes, its key is a name like others: GDP.
                for key, told in model._base_manager.filter(some).values_list("pk", code):
                    names[key].append(str(told))
            told = ((label, squeezed(name), key) for key, each in names.items() for name in each if squeezed(name))
            self._kept.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?)", told)
