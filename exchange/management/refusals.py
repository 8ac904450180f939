"""How a command that imports says that it did not."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import CommandError
from django.db import OperationalError


@contextmanager
def nothing_written() -> Iterator[None]:
    """What is refused in here, or stopped by whoever runs it, is told as a CommandError: nothing was written."""
    try:
        yield
    except (ValidationError, PermissionDenied, OperationalError) as error:
        told = "\n".join(error.messages) if isinstance(error, ValidationError) else str(error)
        raise CommandError(f"{told.strip()}\nNothing was written.") from error
    except KeyboardInterrupt:
        raise CommandError("Stopped. Nothing was written.", returncode=130) from None
