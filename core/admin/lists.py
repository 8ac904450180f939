"""What a list in the admin may be asked: its own filters, and a search of some words."""

from functools import reduce
from operator import or_

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.text import smart_split
from django.utils.translation import gettext as _

from core.finding import named
from core.text import squeezed

# As long as the longest address of a source; and no database plans a search for a thousand words in good time.
SEARCH_LENGTH, SEARCH_WORDS = 600, 20


class DeclaredQueries:
    """A page of lists that answers no question but those it offers: see `list_filter` and `search_fields`."""

    def lookup_allowed(self, lookup, value, request=None):
        """Whether a filter of the list asks so. Django would run any lookup, a slow regular expression too."""
        if not any(lookup in _parameters(self.model, each) for each in self.get_list_filter(request)):
            return False
        if value and lookup.endswith("__exact"):
            _demand_key(self.model._meta.get_field(lookup.split("__")[0]), value)
        return True

    def get_search_results(self, request, queryset, search_term):
        if len(search_term) > SEARCH_LENGTH or sum(1 for _word in smart_split(search_term)) > SEARCH_WORDS:
            told = _("Search for at most %(words)d words, of %(length)d characters in all.")
            messages.error(request, told % {"words": SEARCH_WORDS, "length": SEARCH_LENGTH})
            return queryset.none(), False
        return self.search(request, queryset, search_term)

    def search(self, request, queryset, search_term):
        """The records with all the words of a search, and whether one may be among them twice.

        Where records are known by their names, `search_fields` only show the box: each word has to be in some name, or
        the whole is what `known_otherwise` says. A search field that is a reference stands for any name of the record
        that it leads to.
        """
        words = [word.strip("\"'") for word in smart_split(search_term)]
        fields = self.get_search_fields(request)
        references = [name for name in fields if "__" not in name and self.model._meta.get_field(name).is_relation]
        if words and references:
            others = [name for name in fields if name not in references]
            # A dash between two words is in no name.
            for word in filter(squeezed, words) if any(map(squeezed, words)) else words:
                queryset = queryset.filter(self._has(word, references, others))
            return queryset, False
        if not words or not getattr(self.model, "named_by", ()):
            return super().get_search_results(request, queryset, search_term)
        # Not with OR: a database would rather look at every record than at several indexes.
        conditions = [named(self.model, *words), *self.known_otherwise(search_term.strip())]
        found, *others = (self.model._base_manager.order_by().filter(each).values("pk") for each in conditions)
        return queryset.filter(pk__in=found.union(*others) if others else found), False

    def _has(self, word, references, fields) -> Q:
        """Facts that have `word` in one of `fields`, or in a name of what one of `references` leads to."""
        conditions = [Q(**{f"{name}__icontains": word}) for name in fields]
        for name in references:
            model = self.model._meta.get_field(name).related_model
            found = model._base_manager.order_by().filter(named(model, word))
            conditions.append(Q(**{f"{name}__in": found.values("pk")}))
        return reduce(or_, conditions)

    def known_otherwise(self, text) -> list[Q]:
        """Which records `text` finds beside those that it names: any of these."""
        return []


def _demand_key(field, value):
    """Raise IncorrectLookupParameters for the key of no record: SQLite fails at a number that no column holds."""
    try:
        if field.is_relation:
            field.target_field.clean(value, None)
    except ValidationError as error:
        raise IncorrectLookupParameters from error


def _parameters(model, list_filter) -> list[str]:
    """The parameters by which an item of `list_filter` is asked: one of its own, or a field's."""
    if isinstance(list_filter, type):
        # Told by the class alone; there is no filter yet.
        return list_filter.expected_parameters(list_filter)
    name = list_filter if isinstance(list_filter, str) else list_filter[0]
    field = model._meta.get_field(name)
    path = f"{name}__{field.target_field.name}" if field.is_relation else name
    return [f"{path}__exact", f"{name}__isnull"]
