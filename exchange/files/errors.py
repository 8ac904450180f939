"""What is wrong with a file as a file, before anything is asked of what it says."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class FileError(ValidationError):
    """Says what is wrong with a file, where, and what to do about it.

    `line` is the line of the file, in a workbook the row; `column` how that column is called, such as `F (host)`.
    """

    def __init__(self, reason: str, *, line: int | None = None, column: str | None = None):
        self.line, self.column = line, column
        # No answer can tell half a character, which is what may be wrong.
        super().__init__(placed(reason, line, column).encode(errors="replace").decode())


def placed(reason: str, line: int | None, column: str | None) -> str:
    """The reason, with the place before it."""
    if column is not None:
        return _("Row %(line)d, column %(column)s: %(reason)s") % {"line": line, "column": column, "reason": reason}
    return reason if line is None else _("Line %(line)d: %(reason)s") % {"line": line, "reason": reason}
