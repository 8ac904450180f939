"""A list of the admin as a file: the very rows that it shows, of all its pages, in the columns that an import reads."""

from collections.abc import Iterator
from decimal import Decimal

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.sites import NotRegistered
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.models import Record
from core.rest.renderers import LinesRenderer, TableRenderer, WorkbookRenderer
from core.spreadsheets import neutralised, separated
from core.workbooks import workbook
from exchange.rows import header_of, rows_of
from exchange.tables import Table, table_of

FORMATS = {each.format: each for each in (TableRenderer(), WorkbookRenderer(), LinesRenderer())}


@require_safe
def export_list(request, app: str, model: str, suffix: str):
    """The list of a kind of record, as the query filters, searches and sorts it, for whoever may see the list."""
    page = _page_of(app, model)
    if suffix not in FORMATS:
        raise Http404
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    # Whichever page was looked at, all of them are meant.
    request.GET = request.GET.copy()
    for name in (PAGE_VAR, ALL_VAR):
        request.GET.pop(name, None)
    try:
        records = page.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        # The list itself says what is wrong.
        return HttpResponseRedirect(f"{reverse(f'admin:{app}_{model}_changelist')}?{ERROR_FLAG}=1")
    table = table_of(page.model)
    # A server would read the whole list for a HEAD too, to throw it away.
    parts = parts_of(table, records if request.method == "GET" else records.none(), suffix)
    name = f"{table.name}-{timezone.localdate().isoformat()}.{suffix}"
    return StreamingHttpResponse(
        parts,
        content_type=FORMATS[suffix].content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page_of(app, model):
    try:
        page = admin.site.get_model_admin(apps.get_model(app, model))
    except (LookupError, NotRegistered):
        raise Http404 from None
    if not issubclass(page.model, Record):
        raise Http404
    return page


def parts_of(table: Table, records: models.QuerySet, suffix: str) -> Iterator[bytes]:
    """The parts of a file of `records`, one of FORMATS, in constant memory."""
    header = header_of(table)
    if suffix == "ndjson":
        rows = (dict(zip(header, map(_plain, row), strict=True)) for row in rows_of(table, records, "typed"))
        return LinesRenderer().stream(rows)
    rows = rows_of(table, records)
    if suffix == "csv":
        return separated(header, (map(neutralised, row) for row in rows))
    numbers = [each.name for each in table.columns if isinstance(each.leaf, models.DecimalField | models.IntegerField)]
    return workbook(table.name, header, numbers, rows)


def _plain(value):
    """A number as people write it, whatever zeros it has."""
    return f"{value:f}" if isinstance(value, Decimal) else value
