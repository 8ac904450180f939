"""Every error of the API as a problem document (RFC 9457), with a pointer to what was wrong in the body (RFC 6901)."""

import logging
import sys
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, DisallowedHost, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views import defaults
from rest_framework import exceptions
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings

from core.faults import BUSY, DEADLOCK, Fault, fault_of, note
from core.integrity import explain
from core.uploads import UploadTooLarge
from core.watch.requests import request_number

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Of very many mistakes these are told: to look for what was meant by each costs more than the request did.
MAX_TOLD = 10
RECORD_ITSELF = {api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS}


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = _("This does not fit what the registry holds.")


class PreconditionFailed(exceptions.APIException):
    status_code = 412
    default_detail = _(
        "The record was changed since you read it. Read it again, and repeat your edit on what it is now."
    )
    # That the client has read, where it told one.
    version: int | None = None


class TooLarge(exceptions.APIException):
    status_code = 413

    def __init__(self, refused: RequestDataTooBig):
        size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
        told = str(refused) if isinstance(refused, UploadTooLarge) else None
        super().__init__(told or _("The body is larger than %d MB. Send it in parts.") % size)


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_detail = _("Say which version you edit: send the ETag that you got with the record as If-Match.")


class Unavailable(exceptions.APIException):
    """It cannot be done at this moment, for a fault that passes."""

    status_code = 503

    def __init__(self, fault: Fault):
        super().__init__(fault.told)
        self.fault, self.wait = fault, fault.wait


class Busy(exceptions.APIException):
    status_code = 503
    default_detail = BUSY.told
    wait = BUSY.wait


class BadParameters(exceptions.APIException):
    """Parameters of the query that are not known, or not as they have to be: `[{"parameter", "detail", ...}]`."""

    status_code = 400

    def __init__(self, errors: list[dict]):
        super().__init__(" ".join(error["detail"] for error in errors))
        self.errors = errors


def nearest(name: str, known) -> str | None:
    """The one of `known` that `name` was probably meant to be."""
    found = get_close_matches(name[:60], list(known), n=1, cutoff=0.75)
    return found[0] if found else None


def hint(name: str, known) -> str:
    """The question whether that one was meant, to go after a sentence; nothing where none is near."""
    meant = nearest(name, known)
    return str(_(" Did you mean “%s”?") % meant) if meant else ""


def pointers(detail, at: str = "#") -> list[dict]:
    """A serializer's nested errors as a flat list, each with the pointer into the body."""
    if isinstance(detail, dict):
        inner = [(at if name in RECORD_ITSELF else f"{at}/{_token(name)}", each) for name, each in detail.items()]
    elif isinstance(detail, list | tuple):
        inner = [(at if isinstance(each, str) else f"{at}/{index}", each) for index, each in enumerate(detail)]
    else:
        return [{"pointer": at, "detail": str(detail)}]
    return [error for place, each in inner for error in pointers(each, place)]


def _token(name) -> str:
    return quote(str(name).replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")


def problem(status: int, detail: str, errors: list[dict] | None = None) -> dict:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": str(detail)}
    if status >= 500 and (number := request_number()):
        # What the operator finds it by in the log. What was wrong with the request itself needs no looking for.
        document["instance"] = f"urn:uuid:{UUID(number)}"
    return document | {"errors": errors} if errors else document


def problem_response(document: dict, headers: dict | None = None) -> JsonResponse:
    return JsonResponse(
        document,
        status=document["status"],
        content_type=MEDIA_TYPE,
        headers=headers,
        json_dumps_params={"ensure_ascii": False},
    )


def answer_error(error: Exception, context: dict):
    """The answer to an exception raised in a view; None for one that is a fault of ours."""
    raised, error = error, _as_api_error(error)
    if error is None:
        return None
    headers = _headers(error)
    if isinstance(error, BadParameters):
        document = problem(400, error.detail, error.errors)
    elif isinstance(error, exceptions.ValidationError):
        errors = pointers(error.detail)
        told = ngettext("%d thing is wrong with the body.", "%d things are wrong with the body.", len(errors))
        document = problem(400, told % len(errors), errors)
    else:
        document = problem(error.status_code, error.detail, getattr(error, "errors", None))
    request = context.get("request")
    if isinstance(getattr(request, "accepted_renderer", None), BrowsableAPIRenderer):
        response = Response(document, status=document["status"], headers=headers)
    else:
        response = problem_response(document, headers)
    return noted(response, error.fault, raised, request) if isinstance(error, Unavailable) else response


def noted(response, fault: Fault, raised: BaseException, request):
    """The answer to a fault that passes, told in the log in one line. Says whether it may be done anew at once."""
    note(fault, raised, request)
    # All of it was undone.
    response.is_repeatable = fault is DEADLOCK
    response._has_been_logged = True
    return response


def noted_host(response, raised: BaseException | None):
    """The answer under a host that is not ours: scanners ask that all day, which is worth one line and no more."""
    if isinstance(raised, DisallowedHost):
        logger.warning("%s", str(raised).encode("unicode_escape").decode())
        response._has_been_logged = True
    return response


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _as_api_error(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound(*error.args)
        case PermissionDenied():
            return exceptions.PermissionDenied(*error.args)
        case RequestDataTooBig():
            return TooLarge(error)
        case ModelValidationError():
            return exceptions.ValidationError(as_serializer_error(error))
        case ProtectedError():
            return _still_referred_to(error)
        case IntegrityError():
            conflict = Conflict()
            conflict.errors = pointers(as_serializer_error(explain(error)))
            return conflict
        case DataError():
            return exceptions.ParseError(_("A value is too large or too long to be kept."))
    fault = fault_of(error)
    return Unavailable(fault) if fault else None


def _still_referred_to(error: ProtectedError) -> Conflict:
    by_kind: dict[str, list] = {}
    for record in error.protected_objects:
        by_kind.setdefault(str(record._meta.verbose_name), []).append(record)
    conflict = Conflict(_("It cannot be deleted while other records refer to it."))
    conflict.errors = [
        {"pointer": "#", "detail": f"{kind}: {', '.join(_label(each) for each in records[:5])}", "count": len(records)}
        for kind, records in sorted(by_kind.items())
    ]
    return conflict


def _label(record) -> str:
    key = record.natural_key()[0] if record.natural_key() else record.pk
    return str(key)


def _handler(status: int, detail, page):
    """Django's handler of a status, which speaks problem documents where programs ask and shows a page elsewhere."""

    def handle(request, exception=None):
        too_large = TooLarge(exception) if isinstance(exception, RequestDataTooBig) else None
        if request.path.startswith(settings.SERVICE_PATHS):
            response = problem_response(problem(413, too_large.detail) if too_large else problem(status, detail))
        else:
            response = _not_done(too_large) if too_large else page(*filter(None, [request, exception]))
        return noted_host(response, exception)

    return handle


handler400 = _handler(400, _("The request cannot be read."), defaults.bad_request)
handler403 = _handler(403, _("You may not do this."), defaults.permission_denied)
handler404 = _handler(404, _("There is nothing at this address."), defaults.page_not_found)
FAILED = _("The registry failed at this. It has been noted; nothing was written.")
_failed = _handler(500, FAILED, lambda request: _not_done(exceptions.APIException(FAILED)))


def handler500(request):
    """What fails outside of any view, as when a transaction begins or ends, is told like what fails inside."""
    raised = sys.exc_info()[1]
    error = _as_api_error(raised)
    if request.path.startswith(settings.SERVICE_PATHS) and error is not None:
        return answer_error(raised, {"request": request})
    if isinstance(error, Unavailable):
        return noted(_not_done(error), error.fault, raised, request)
    return _not_done(error) if isinstance(error, Conflict) else _failed(request)


def _not_done(error: exceptions.APIException) -> HttpResponse:
    told = {"title": _("Not done"), "detail": error.detail, "errors": getattr(error, "errors", ())}
    if error.status_code >= 500:
        told["number"] = request_number()
    page = render_to_string("not_done.html", told)
    return HttpResponse(page, status=error.status_code, headers=_headers(error))
