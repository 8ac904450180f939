"""Sources and citations in the admin, and what the pages of all cited records share."""

from sources.admin.cited import CitedFactStack, CitedFactTable, CitedRecordAdmin
from sources.admin.evidence import CitationAdmin, CitationTable, SourceAdmin

__all__ = ["CitationAdmin", "CitationTable", "CitedFactStack", "CitedFactTable", "CitedRecordAdmin", "SourceAdmin"]
