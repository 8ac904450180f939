"""`manage.py create_api_token USERNAME`: a token for the REST API, shown this once."""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken
from knox.settings import knox_settings


class Command(BaseCommand):
    help = "Make a token for the REST API. It is shown once and kept only as a hash; what it may do, its user may."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose edits the token makes")
        parser.add_argument("--days", type=int, help="how long it is good for (as long as API_TOKEN_LIFETIME says)")

    def handle(self, *args, username: str, days: int | None, **options) -> None:
        User = get_user_model()
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(
                f"There is no user “{username}”. Make one in the admin, or with: manage.py createsuperuser"
            ) from None
        if not user.is_active:
            raise CommandError(f"“{username}” is not active, so a token of theirs would open nothing.")
        if days is not None and not 1 <= days <= 3650:
            raise CommandError(f"{days} days will not do. Choose from 1 to 3650.")
        lifetime = knox_settings.TOKEN_TTL if days is None else timedelta(days=days)
        kept, token = AuthToken.objects.create(user, expiry=lifetime)
        # the token alone on stdout, for scripts
        self.stdout.write(token)
        self.stderr.write(f"Good until {kept.expiry:%Y-%m-%d}. Send it as: Authorization: Token {token[:8]}...")
