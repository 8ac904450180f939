"""What the registry says of itself."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from core.rest.references import kind_of
from parks.census import census, fact_models
from portal.views.home import cited_percent
from portal.views.page import Page


class AboutView(Page):
    """What the registry is, how its facts are told and known, how to cite it, whose words and pictures it uses."""

    template = "portal/about.html"

    def tell(self):
        known = census()
        numbers, self.kept = known.value, not known.is_old
        return {
            "census": numbers,
            "counted_at": known.as_of,
            "contact": settings.CONTACT,
            "cited_percent": cited_percent(numbers),
            "facts": [
                (capfirst(model._meta.verbose_name_plural), _in_api(model), numbers.facts[model._meta.model_name])
                for model in fact_models()
            ],
        }


def _in_api(model) -> str:
    """The address of the list of the API that has all of a kind; "" where it has none."""
    try:
        return reverse(f"{kind_of(model)}-list")
    except NoReverseMatch:
        return ""
