"""The menu of the admin, by subject."""

from django.contrib import admin
from django.urls import reverse_lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# Each subject with its models: the admin's name of the list, an icon, a title where the model's own does not do, and
# the page where it is not the list.
SUBJECTS = (
    (
        _("Parks"),
        (
            ("parks_park", "factory", None),
            ("parks_comanagementrole", "handshake", None),
            ("parks_benefitshare", "pie_chart", None),
            ("parks_observation", "monitoring", None),
            ("parks_event", "event", None),
        ),
    ),
    (
        _("Governments"),
        (
            ("cities_province", "map", None),
            ("cities_city", "location_city", None),
            ("cities_countylevelcity", "holiday_village", None),
            ("cities_division", "account_tree", _("all divisions")),
            ("cities_body", "corporate_fare", None),
        ),
    ),
    (
        _("Agreements"),
        (
            ("agreements_agreement", "contract", None),
            ("agreements_official", "person", None),
            ("agreements_statement", "format_quote", None),
        ),
    ),
    (
        _("Evidence"),
        (
            ("sources_source", "newspaper", None),
            ("sources_citation", "fact_check", None),
            ("parks_park", "priority_high", _("what most needs a source"), "needs_source"),
        ),
    ),
    (
        _("Vocabularies"),
        (
            ("parks_industry", "precision_manufacturing", None),
            ("parks_indicator", "straighten", None),
        ),
    ),
    (_("History"), (("core_change", "history", None), ("exchange_import", "upload_file", None))),
    (
        _("People"),
        (
            ("auth_user", "group", None),
            ("auth_group", "groups", None),
            ("knox_authtoken", "key", _("API tokens")),
            ("axes_accessattempt", "lock_clock", _("failed logins")),
        ),
    ),
)


def menu(request):
    """The sections of the side bar, for unfold."""
    lists = {f"{model._meta.app_label}_{model._meta.model_name}": page for model, page in admin.site._registry.items()}
    return [
        {
            "title": _("Overview"),
            "items": [{"title": _("Dashboard"), "icon": "home", "link": reverse_lazy("admin:index")}],
        },
        *(
            {
                "title": subject,
                "separator": True,
                "items": [
                    {
                        "title": capfirst(title or lists[name].model._meta.verbose_name_plural),
                        "icon": icon,
                        "link": reverse_lazy(f"admin:{name}_{view[0] if view else 'changelist'}"),
                        # unfold copies what it gets deeply, which a method of a page would not survive
                        "permission": lambda request, page=lists[name].model: may_see(request, page),
                    }
                    for name, icon, title, *view in pages
                ],
            }
            for subject, pages in SUBJECTS
        ),
    ]


def may_see(request, model) -> bool:
    return admin.site.get_model_admin(model).has_view_or_change_permission(request)
