"""The triggers stand on every table of the registry, and stay there."""

from contextlib import nullcontext

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction

from core.faults import NotMigrated
from core.history import change, record_models
from core.known import known_at
from core.laying import install_after_migrate, lift_before_migrate
from core.models import Change, Document, NameKey, OpenChange, Record, RecordNames, Version
from exchange.models import Import
from parks.models import BenefitShare, Observation, Park
from tests.factories import make_agreement, make_observation, make_park, make_role, make_share, make_statement
from tests.intact import triggers_expected

SQLITE = connection.vendor == "sqlite"
HISTORY = {"created", "changed", "moved", "deleted"} if SQLITE else {"insert", "update", "delete", "truncate"}


def laid() -> dict[tuple[str, str], str]:
    """Every trigger by table and name, with all that defines it."""
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid)"
                " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
            )
        return {(table, name): definition for table, name, definition in cursor.fetchall()}


def test_every_model_of_the_registry_is_a_record():
    ours = {
        model
        for app in ("core", "sources", "cities", "agreements", "parks", "exchange")
        for model in apps.get_app_config(app).get_models()
    }
    derived = {OpenChange, RecordNames, NameKey, Document}
    assert {model for model in ours if not issubclass(model, Record)} == {Change, Version, Import} | derived
    assert {model for model in ours if issubclass(model, Record) and not model._meta.proxy} == set(record_models())


def test_every_record_says_what_it_is_known_by_and_whose_fact_it_is():
    for model in record_models():
        assert model.identity, model
        assert model.belongs_to in ("", "target") or issubclass(
            model._meta.get_field(model.belongs_to).related_model, Record
        )


@pytest.mark.django_db
def test_every_table_of_the_registry_has_its_triggers_and_no_others():
    assert set(laid()) == triggers_expected()


@pytest.mark.django_db
def test_laying_the_triggers_again_changes_nothing():
    before = laid()
    install_after_migrate()
    install_after_migrate()
    assert laid() == before


@pytest.mark.django_db
def test_the_trigger_of_a_constraint_that_is_gone_goes_too():
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute("CREATE TRIGGER rule_former_on_insert AFTER INSERT ON parks_park BEGIN SELECT 1; END")
        else:
            cursor.execute(
                "CREATE TRIGGER rule_former_on_insert BEFORE TRUNCATE ON parks_park EXECUTE FUNCTION history_truncate()"
            )
    assert ("parks_park", "rule_former_on_insert") in laid()
    install_after_migrate()
    assert set(laid()) == triggers_expected()


@pytest.mark.django_db
def test_migrating_nothing_leaves_the_triggers_where_they_are():
    lift_before_migrate(plan=[])
    assert set(laid()) == triggers_expected()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    ("model", "name"),
    [(Park, "name_en"), (Change, "reason"), (Version, "model")],
    ids=["a record", "changes", "versions"],
)
def test_triggers_outlive_the_remaking_of_a_table(model, name):
    park = make_park()
    before = Version.objects.count()
    narrow = model._meta.get_field(name)
    wide = narrow.clone()
    wide.max_length = narrow.max_length + 10
    wide.set_attributes_from_name(name)
    wide.model = model
    try:
        migrated(model, narrow, wide)
        assert set(laid()) == triggers_expected()
        # Making a table anew is no edit of its rows.
        assert Version.objects.count() == before
        Park.objects.update(name_zh="江阴园区")
        assert Version.objects.latest("id").data["name_zh"] == "江阴园区"
        make_role(park)
        with pytest.raises(IntegrityError), transaction.atomic():
            make_role(park, since="2003")
    finally:
        migrated(model, wide, narrow)


@pytest.fixture
def migrate_to(transactional_db):
    """Migrates the parks as far as asked, and at the end all the way."""
    yield lambda name: call_command("migrate", "parks", name, verbosity=0)
    with connection.cursor() as cursor:
        for model in (Observation, BenefitShare):
            # what a failed test left; the models may have columns that the tables do not
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
    call_command("migrate", verbosity=0)
    assert set(laid()) == triggers_expected()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_migrating_that_stops_leaves_the_history_on(migrate_to):
    migrate_to("0003")
    figure = make_observation(period="2003", cumulative=True, cumulative_since="2010")
    with pytest.raises(CommandError, match=rf"parks\.Observation {figure.pk}: A running total cannot begin"):
        call_command("migrate", verbosity=0)
    # mended in SQL, as one is told to
    with connection.cursor() as cursor:
        cursor.execute("UPDATE parks_observation SET cumulative_since = '2001'")
    version = Version.objects.latest("id")
    assert (version.operation, version.data["cumulative_since"]) == ("CHANGED", "2001")
    # Nobody looks back while views are away: today's rows would be told for then's.
    with (
        pytest.raises(NotMigrated) if connection.vendor == "postgresql" else nullcontext(),
        known_at(version.change.at),
    ):
        assert Observation.objects.get().cumulative_since == "2001"
    call_command("migrate", verbosity=0)
    assert set(laid()) == triggers_expected()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_history_is_on_while_tables_lack_columns_that_the_models_have(migrate_to):
    park = make_park().pk
    migrate_to("0001")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE parks_park SET name_zh = '江阴园区'")
    version = Version.objects.latest("id")
    assert (version.operation, version.key, version.data["name_zh"]) == ("CHANGED", str(park), "江阴园区")
    assert "is_programme" not in version.data


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_documents_tell_is_mended_while_tables_are_missing_and_they_wait_until_all_are_there(migrate_to):
    statement = make_statement()
    with change():
        agreement = make_agreement("treaty")
    migrate_to("0004")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE agreements_statement SET summary_en = 'Mended' WHERE id = %s", [statement.pk])
        cursor.execute("UPDATE agreements_agreement SET title_en = 'Mended' WHERE id = %s", [agreement.pk])
    assert Version.objects.latest("id").data["title_en"] == "Mended"
    call_command("migrate", verbosity=0)
    assert Document.objects.get(kind="agreements.agreement", key=agreement.pk).body == ""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_share_of_the_total_with_a_base_year_stops_migrating_and_is_named(migrate_to):
    migrate_to("0002")
    share = make_share(base_year="2015")
    with pytest.raises(CommandError) as error:
        call_command("migrate", verbosity=0)
    assert str(error.value) == (
        f"parks.BenefitShare {share.pk}: Say that these are shares of the increment, or leave out their base year."
        " Then migrate again."
    )
    BenefitShare.objects.update(basis="INCREMENT")
    assert Version.objects.latest("id").data["basis"] == "INCREMENT"


def migrated(model: type[models.Model], old: models.Field, new: models.Field):
    """Alter a field as `migrate` would."""
    lift_before_migrate(plan=[(None, False)])
    with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        editor.alter_field(model, old, new)
    install_after_migrate()


@pytest.mark.django_db
def test_asking_for_migrations_lays_nothing():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")
        cursor.execute(
            "DROP TRIGGER history_cities_body_created"
            if connection.vendor == "sqlite"
            else "DROP TRIGGER history_insert ON cities_body"
        )
    before = laid()
    with pytest.raises(SystemExit):
        call_command("migrate", "--check", verbosity=0)
    assert laid() == before
