"""The sums that tell whether two registries hold the same: any edit changes them, and looking back finds the old."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.history import change
from core.models import Change
from exchange.dataset.checksum import Sum, checksum_dataset, sum_of
from parks.models import Park
from tests.factories import make_citation, make_park, make_role, make_whole_park

pytestmark = pytest.mark.django_db


def printed(*arguments):
    out = StringIO()
    call_command("checksum_dataset", *arguments, stdout=out)
    return out.getvalue().splitlines()


def differing(before, after):
    return {
        name for half in ("records", "history") for name, each in getattr(before, half).items()
        if getattr(after, half)[name] != each
    }  # fmt: skip


def test_checksum_changes_with_each_edit_and_is_found_again_by_its_instant():
    make_whole_park("p")
    before = checksum_dataset()
    assert checksum_dataset() == before
    with change(reason="a typing mistake"):
        Park.objects.filter(slug="p").update(name_en="Renamed")
    after = checksum_dataset()
    assert differing(before, after) == {"parks", "changes", "versions"}
    assert after.records["parks"].rows == before.records["parks"].rows
    assert checksum_dataset(before.newest) == before


def test_checksum_of_what_was_done_and_undone_tells_of_it_in_the_history_alone():
    make_park("p", name_en="A park")
    before = checksum_dataset()
    for name in ("Renamed", "A park"):
        with change():
            Park.objects.filter(slug="p").update(name_en=name)
    after = checksum_dataset()
    assert after.records == before.records
    assert after.history["versions"].rows == before.history["versions"].rows + 2


def test_checksum_counts_citations_that_are_put_in_order_on_disk():
    make_citation(make_role(make_park("p")))
    assert checksum_dataset().records["citations"].rows == 1


def test_records_of_two_registries_are_the_same_in_whatever_order_they_were_written():
    make_park("p")
    make_park("q")
    one = sum_of(checksum_dataset().records)
    Park.objects.all().delete()
    make_park("q")
    make_park("p")
    assert sum_of(checksum_dataset().records) == one


def test_command_prints_each_table_and_the_sums_of_all():
    make_park("p")
    told = checksum_dataset()
    lines = printed()
    assert [line.split()[0] for line in lines] == [*told.records, "changes", "versions", "records", "history", "newest"]
    rows = {name: Sum(int(rows), digest) for name, rows, digest in (line.split() for line in lines[:-1])}
    assert rows == told.records | told.history | {"records": sum_of(told.records), "history": sum_of(told.history)}
    newest = lines[-1].split()[1]
    assert newest == f"{Change.objects.order_by('-at').first().at:%Y-%m-%dT%H:%M:%S.%fZ}"
    with change():
        make_park("q")
    assert printed("--known", newest) == lines != printed()


def test_command_refuses_what_is_no_instant():
    with pytest.raises(CommandError, match=r"'yesterday' is no instant\. Write one like 2026-01-31T12:00:00Z"):
        printed("--known", "yesterday")
