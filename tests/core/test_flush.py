import pytest
from django.core.management import call_command

from core.models import Change, Version
from tests.factories import make_park


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_flush_empties_the_registry_with_its_history_which_then_starts_anew():
    make_park()
    call_command("flush", interactive=False, verbosity=0)
    assert (Change.objects.count(), Version.objects.count()) == (0, 0)

    park = make_park()
    assert Version.objects.filter(model="parks.park", key=str(park.pk), operation="CREATED").count() == 1
