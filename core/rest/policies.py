"""What the REST framework is told to go by in every view: who may write, which format, what OPTIONS answers.

Apart from the views, which themselves import these through the settings.
"""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAcceptable
from rest_framework.metadata import BaseMetadata
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.reverse import reverse

from core.restoring import demand_to_restore

VERBS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


class MayWrite(BasePermission):
    """Anyone reads; writing takes the permission that Django has for it."""

    def has_permission(self, request, view):
        if request.method in SAFE_METHODS:
            return True
        verb, options = VERBS.get(request.method), view.queryset.model._meta
        return bool(verb) and request.user.has_perm(f"{options.app_label}.{verb}_{options.model_name}")


class MayRestore(BasePermission):
    """Stewards restore: see `core.restoring.permissions_to_restore`."""

    def has_permission(self, request, view):
        try:
            demand_to_restore(request.user, view.queryset.model)
        except PermissionDenied as refusal:
            self.message = str(refusal)
            return False
        return True


class Negotiation(DefaultContentNegotiation):
    """The format of the suffix where there is one, else the one that the client likes best (RFC 9110, 12.5.1)."""

    def select_renderer(self, request, renderers, format_suffix=None):
        if format_suffix:
            for renderer in renderers:
                if renderer.format == format_suffix:
                    return renderer, renderer.media_type
            allowed = ", ".join(f".{renderer.format}" for renderer in renderers if renderer.format != "api")
            raise Http404(
                _("There is no .%(given)s here, but: %(allowed)s.") % {"given": format_suffix, "allowed": allowed}
            )
        liked = request._request.get_preferred_type([renderer.media_type for renderer in renderers])
        for renderer in renderers:
            if renderer.media_type == liked:
                return renderer, renderer.media_type
        raise NotAcceptable(available_renderers=renderers)


class Description(BaseMetadata):
    """The answer to OPTIONS: what can be done here, and where all is described."""

    def determine_metadata(self, request, view):
        return {
            "name": view.get_view_name(),
            "description": view.get_view_description(),
            "methods": view.allowed_methods,
            "formats": [renderer.media_type for renderer in view.get_renderers()],
            "schema": reverse("schema", request=request),
        }
