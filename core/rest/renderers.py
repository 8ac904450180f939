"""The formats of the API beside JSON: tables and lines, written row by row in constant memory."""

import json

from django.utils.encoding import force_str
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer

from core.rest.references import KeyOnly, Reference
from core.spreadsheets import neutralised, separated
from core.workbooks import MEDIA_TYPE, workbook


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
    # How OpenAPI describes it.
    schema: dict = {"type": "string"}
    # Fields by which it tells each record, whatever `fields` and `omit` say of them.
    needs: frozenset[str] = frozenset()

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type

    def stream(self, records, serializer, view):
        """The parts of the answer, for `records` as `serializer` tells them: documents, as text or read."""
        raise NotImplementedError

    def render(self, data, accepted_media_type=None, renderer_context=None):
        # Only what is not a list comes here, such as the answer to OPTIONS.
        return JSONRenderer().render(data)


class LinesRenderer(StreamRenderer):
    """One JSON document a line (NDJSON)."""

    media_type = "application/x-ndjson"
    format = "ndjson"
    disposition = "inline"

    def stream(self, records, serializer=None, view=None):
        encode = TextRenderer().render
        for record in records:
            yield encode(record) + b"\n"


class TableRenderer(StreamRenderer):
    """CSV (RFC 4180). A reference takes a column for its key and each name, a list is JSON in one cell.

    A cell that a spreadsheet would take for a formula begins with an apostrophe; numbers are left as they are.
    """

    media_type = "text/csv"
    format = "csv"
    disposition = "attachment"

    def stream(self, records, serializer, view):
        table = _Table(serializer)
        yield from separated(table.columns, (map(_cell, row) for row in table.rows(records)))


class WorkbookRenderer(StreamRenderer):
    """XLSX, with the columns of the CSV: see `core.workbooks`."""

    media_type = MEDIA_TYPE
    format = "xlsx"
    charset = None
    disposition = "attachment"
    schema = {"type": "string", "format": "binary"}

    def stream(self, records, serializer, view):
        table = _Table(serializer)
        rows = table.rows(records)
        cells = ([_json(each) if isinstance(each, list | dict) else each for each in row] for row in rows)
        yield from workbook(view.list_name, table.columns, table.numbers, cells)


class _Table:
    """Records as rows: a column for each field that `serializer` tells, and for each part of one told as an object."""

    def __init__(self, serializer):
        self.parts, self.columns, self.numbers = {}, [], []
        for name, field in serializer.fields.items():
            if field.write_only:
                continue
            self.parts[name] = [*(parts := _parts(field))]
            columns = {f"{name}_{key}": part for key, part in parts.items()} if parts else {name: field}
            self.columns += columns
            self.numbers += [column for column, part in columns.items() if _tells_numbers(part)]

    def rows(self, records):
        for record in records:
            record = json.loads(record) if isinstance(record, bytes) else record
            row = []
            for name, keys in self.parts.items():
                value = record.get(name)
                if keys:
                    value = value or {}
                    row += [value.get(key) for key in keys]
                else:
                    row.append(value)
            yield row


def _parts(field) -> dict[str, serializers.Field]:
    """The parts of a field that is told as an object, each of which is a column."""
    if isinstance(field, Reference) and not isinstance(field, KeyOnly):
        return {key: field if key == field.key else None for key in (field.key, *field.tells)}
    return dict(field.fields) if isinstance(field, serializers.Serializer) else {}


def _tells_numbers(field) -> bool:
    if isinstance(field, Reference):
        return field.key == "id"
    return isinstance(field, serializers.DecimalField | serializers.IntegerField)


def _cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return _json(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return neutralised(str(value))


def _json(value) -> str:
    return force_str(JSONRenderer().render(value))


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API: reads, and makes records from JSON. Its forms can neither send If-Match nor search a list."""

    def get_description(self, view, status_code):
        """What is here, and where it is in other formats, asked the same."""
        told, beside = super().get_description(view, status_code), getattr(view, "beside_json", tuple)()
        if status_code != 200 or not beside:
            return told
        query = view.request.query_params.copy()
        for name in ("limit", "offset", "after", "before"):
            query.pop(name, None)
        address = view.request.path.removesuffix(f".{self.format}").rstrip("/")
        asked = f"?{query.urlencode()}" if query else ""
        links = ((f"{address}.{each.format}{asked}", f".{each.format}") for each in beside)
        links = format_html_join(", ", '<a href="{}">{}</a>', links)
        return format_html("{}<p>{} {}</p>", told, _("The same as a file:"), links)

    def get_rendered_html_form(self, data, view, method, request):
        return None

    def get_raw_data_form(self, data, view, method, request):
        return super().get_raw_data_form(data, view, method, request) if method == "POST" else None

    def get_filter_form(self, data, view, request):
        return None
