from cities.models import City
from core.history import is_generic, record_models
from exchange.tables import find_table, read_target, table_of, tables, target_text
from parks.models import CoManagementRole, Park, ParkStatement
from sources.models import Citation


def names(model):
    return [column.name for column in table_of(model).columns]


def test_table_of_roles_has_what_tells_a_role_first_and_keys_for_references():
    table = table_of(CoManagementRole)
    assert [(column.name, column.path) for column in table.columns] == [
        ("park", "park__slug"),
        ("function", "function"),
        ("division", "division__code"),
        ("body", "body__slug"),
        ("standing", "standing"),
        ("since", "since"),
        ("until", "until"),
        ("agreement", "agreement__slug"),
        ("note", "note"),
    ]
    assert [column.name for column in table.key] == ["park", "function", "division", "body", "standing", "since"]


def test_table_takes_a_column_for_each_part_of_a_key_that_has_several():
    assert names(ParkStatement) == [
        "park",
        "statement.official",
        "statement.agreement",
        "statement.outlet",
        "statement.said_on",
    ]


def test_table_of_citations_tells_what_they_speak_of_in_one_column():
    assert names(Citation)[:3] == ["source", "target", "field"]
    assert [column.is_target for column in table_of(Citation).columns[:3]] == [False, True, False]


def test_tables_hold_every_field_of_every_kind_of_record_but_bare_numbers():
    for model in record_models():
        told = {column.field.name for column in table_of(model).columns}
        kept = {field.name for field in model._meta.concrete_fields} - {"id"}
        assert told == (kept - {"content_type", "object_id"} | {"target"} if is_generic(model) else kept)


def test_tables_come_after_all_that_their_rows_refer_to():
    places = {table.model: place for place, table in enumerate(tables().values())}
    assert places.keys() == set(record_models())
    for model, place in places.items():
        for field in model._meta.concrete_fields:
            if field.related_model in places and field.related_model is not model:
                assert places[field.related_model] < place
    assert list(places)[-1] is Citation


def test_table_is_found_by_its_last_words_where_they_are_its_own():
    assert find_table("parks") is table_of(Park)
    assert find_table("roles") is table_of(CoManagementRole)
    assert find_table("agreements").name == "agreements"
    assert find_table("cities") is None
    assert table_of(City).name == "divisions"


def test_target_is_one_text_that_can_be_taken_apart_again():
    key = ["a/b", "100%", None, "江阴", True, 2003, ""]
    text = target_text(CoManagementRole, key)
    assert text == "co-management-role:a%2Fb/100%25//江阴/true/2003/"
    assert read_target(text) == ("co-management-role", ["a/b", "100%", "", "江阴", "true", "2003", ""])
