from django.utils.translation import gettext_lazy as _

from cities.models import Body, Division
from core.rest.references import Reference
from sources.serializers import CitedRecordSerializer


class DivisionReference(Reference):
    model = Division
    route = "division"
    tells = ("name_en", "name_zh", "level", "kind")
    written = _("the six-digit code, such as 320200")


class BodyReference(Reference):
    model = Body
    route = "body"
    tells = ("name_en", "name_zh", "kind")


class DivisionSerializer(CitedRecordSerializer):
    route = "division"

    class Meta:
        model = Division
        fields = [
            "code",
            "level",
            "kind",
            "name_en",
            "name_zh",
            "pinyin",
            "parent",
            "latitude",
            "longitude",
            "abolished",
            "successor",
        ]


class BodySerializer(CitedRecordSerializer):
    route = "body"

    class Meta:
        model = Body
        fields = ["slug", "name_en", "name_zh", "kind", "division"]
