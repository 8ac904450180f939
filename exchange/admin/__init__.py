"""The pages of the admin on which tables of records come in and go out."""

from exchange.admin.imports import ImportAdmin

__all__ = ["ImportAdmin"]
