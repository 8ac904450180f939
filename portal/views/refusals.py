"""The pages that say what cannot be done: where there is nothing, what is not allowed, and what failed."""

import re
import sys
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language_from_path
from django.utils.translation import gettext as _

from core.faults import BUSY, fault_of
from core.rest import errors
from core.rest.references import key_of
from core.watch.requests import request_number
from portal.addresses import address_of, path_in
from portal.missing import Deleted, Missing, can_be_key, had_key, named, same_key, similar

# What stands between the words of an address.
BETWEEN = re.compile(r"[\W_]+")
LONGEST_ASKED = 100


def refuse(request, status: int, title: str, detail: str, headers: dict | None = None) -> HttpResponse:
    """A page in the site's look that says what was wrong. It asks the database nothing."""
    told = {"title": title, "detail": detail, "number": request_number() if status >= 500 else None}
    response = render(request, "portal/refusal.html", told, status=status)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def _is_public(request) -> bool:
    return not request.path_info.startswith(settings.NOT_PUBLIC)


# --- What Django asks for where no view answers ----------------------------------------------------------------------


def handler400(request, exception=None):
    if not _is_public(request):
        return errors.handler400(request, exception)
    response = refuse(request, 400, _("This cannot be asked"), _("The request cannot be read."))
    return errors.noted_host(response, exception)


def handler403(request, exception=None):
    if not _is_public(request):
        return errors.handler403(request, exception)
    return refuse(request, 403, _("Not allowed"), _("You may not do this."))


def handler404(request, exception=None):
    if not _is_public(request):
        return errors.handler404(request, exception)
    if isinstance(exception, Missing):
        return _missing(request, exception.model, exception.key)
    path = re.sub("/{2,}", "/", request.path_info)
    language = get_language_from_path(path)
    # A language that is told otherwise ("/zh-Hans/", "/en-GB/") is known as well.
    meant = path_in(path, language.lower()) if language else path
    if meant != request.path_info and is_valid_path(unquote(meant)):
        return _lead(request, meant, lasting=True)
    return _nothing(request, words=_words(path.split("/", 2)[2] if language else path))


def handler500(request):
    if not _is_public(request):
        return errors.handler500(request)
    raised = sys.exc_info()[1]
    if fault := fault_of(raised):
        told = _("The registry cannot answer at this moment. Try again in a second.") if fault is BUSY else fault.told
        response = refuse(request, 503, _("Busy"), told, {"Retry-After": str(fault.wait)})
        return errors.noted(response, fault, raised, request)
    told = _("The registry failed at this. It has been noted, and will be looked into.")
    return refuse(request, 500, _("Something went wrong"), told)


# --- Where there is nothing -------------------------------------------------------------------------------------------


def _missing(request, model, key) -> HttpResponseBase:
    """The way to the record that is meant, where there is but one; else what became of it, and what is like it."""
    if not can_be_key(key):
        return _nothing(request)
    if request.GET.get("known") and (there := model.objects.filter(**{key_of(model): key}).first()):
        return _nothing(request, later=there)
    if record := same_key(model, key):
        return _lead(request, address_of(record), lasting=True)
    had = had_key(model, key)
    if had and not isinstance(had, Deleted):
        return _lead(request, address_of(had), lasting=True)
    if not had and (record := named(model, key)):
        return _lead(request, address_of(record), lasting=False)
    told = {"key": key, "kind": model._meta.verbose_name, "similar": similar(model, key), "words": _words(key)}
    if had:
        return _nothing(request, status=410, deleted=had, **told)
    return _nothing(request, **told)


def _nothing(request, status: int = 404, **told) -> HttpResponse:
    response = render(request, "portal/missing.html", told, status=status)
    patch_cache_control(response, no_cache=True)
    return response


def _lead(request, path: str, *, lasting: bool) -> HttpResponseBase:
    query = request.META.get("QUERY_STRING")
    to = HttpResponsePermanentRedirect if lasting else HttpResponseRedirect
    response = to(f"{path}?{query}" if query else path)
    # A key that is free may be given to another record.
    patch_cache_control(response, public=True, max_age=0, must_revalidate=True)
    return response


def _words(path: str) -> str:
    """The words of an address, to look for."""
    return " ".join(word for word in BETWEEN.split(path) if word)[:LONGEST_ASKED]
