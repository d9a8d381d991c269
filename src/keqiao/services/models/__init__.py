"""What the services to enterprises keep."""

from keqiao.services.models.rd_ledger import RdCost, RdHours, RdProject

__all__ = ["RdCost", "RdHours", "RdProject"]
