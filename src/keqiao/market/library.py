"""The match index as the registers' mirror: one folder per register, brought up to date before it is asked.

Hides where the index lies, who may write it, and how a changed row gets there. The registers stay the truth: `rebuild` makes the folder
anew from them.
"""

import fcntl
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from keqiao.core import events
from keqiao.core.models import ReviewState
from keqiao.core.records.declare import REGISTERS
from keqiao.engines import match as engine
from keqiao.market.models import StaleDocument
from keqiao.registers import facts

KINDS = ("achievement", "demand", "person", "institution")
# Whose works speak for a person or an institution: (register, the field that names the owner).
WORKS = {
    "person": (("achievement", "lead_person_id"),),
    "institution": (("achievement", "institution_id"), ("patent", "institution_id")),
}
SYSTEM = "the index holds every approved row; what a reader gets of it is decided by the reader's own scope"


def root() -> Path:
    return Path(settings.DATA) / "match"


@contextmanager
def _writing(kind: str) -> Iterator[bool]:
    """Whether this process may write the index of a kind now; another one at it will take our rows along."""
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f"{kind}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


@lru_cache(maxsize=16)
def _open(folder: str, _made: int) -> engine.Index:
    return engine.Index.open(folder)


def index(kind: str) -> engine.Index:
    """The index of a register, brought up to date; made from the register when there is none."""
    folder = root() / kind
    if not (folder / "keqiao-match.json").exists():
        rebuild(kind)
    elif StaleDocument.objects.filter(register=kind).exists():
        refresh(kind)
    return _open(str(folder), int((folder / "keqiao-match.json").stat().st_mtime_ns))


def rebuild(kind: str) -> int:
    """Makes the index of a register anew; readers keep the old one until the new one stands."""
    folder, fresh = root() / kind, root() / f"{kind}.new"
    with _writing(kind) as mine:
        if not mine:
            return 0
        shutil.rmtree(fresh, ignore_errors=True)
        stale = list(StaleDocument.objects.filter(register=kind).values_list("pk", flat=True))
        made = engine.Index.create(fresh)
        count = made.add(facts.match_document(row) for row in _rows(kind).iterator(chunk_size=500))
        made.commit()
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
        # allow: writes-in-actions – the index's own notes of what to read again
        StaleDocument.objects.filter(pk__in=stale).delete()
    return count


def refresh(kind: str) -> int:
    """Reads the changed rows of a register into its index; at once where no other process is at it."""
    with _writing(kind) as mine:
        if not mine:
            return 0
        stale = list(StaleDocument.objects.filter(register=kind)[:5000])
        ids = {one.record_id for one in stale}
        made = engine.Index.open(root() / kind)
        rows = {row.pk: row for row in _rows(kind).filter(pk__in=ids)}
        made.delete(f"{kind}:{pk}" for pk in ids - set(rows))
        made.add(facts.match_document(row) for row in rows.values())
        made.commit()
        made.close()
        # allow: writes-in-actions – the index's own notes of what to read again
        StaleDocument.objects.filter(pk__in=[one.pk for one in stale]).delete()
    return len(ids)


def _rows(kind: str) -> Any:
    return REGISTERS[kind].rows().unscoped(SYSTEM).filter(review_state=ReviewState.APPROVED, merged_into_id=None)


def on_changed(event: events.RecordsChanged) -> None:
    """Marks rows as changed; the next question reads them in."""
    if event.register in KINDS:
        # allow: writes-in-actions – the index's own notes of what to read again
        StaleDocument.objects.bulk_create(
            [StaleDocument(register=event.register, record_id=pk) for pk in event.ids], batch_size=1000
        )


def works_of(kind: str, ids: set[int]) -> dict[int, list[tuple[str, Any]]]:
    """The works of persons or institutions: (register, row) by owner."""
    found: dict[int, list[tuple[str, Any]]] = defaultdict(list)
    for register, owner in WORKS[kind]:
        rows = (
            REGISTERS[register]
            .rows()
            .unscoped(SYSTEM)
            .filter(**{f"{owner}__in": ids}, review_state=ReviewState.APPROVED)
        )
        for row in rows[:2000]:
            found[getattr(row, owner)].append((register, row))
    return found
