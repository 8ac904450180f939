"""Every constraint of every model by example.

Each function in RULES bears the name of its constraint, writes what must be there before, and returns rows that pass
and rows that break this rule and no other.
"""

from tests.rules import governments, parks, shared  # noqa: F401, each writes its rules into the book
from tests.rules.book import CONSTRAINTS, RULES, like

__all__ = ["CONSTRAINTS", "RULES", "like"]
