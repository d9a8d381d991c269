"""What the services to enterprises keep."""

from keqiao.services.models.eligibility import EligibilityRun
from keqiao.services.models.rd_ledger import RdCost, RdHours, RdProject

__all__ = ["EligibilityRun", "RdCost", "RdHours", "RdProject"]
