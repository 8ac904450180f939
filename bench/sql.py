"""A park and all its facts as JSON made by the database itself, for the bare limit and for Datasette."""

from dataclasses import dataclass

Shape = dict[str, "str | Shape"]
DIVISION = ("code", "name_en", "name_zh", "level", "kind")
# Of each kind of fact its table, the columns told, and the tables that it refers to.
PARTY = "LEFT JOIN cities_division d ON d.code = f.division_id LEFT JOIN cities_body b ON b.id = f.body_id"
AGREEMENT = "LEFT JOIN agreements_agreement a ON a.id = f.agreement_id"
INDUSTRY = {"code": "i.code", "name_en": "i.name_en", "name_zh": "i.name_zh"}
INDICATOR = {"indicator": "i.code", "unit": "i.unit"}
FIGURE = "period kind value value_high precision growth_percent cumulative cumulative_since scope as_stated"
AGREED = {name: f"a.{name}" for name in ("slug", "title_en", "title_zh", "signed_on")}
FACTS = (
    ("names", "parks_parkname f", "id name language kind since until", {}),
    ("identifiers", "parks_parkidentifier f", "id scheme value", {}),
    (
        "sites",
        "parks_parksite f JOIN cities_division d ON d.code = f.division_id",
        "id name_en name_zh area latitude longitude since until",
        {"division": "division"},
    ),
    (
        "roles",
        f"parks_comanagementrole f {PARTY} {AGREEMENT}",
        "id function standing since until note",
        {"division": "division", "body": "body", "agreement": "agreement"},
    ),
    (
        "shares",
        f"parks_benefitshare f {PARTY} {AGREEMENT}",
        "id subject percent basis base_year amount entity standing condition since until",
        {"division": "division", "body": "body", "agreement": "agreement"},
    ),
    (
        "industries",
        "parks_parkindustry f JOIN parks_industry i ON i.id = f.industry_id",
        "id tier rank as_of since until",
        INDUSTRY,
    ),
    ("observations", "parks_observation f JOIN parks_indicator i ON i.id = f.indicator_id", f"id {FIGURE}", INDICATOR),
    ("events", "parks_event f", "id kind date text_en text_zh", {}),
    ("remarks", "parks_remark f", "id kind text_en text_zh", {}),
    ("agreements", f"parks_parkagreement f {AGREEMENT.removeprefix('LEFT ')}", "id", AGREED),
)
PARK = (
    *("slug", "name_en", "name_zh", "is_programme", "status", "established", "closed", "crosses"),
    *("latitude", "longitude", "website", "summary_en", "summary_zh", "industry_formula"),
)
DECIMALS = {"latitude", "longitude", "area", "percent", "amount", "value", "value_high", "growth_percent"}


@dataclass(frozen=True)
class Dialect:
    """How one engine writes JSON; `exact` is how a decimal is told without loss."""

    make: str
    gather: str
    exact: str

    def object(self, fields: dict[str, str]) -> str:
        pairs = ", ".join(f"'{name}', {value}" for name, value in fields.items())
        return f"{self.make}({pairs})"

    def columns(self, table: str, names) -> dict[str, str]:
        return {name: self.exact.format(f"{table}.{name}") if name in DECIMALS else f"{table}.{name}" for name in names}

    def reference(self, what: str) -> str:
        table, key, names = {
            "division": ("d", "code", DIVISION),
            "body": ("b", "id", ("slug", "name_en", "name_zh")),
            "agreement": ("a", "id", ("slug", "title_en", "title_zh")),
            "part_of": ("whole", "id", ("slug", "name_en", "name_zh")),
            "successor": ("heir", "id", ("slug", "name_en", "name_zh")),
        }[what]
        return f"CASE WHEN {table}.{key} IS NOT NULL THEN {self.object(self.columns(table, names))} END"

    def facts(self) -> dict[str, str]:
        """Each kind of fact of the park `p`, as an array."""
        told = {}
        for name, tables, columns, others in FACTS:
            fields = self.columns("f", columns.split())
            fields |= {key: self.reference(value) if key == value else value for key, value in others.items()}
            gathered = self.gather.format(self.object(fields))
            told[name] = f"(SELECT {gathered} FROM {tables} WHERE f.park_id = p.id)"
        return told

    def park(self) -> dict[str, str]:
        """The fields of a park, from the tables of `FROM_PARK`."""
        host = self.object(self.columns("h", DIVISION))
        references = {"host": host, "part_of": self.reference("part_of"), "successor": self.reference("successor")}
        return self.columns("p", PARK) | references | self.facts()


POSTGRESQL = Dialect("json_build_object", "coalesce(json_agg({} ORDER BY f.id), '[]')", "{}::text")
SQLITE = Dialect("json_object", "json_group_array({})", "CAST({} AS TEXT)")
JOINED = (
    "JOIN cities_division h ON h.code = p.host_id"
    " LEFT JOIN parks_park whole ON whole.id = p.part_of_id LEFT JOIN parks_park heir ON heir.id = p.successor_id"
)
