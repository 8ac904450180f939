"""Records whose texts are all hostile, and a reader of the pages that tell them."""

from html.parser import HTMLParser

from django.db import models

from core.history import record_models
from tests.factories import MAKERS, make_citation, make_whole_agreement, make_whole_park

HOSTILE = """<script>alert(1)</script>{{ 7|add:7 }}"><img src=x onerror=alert(2)>'{% now "Y" %}</textarea>\u2028<!--"""
ADDRESS = "javascript:alert(3)//<b>"
# What has a meaning of its own: keys, dates, codes of languages.
MEANT = ("slug", "code", "language", "pinyin", "object_id")


def spoil(record, text=HOSTILE, address=ADDRESS):
    """Let all free texts of the record be hostile, past all checks, as a careless program could write them."""
    texts = {}
    for field in record._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices and not field.primary_key
        if not is_text or type(field) is not type_of(field) or field.name in MEANT:
            continue
        # Some have to be unique.
        told = address if isinstance(field, models.URLField) else f"{record.pk} {text}"
        texts[field.name] = told[: field.max_length] if field.max_length else told
    type(record)._base_manager.filter(pk=record.pk).update(**texts)


def type_of(field):
    """The type of a plain text; a date, which is a text of its own form, has another."""
    return next(
        kind
        for kind in (models.SlugField, models.URLField, models.CharField, models.TextField)
        if isinstance(field, kind)
    )


def make_spoilt(texts=(HOSTILE,), addresses=(ADDRESS,)):
    """A park and an agreement with all of theirs, and as many records of every kind as there are texts, all hostile."""
    park, agreement = make_whole_park("suxitong"), make_whole_agreement("sutong-2009")
    for each in [*park.roles.all(), *park.shares.all(), agreement]:
        make_citation(each)
    make_citation(park, field="established", stance="DISPUTES", stated_value="2008")
    make_citation(park, field="website")
    for make in MAKERS.values():
        for _text in texts:
            make()
    for model in record_models():
        for number, record in enumerate(model._base_manager.order_by("pk")):
            spoil(record, texts[number % len(texts)], addresses[number % len(addresses)])


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the texts of its scripts."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.scripts, self._in_script = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script:
            attrs, text = self.scripts[-1]
            self.scripts[-1] = attrs, text + data
