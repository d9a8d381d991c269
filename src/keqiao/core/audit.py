"""The audit trail: a hash chain over who did what to which row, written in the action's own transaction.

The digest of an entry covers all its fields and the digest before it, so a changed, removed or inserted entry breaks the chain at
that place; a cut tail shows against `AuditHead`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from keqiao.core.act import Act
from keqiao.core.models.audit_entry import AuditEntry, AuditHead
from keqiao.core.records import bulk, declare
from keqiao.core.records.fields import to_json

CHAINED = (
    "number",
    "actor_name",
    "channel",
    "verb",
    "register",
    "record_id",
    "label",
    "subject",
    "reason",
    "address",
    "before",
    "after",
    "previous",
)


@dataclass(frozen=True)
class Trace:
    """One thing that was done to one row."""

    verb: str
    register: str
    record_id: str
    label: str = ""
    subject: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def trace(verb: str, row: Any, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None) -> Trace:
    """The Trace of a register's row; keeps only the fields that differ when both sides are given."""
    register = declare.register_of(row)
    if before is not None and after is not None:
        changed = [name for name in after if before.get(name) != after[name]]
        before, after = {n: before.get(n) for n in changed}, {n: after[n] for n in changed}
    return Trace(verb, register.key, str(row.pk), register.title(row)[:200], register.subject_of(row), before, after)


def values_of(row: Any) -> dict[str, Any]:
    """The row's declared values as audit keeps them (personal ones too: the trail has its own, narrower readers)."""
    register = declare.register_of(row)
    data = {name: to_json(field.get(row)) for name, field in register.fields.items() if not field.read_only}
    return {**data, "review_state": row.review_state}


def record(act: Act, *traces: Trace) -> None:
    """Appends entries for the traces. Must run inside the transaction of the write it tells of."""
    record_many(act, traces)


def record_many(act: Act, traces: Iterable[Trace]) -> None:
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        now = timezone.now()
        entries = []
        for one in traces:
            entry = AuditEntry(
                number=head.number + 1,
                at=now,
                actor=act.actor if act.actor is not None and act.actor.pk else None,  # the public has no account
                actor_name=str(act.actor) if act.actor else "",
                channel=act.channel,
                verb=one.verb,
                register=one.register,
                record_id=one.record_id,
                label=one.label,
                subject=one.subject,
                reason=act.reason[:500],
                address=act.address,
                before=one.before,
                after=one.after,
                previous=head.digest,
            )
            entry.digest = digest_of(entry)
            head.number, head.digest = entry.number, entry.digest
            entries.append(entry)
        bulk.insert(entries)
        head.save()


def digest_of(entry: AuditEntry) -> str:
    data = {name: getattr(entry, name) for name in CHAINED}
    data["at"] = entry.at.astimezone(timezone.get_fixed_timezone(0)).isoformat()
    data["actor"] = entry.actor_id
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify() -> Iterator[str]:
    """Faults of the chain, the first one first; nothing when it is whole."""
    number, digest = 0, "0" * 64
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != number + 1:
            yield f"#{number + 1}: entry missing (next one found is #{entry.number})"
        elif entry.previous != digest:
            yield f"#{entry.number}: does not follow the entry before it"
        if digest_of(entry) != entry.digest:
            yield f"#{entry.number}: content was changed ({entry.verb} {entry.register}:{entry.record_id} {entry.label})"
        number, digest = entry.number, entry.digest
    head = AuditHead.objects.filter(pk=1).first()
    if head and (head.number, head.digest) != (number, digest):
        yield f"#{head.number}: the chain ends at #{number}, but #{head.number} was the last entry written"


def save_user(user: Any, act: Act, verb: str = "") -> None:
    """Saves an account with its trace; passwords are never in it."""
    names = ("username", "display_name", "email", "phone", "is_active", "subject_kind", "subject_id")
    model = type(user)
    old = model.objects.filter(pk=user.pk).values(*names).first() if user.pk else None
    with transaction.atomic():
        user.save()
        after = {name: getattr(user, name) for name in names}
        record(
            act,
            Trace(
                verb or ("change" if old else "create"), "user", str(user.pk), str(user)[:200], before=old, after=after
            ),
        )
