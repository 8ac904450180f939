"""Records are told as the REST framework would tell them field by field, to the byte."""

import pytest
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from config.api import router
from core.rest.views import RecordViewSet
from parks.models import Park
from tests.factories import make_citation, make_source, make_whole_park

pytestmark = pytest.mark.django_db


@pytest.fixture
def registry():
    make_whole_park()
    for park in Park.objects.all():
        for name in Park.facts:
            for fact in getattr(park, name).all():
                make_citation(fact)
                make_citation(fact, stance="DISPUTES", stated_value="another")
    make_source(reprint_of=make_source())


@pytest.mark.parametrize("context", [{}, {"on": "2010"}, {"on": "2010", "citations": True}])
@pytest.mark.parametrize(
    "prefix", [prefix for prefix, viewset, _name in router.registry if issubclass(viewset, RecordViewSet)]
)
def test_a_record_is_told_as_the_framework_tells_it(registry, prefix, context):
    (viewset,) = (viewset for each, viewset, _name in router.registry if each == prefix)
    context = {name: value for name, value in context.items() if name != "on" or viewset.dated}
    serializer = viewset.serializer_class(context=context)
    for record in viewset.queryset.all():
        told, framework = serializer.to_representation(record), ModelSerializer.to_representation(serializer, record)
        assert JSONRenderer().render(told) == JSONRenderer().render(framework)
        assert list(told) == [field.field_name for field in serializer.fields.values() if not field.write_only]
        for name, rows in ((each.source, each.child) for each in serializer.fields.values() if hasattr(each, "child")):
            for row in getattr(record, name).all() if hasattr(rows, "steps") else ():
                assert rows.to_representation(row) == ModelSerializer.to_representation(rows, row)
