"""Core's tables, one file per noun."""

from keqiao.core.models.api_token import ApiReply, ApiToken
from keqiao.core.models.audit_entry import AuditEntry, AuditHead, Channel
from keqiao.core.models.merge import DistinctPair, Merge
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.record import Record, RecordQuerySet, ReviewState, UnscopedReadError
from keqiao.core.models.saved_view import Draft, SavedView
from keqiao.core.models.search_scope import SearchScope
from keqiao.core.models.user import Grant, User
from keqiao.core.models.work import Job, Notice, Snapshot, StoredFile

__all__ = [
    "ApiReply",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Channel",
    "DistinctPair",
    "Draft",
    "Grant",
    "Job",
    "Merge",
    "Notice",
    "OrgUnit",
    "Record",
    "RecordQuerySet",
    "ReviewState",
    "SavedView",
    "SearchScope",
    "Snapshot",
    "StoredFile",
    "UnscopedReadError",
    "User",
]
