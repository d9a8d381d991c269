"""Core's tables, one file per noun."""

from keqiao.core.models.audit_entry import AuditEntry, AuditHead, Channel
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.record import Record, RecordQuerySet, ReviewState, UnscopedReadError
from keqiao.core.models.user import Grant, User
from keqiao.core.models.work import Job, Notice, Snapshot, StoredFile

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Channel",
    "Grant",
    "Job",
    "Notice",
    "OrgUnit",
    "Record",
    "RecordQuerySet",
    "ReviewState",
    "Snapshot",
    "StoredFile",
    "UnscopedReadError",
    "User",
]
