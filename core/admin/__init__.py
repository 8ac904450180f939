"""The admin of the registry: what the pages of all records share, and the pages of changes."""

from core.admin.changes import ChangeAdmin
from core.admin.records import RecordAdmin

__all__ = ["ChangeAdmin", "RecordAdmin"]
