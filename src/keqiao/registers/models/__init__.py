"""The registers' tables, one file per noun."""

from keqiao.registers.models.achievement import Achievement, TransferMode
from keqiao.registers.models.demand import Demand
from keqiao.registers.models.enterprise import Enterprise, EnterpriseYear
from keqiao.registers.models.finding import Finding
from keqiao.registers.models.institution import Institution
from keqiao.registers.models.instrument import Instrument
from keqiao.registers.models.ledger_row import LedgerRow
from keqiao.registers.models.patent import Patent
from keqiao.registers.models.person import Person
from keqiao.registers.models.platform import Platform
from keqiao.registers.models.policy import Policy, PolicyClause
from keqiao.registers.models.project import Project, ProjectMilestone, ProjectPayment
from keqiao.registers.models.qualification import Qualification
from keqiao.registers.models.tech_contract import TechContract

__all__ = [
    "Achievement",
    "Demand",
    "Enterprise",
    "EnterpriseYear",
    "Finding",
    "Institution",
    "Instrument",
    "LedgerRow",
    "Patent",
    "Person",
    "Platform",
    "Policy",
    "PolicyClause",
    "Project",
    "ProjectMilestone",
    "ProjectPayment",
    "Qualification",
    "TechContract",
    "TransferMode",
]
