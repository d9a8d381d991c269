"""Drafts (草稿): what a form holds before it is saved, kept per user and row so that it can be taken up on another device.

A draft is its author's alone, no record and no part of the audit trail; it holds texts as typed, right or wrong.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from keqiao.core import jobs
from keqiao.core.models import Draft

KEPT = datetime.timedelta(days=90)


def save(user: Any, register: str, record_id: int | None, values: Mapping[str, Any], edition: int = 0) -> Draft:
    """Keeps what is typed; `edition` is the row's when it was opened, so that a form taken up later still notices a newer row."""
    kept = {"values": dict(values), "edition": edition}
    draft, _made = Draft.objects.update_or_create(kept, user=user, register=register, record_id=record_id or 0)
    return draft


def load(user: Any, register: str, record_id: int | None) -> Draft | None:
    return Draft.objects.filter(user=user, register=register, record_id=record_id or 0).first()


def drop(user: Any, register: str, record_id: int | None) -> None:
    Draft.objects.filter(user=user, register=register, record_id=record_id or 0).delete()


def mine(user: Any) -> list[Draft]:
    """The user's drafts, the newest first: what to go on with."""
    return list(Draft.objects.filter(user=user))


@jobs.daily
def drop_old() -> None:
    Draft.objects.filter(updated_at__lt=timezone.now() - KEPT).delete()
