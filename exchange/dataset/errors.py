"""What stands in the way of a dataset."""

from django.core.management.base import CommandError


class DatasetError(CommandError):
    """Why a dataset cannot be written or read; says what to do."""
