"""Parks and the facts about them, each fact a row with a time and sources of its own."""

from parks.models.chronicle import Event, Remark
from parks.models.comanagement import BenefitShare, CoManagementRole
from parks.models.figures import Indicator, Industry, Observation, ParkIndustry
from parks.models.park import Park, ParkAgreement, ParkIdentifier, ParkName, ParkSite, ParkStatement

__all__ = [
    "BenefitShare",
    "CoManagementRole",
    "Event",
    "Indicator",
    "Industry",
    "Observation",
    "Park",
    "ParkAgreement",
    "ParkIdentifier",
    "ParkIndustry",
    "ParkName",
    "ParkSite",
    "ParkStatement",
    "Remark",
]
