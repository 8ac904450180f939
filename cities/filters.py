from django.utils.translation import gettext_lazy as _

from cities.models import Body, Division
from cities.querysets import within
from core.rest.filters import Where, part_of_names
from core.rest.parameters import Key
from sources.filters import CitedFilter


def division(help_text):
    return Key(Division, "code", help_text)


class DivisionFilter(CitedFilter):
    q = part_of_names(_("Every word is in some name, in Chinese, English or pinyin, or in the code."), Division)
    within = Where(
        division(_("The division itself and all that lie in it.")), lambda above, on: within(above.code, "code")
    )

    class Meta:
        model = Division
        fields = ["code", "level", "kind", "name_en", "name_zh", "parent", "abolished", "successor"]


class BodyFilter(CitedFilter):
    q = part_of_names(_("Every word is in some name, in Chinese, English or pinyin."), Body)
    within = Where(
        division(_("A division, or one that lies in it, that the body belongs to.")),
        lambda above, on: within(above.code, "division__code"),
    )

    class Meta:
        model = Body
        fields = ["slug", "kind", "division"]
