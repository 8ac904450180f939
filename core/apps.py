from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Registry")

    def ready(self):
        from core.grams import lay_after_migrate
        from core.laying import install_after_migrate, lift_before_migrate

        # Django's own signals: triggers follow the tables, so they are laid anew whenever the tables may have moved.
        pre_migrate.connect(lift_before_migrate, sender=self)
        post_migrate.connect(install_after_migrate, sender=self)
        post_migrate.connect(lay_after_migrate, sender=self)
