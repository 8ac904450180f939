from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Registry")

    def ready(self):
        from core.triggers import install_after_migrate

        # Django's own signal: triggers follow the tables, so they are laid anew whenever the tables may have moved.
        post_migrate.connect(install_after_migrate, sender=self)
