from django.utils.translation import gettext_lazy as _

from cities.models import Body, Division
from cities.querysets import within
from core.finding import named
from core.rest.filters import Where, part_of_text
from core.rest.parameters import Key, Text
from sources.filters import CitedFilter


def division(help_text):
    return Key(Division, "code", help_text)


class DivisionFilter(CitedFilter):
    q = Where(
        Text(_("Part of a name, in Chinese, English or pinyin, or of the code.")),
        lambda text, on: named(Division, text),
        alone=True,
    )
    within = Where(
        division(_("The division itself and all that lie in it.")), lambda above, on: within(above.code, "code")
    )

    class Meta:
        model = Division
        fields = ["code", "level", "kind", "name_en", "name_zh", "parent", "abolished", "successor"]


class BodyFilter(CitedFilter):
    q = part_of_text(_("Part of a name, in Chinese or English."), "name_en", "name_zh")
    within = Where(
        division(_("A division, or one that lies in it, that the body belongs to.")),
        lambda above, on: within(above.code, "division__code"),
    )

    class Meta:
        model = Body
        fields = ["slug", "kind", "division"]
