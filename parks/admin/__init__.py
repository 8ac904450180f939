"""Parks, their facts and the vocabularies in the admin."""

from parks.admin.facts import FACT_ADMINS
from parks.admin.park import ParkAdmin
from parks.admin.vocabularies import IndicatorAdmin, IndustryAdmin

__all__ = ["FACT_ADMINS", "IndicatorAdmin", "IndustryAdmin", "ParkAdmin"]
