"""The look of the admin, as Unfold is told it."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "LOGIN": {"form": "config.logins.LoginForm"},
    "SITE_TITLE": _("Park registry"),
    "SITE_HEADER": _("Park registry"),
    "SITE_SUBHEADER": _("Parks that governments run together"),
    "SITE_SYMBOL": "handshake",
    "SITE_URL": "/",
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda request: static("admin_registry/admin.css")],
    "SCRIPTS": [lambda request: static("admin_registry/admin.js")],
    "SIDEBAR": {"show_search": False, "navigation": "config.menu.menu"},
    "COLORS": {
        "primary": {
            "50": "#effaf8",
            "100": "#d8f1ed",
            "200": "#b2e2dc",
            "300": "#7fcbc4",
            "400": "#46aca6",
            "500": "#25908c",
            "600": "#177370",
            "700": "#175c5a",
            "800": "#174a49",
            "900": "#173e3e",
            "950": "#072425",
        },
    },
}
