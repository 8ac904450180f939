"""What each answer says of itself to browsers: what its page may load and run, who may frame or read it, what it tells.

Around all else that answers, so that errors, probes, files and answers without a body say so too.
"""

import base64
import hashlib
import re
from functools import cache

from django.conf import settings
from django.contrib import admin
from django.template.loader import get_template

# Files of our own, and nothing written into a page (https://www.w3.org/TR/CSP3/).
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
# What other sites may load: what they may read (CORS), and what the pages that they frame load.
SHARED_PATHS = (*settings.SERVICE_PATHS, f"/{settings.STATIC_URL.strip('/')}/")


def headers(get_response):
    pages = _joined({"img-src": " ".join([POLICY["img-src"], *settings.MAP_TILES_ORIGINS])})

    def answer(request):
        response = get_response(request)
        path, said = request.path_info, response.headers
        said["X-Content-Type-Options"] = "nosniff"
        said["Referrer-Policy"] = "same-origin"
        said["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        said["Cross-Origin-Opener-Policy"] = "same-origin"
        said["Cross-Origin-Resource-Policy"] = "cross-origin" if path.startswith(SHARED_PATHS) else "same-origin"
        if not getattr(response, "xframe_options_exempt", False):
            said["X-Frame-Options"] = "DENY"
        # Django's own account of a failure, for developers, has its styles and scripts in it.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            special = next((policy for area, policy in SPECIAL.items() if path.startswith(area)), None)
            said.setdefault("Content-Security-Policy", (special and special()) or pages)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            said["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        if request.method == "HEAD" and not response.streaming and response.content:
            # What a server would throw away, and warn of (RFC 9110, 9.3.2).
            said.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return answer


@cache
def _of_the_admin() -> str:
    """Alpine, which unfold stands on, makes functions of what it finds in attributes, and writes styles into others."""
    colors = {"colors": admin.site._get_colors("COLORS", None)}
    radius = {"border_radius": admin.site._get_config("BORDER_RADIUS", None)}
    styles = _styles_of("unfold/layouts/skeleton.html", colors | radius) + _styles_of("admin/change_list.html")
    return _joined(
        {
            "script-src": "'self' 'unsafe-eval'",
            "style-src": " ".join(["'self'", *styles]),
            "style-src-attr": "'unsafe-inline'",
            "font-src": "'self'",
        }
    )


@cache
def _of_the_docs() -> str:
    return _joined({"style-src": " ".join(["'self'", *_styles_of("drf_spectacular/swagger_ui.html")])})


@cache
def _of_the_api() -> str | None:
    """The browsable API, which is for developers, writes styles into its pages, some for what Pygments colours."""
    return _joined({"style-src": "'self' 'unsafe-inline'", "font-src": "'self'"}) if settings.API_BROWSABLE else None


def _styles_of(name: str, context: dict | None = None) -> list[str]:
    """The hashes of the style elements that a template of others has."""
    template = get_template(name)
    engine = template.backend
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (engine.from_string(each).render(context) for each in STYLE.findall(template.template.source))
    ]


def _joined(other: dict) -> str:
    return "; ".join(f"{name} {value}" for name, value in (POLICY | other).items())


# What stands on scripts of others, which need more than ours.
SPECIAL = {"/admin/": _of_the_admin, "/api/docs/": _of_the_docs, "/api/v1/": _of_the_api}
