from django.apps import AppConfig
from django.contrib.auth.signals import user_login_failed
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Registry")

    def ready(self):
        from core.grams import lay_after_migrate
        from core.laying import install_after_migrate, lift_before_migrate
        from core.watch.metrics import count_failed_login
        from core.watch.queries import time_queries

        # Django's own signals: triggers follow the tables, so they are laid anew whenever the tables may have moved.
        pre_migrate.connect(lift_before_migrate, sender=self)
        post_migrate.connect(install_after_migrate, sender=self)
        post_migrate.connect(lay_after_migrate, sender=self)
        # Django says when it has connected, and when a login failed, and nothing else does for every way in.
        connection_created.connect(time_queries)
        user_login_failed.connect(count_failed_login)
