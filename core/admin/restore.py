"""The page on which a steward restores a record: what would change, why it is done, and the deed."""

from datetime import timedelta

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.admin.forms import ReasonForm
from core.admin.reading import ToldRow, address_of, read_rows
from core.history import label_of, version_of, versions_of
from core.integrity import explain, hold_references
from core.models import Change, Version
from core.restoring import demand_to_restore, permissions_to_restore, restore, to_restore

# The states of a change that can be restored: just before it, and as it left the record.
STATES = {"before": timedelta(microseconds=1), "after": timedelta(0)}
ROWS_TOLD = 200


class RestoreForm(ReasonForm):
    """Why it is restored, and the version that whoever does it has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RestorePages:
    """The page that restores one kind of record, there or deleted."""

    def has_restore_permission(self, request) -> bool:
        return all(request.user.has_perm(permission) for permission in permissions_to_restore(self.model))

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        view = self.admin_site.admin_view(self.restore_view)
        return [path("<path:object_id>/restore/<int:change_id>/<str:state>/", view, name=name), *super().get_urls()]

    def restore_view(self, request, object_id, change_id, state):
        """Tell what restoring to `state` of the change would do, and do it when confirmed."""
        if not self.has_restore_permission(request):
            raise PermissionDenied
        key, edit = self._key(unquote(object_id)), Change.objects.filter(id=change_id).first()
        record = self.model(pk=key)
        if edit is None or state not in STATES or not versions_of(record).filter(change=edit).exists():
            raise Http404
        instant, form, refused = edit.at - STATES[state], None, []
        if request.method == "POST":
            self._lock(key)
            form = RestoreForm(request.POST)
            if form.is_valid() and not (refused := self._restore(request, record, instant, form.cleaned_data)):
                return HttpResponseRedirect(address_of(self.model, quote(key)))
        return self._confirmation(request, record, edit, state, instant, form, refused)

    def _key(self, text):
        try:
            key = self.model._meta.pk.to_python(text)
        except ValidationError:
            raise Http404 from None
        if "\x00" in text:
            raise Http404
        return key

    def _lock(self, key):
        """From here an edit of the same record waits, or has been waited for and is seen."""
        record = self.model._base_manager.filter(pk=key).first()
        owner = getattr(record, self.model.belongs_to) if record is not None and self.model.belongs_to else None
        # First the record, then its facts, as every writer does.
        for each in (owner, record):
            if each is not None:
                list(type(each)._base_manager.select_for_update(no_key=True).filter(pk=each.pk).values_list("pk"))

    def _restore(self, request, record, instant, told) -> list[str]:
        """Restore it; else what stands in the way."""
        if told["version"] != version_of(record):
            return [_("Not restored: it was changed after you opened this page. Look again what would change.")]
        try:
            with transaction.atomic():
                written = restore(self.model, record.pk, instant, person=request.user, reason=told["reason"])
                hold_references()
        except (ValidationError, IntegrityError) as error:
            return (error if isinstance(error, ValidationError) else explain(error)).messages
        messages.success(
            request, ngettext("%(count)d row restored.", "%(count)d rows restored.", written) % {"count": written}
        )
        return []

    def _confirmation(self, request, record, edit, state, instant, form, refused):
        rows, cannot = [], []
        try:
            rows = to_restore(self.model, record.pk, instant)
            demand_to_restore(request.user, self.model, rows)
        except ValidationError as error:
            cannot = error.messages
        except PermissionDenied as error:
            cannot = [str(error)]
        for message in dict.fromkeys([*refused, *cannot]):
            messages.error(request, message)
        told = read_rows(rows[:ROWS_TOLD])
        for row in told:
            # what would come back has no page yet
            row.url = "" if row.operation == Version.Operation.CREATED else row.url
        if form is None or form.is_valid():
            # Whoever confirms again has seen what is told now.
            reason = form.cleaned_data["reason"] if form else ""
            form = RestoreForm(initial={"version": version_of(record), "reason": reason})
        there = self.model._base_manager.filter(pk=record.pk).first()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Restore"),
            "subtitle": str(there) if there else None,
            "opts": self.opts,
            "object": there,
            "edit": edit,
            "is_before": state == "before",
            "sections": _sections(told),
            "cannot": cannot,
            "untold": max(0, len(rows) - ROWS_TOLD),
            "form": form,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/restore.html", context)


def _sections(rows: list[ToldRow]) -> list[tuple[str, list[ToldRow]]]:
    """The rows by what would become of them."""
    titles = {
        Version.Operation.CREATED: _("Comes back"),
        Version.Operation.CHANGED: _("Is changed back"),
        Version.Operation.DELETED: _("Goes"),
    }
    sections = [(title, [row for row in rows if row.operation == each]) for each, title in titles.items()]
    return [(title, found) for title, found in sections if found]


def _owners(version: Version) -> set[tuple[str, str]]:
    """The record that the row belongs to, and of a citation also what it is cited for."""
    owners = {(version.root_model, version.root_key)}
    if apps.get_model(version.model).belongs_to == "target":
        target = ContentType.objects.get_for_id(version.data["content_type_id"]).model_class()
        owners.add((label_of(target), version.data["object_id"]))
    return owners


def with_links_to_restore(request, versions: list[Version], rows: list[ToldRow]) -> list[ToldRow]:
    """The `rows`, told of `versions`, with a link to restore each deleted one; facts of a deleted record follow it."""
    deleted = {(each.model, each.key) for each in versions if each.operation == Version.Operation.DELETED}
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    for version, row in zip(versions, rows, strict=True):
        own = version.model, version.key
        page = pages.get(version.model)
        follows = bool(deleted & (_owners(version) - {own}))
        if own in deleted and not follows and isinstance(page, RestorePages) and page.has_restore_permission(request):
            name = f"admin:{page.opts.app_label}_{page.opts.model_name}_restore"
            row.restore_url = reverse(name, args=[quote(version.key), version.change_id, "before"])
    return rows
