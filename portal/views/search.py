"""The search, by names in any language or script, and what it answers while somebody types."""

from django.core.paginator import Paginator
from django.http import JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core.likeness import alike
from core.rest.parameters import Choice, Text, WholeNumber
from core.text import simplified
from parks.search import KINDS, load, search, suggest
from portal.hits import Hit, tell_hits
from portal.views.page import Page

KIND_CHOICES = [(model._meta.model_name, model._meta.verbose_name) for model in KINDS]
# Of each kind, where all are told; and on a page of one kind.
OF_EACH, OF_ONE = 6, 25
SUGGESTED, NEAR, LAST_PAGE = 10, 8, 5000
# So long, in seconds, a browser need not ask again what the same letters found.
FRESH = 60

Q = Text(_("Part of a name: Chinese, English, pinyin, old and short names, codes of divisions."))
KIND = Choice(KIND_CHOICES, _("Only records of this kind."))


class SearchView(Page):
    """What a text finds, grouped by kind; names that are like it, where it finds nothing."""

    template = "portal/search.html"
    parameters = {"q": Q, "kind": KIND, "page": WholeNumber(1, LAST_PAGE, _("Which page of one kind."))}

    def tell(self):
        text = self.asked.get("q", "")
        kinds = [model for model in KINDS if self.asked.get("kind", model._meta.model_name) == model._meta.model_name]
        groups = self._groups(kinds, text) or (
            self._groups(kinds, other) if (other := simplified(text)) != text else []
        )
        found = sum(group["count"] for group in groups)
        near = _near(text) if text and not found else []
        return {"text": text, "groups": groups, "found": found, "near": near, "everything": urlencode({"q": text})}

    def _groups(self, kinds, text) -> list[dict]:
        groups = [self._group(model, text, alone=len(kinds) == 1) for model in kinds]
        return [group for group in groups if group["count"]]

    def _group(self, model, text, *, alone) -> dict:
        page = Paginator(search(text, [model]), OF_ONE if alone else OF_EACH).get_page(self.asked.get("page", 1))
        return {
            "kind": model._meta.model_name,
            "name": model._meta.verbose_name_plural,
            "count": page.paginator.count,
            "page": page,
            "is_alone": alone,
            "query": urlencode({"q": text, "kind": model._meta.model_name}),
            "hits": tell_hits(load(page.object_list, text, [model])),
        }


class SuggestView(Page):
    """The best matches of what has been typed so far, as JSON: the same that the search finds, cut short."""

    parameters = {"q": Q, "kind": KIND}

    def tell(self):
        text = self.asked.get("q", "")
        kinds = [model for model in KINDS if self.asked.get("kind", model._meta.model_name) == model._meta.model_name]
        rows = suggest(text, SUGGESTED + 1, kinds)
        # Names are kept as they are written; most in simplified characters.
        if not rows and (other := simplified(text)) != text:
            text, rows = other, suggest(other, SUGGESTED + 1, kinds)
        hits = tell_hits(load(rows[:SUGGESTED], text, kinds))
        return {"results": [_as_json(hit) for hit in hits], "is_cut": len(rows) > SUGGESTED}

    def render(self, template, context, status=200):
        return JsonResponse(context, status=status)

    def _describe(self, response, etag):
        response["ETag"] = etag
        patch_cache_control(response, public=True, max_age=FRESH)
        response.shared = True
        return response


def _as_json(hit: Hit) -> dict:
    return {
        "kind": hit.kind,
        "kind_name": str(hit.kind_name),
        "key": hit.key,
        "name": hit.name.text,
        "language": hit.name.language,
        "matched": hit.matched,
        "where": hit.where,
        "address": hit.address,
    }


def _near(text: str) -> list[Hit]:
    """What `text` may have meant: records whose names are like it."""
    near = alike(KINDS, [text])[0][:NEAR]
    rows = [(0, KINDS.index(each.model), str(each.key)) for each in near]
    return tell_hits(load(rows, text))
