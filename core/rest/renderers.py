"""The formats of the API beside JSON: tables and lines, written row by row in constant memory."""

import csv
import json
from codecs import BOM_UTF8

from django.utils.encoding import force_str
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer

from core.rest.references import KeyOnly, Reference
from core.spreadsheets import neutralised


class TextRenderer(JSONRenderer):
    """JSON, of which a part may have been rendered before: what comes as bytes is handed on."""

    def render(self, data, accepted_media_type=None, renderer_context=None):
        if isinstance(data, bytes):
            if self.get_indent(accepted_media_type, renderer_context or {}) is None:
                return data
            data = json.loads(data)
        return super().render(data, accepted_media_type, renderer_context)


class StreamRenderer(BaseRenderer):
    """A format that tells a whole list without pages, as it is read."""

    charset = "utf-8"
    # Whether a browser shows it or saves it (RFC 6266).
    disposition: str

    def stream(self, records, serializer):
        """The parts of the answer, for `records` as told by `serializer`."""
        raise NotImplementedError

    def render(self, data, accepted_media_type=None, renderer_context=None):
        # Only what is not a list comes here, such as the answer to OPTIONS.
        return JSONRenderer().render(data)


class LinesRenderer(StreamRenderer):
    """One JSON document a line (NDJSON)."""

    media_type = "application/x-ndjson"
    format = "ndjson"
    disposition = "inline"

    def stream(self, records, serializer):
        encode = TextRenderer().render
        for record in records:
            yield encode(record) + b"\n"


class TableRenderer(StreamRenderer):
    """CSV (RFC 4180). A reference takes a column for its key and each name, a list is JSON in one cell.

    A cell that a spreadsheet would take for a formula begins with an apostrophe; numbers are left as they are.
    Begins with a byte order mark, without which Excel takes UTF-8 for something else.
    """

    media_type = "text/csv"
    format = "csv"
    disposition = "attachment"

    def stream(self, records, serializer):
        writer = csv.writer(_Echo())
        parts = {name: _parts(field) for name, field in serializer.fields.items() if not field.write_only}
        yield BOM_UTF8
        yield writer.writerow(
            [
                column
                for name, keys in parts.items()
                for column in ([f"{name}_{key}" for key in keys] if keys else [name])
            ]
        )
        for record in records:
            record = json.loads(record) if isinstance(record, bytes) else record
            row = []
            for name, keys in parts.items():
                value = record.get(name)
                row += [_cell((value or {}).get(key)) for key in keys] if keys else [_cell(value)]
            yield writer.writerow(row)


class _Echo:
    def write(self, text):
        return text.encode()


def _parts(field) -> list[str]:
    """The keys of a field that is told as an object, each of which is a column."""
    if isinstance(field, Reference) and not isinstance(field, KeyOnly):
        return [field.key, *field.tells]
    return [*field.fields] if isinstance(field, serializers.Serializer) else []


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return force_str(JSONRenderer().render(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return neutralised(str(value))


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API: reads, and makes records from JSON. Its forms can neither send If-Match nor search a list."""

    def get_rendered_html_form(self, data, view, method, request):
        return None

    def get_raw_data_form(self, data, view, method, request):
        return super().get_raw_data_form(data, view, method, request) if method == "POST" else None

    def get_filter_form(self, data, view, request):
        return None
