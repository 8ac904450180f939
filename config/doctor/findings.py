"""What a check tells."""

from dataclasses import dataclass

# something does not work, or is open that should be shut
ERROR = "error"
# something will not do for long, or is not as it is meant to be
WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    level: str
    # what is wrong; never a secret
    what: str
    # what to do about it
    mend: str
