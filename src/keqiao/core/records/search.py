"""Search (检索): full text over all registers, kept up to date after every write, and never finding what its user may not read.

Personal fields are not indexed at all. The other fields are in one of two parts: what the public may read, and the rest. A user finds a
row by the rest only where the lens lets them read it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html_join

from keqiao.core import access, events, jobs
from keqiao.core.models.record import ReviewState
from keqiao.core.models.search_scope import SearchScope
from keqiao.core.records import references, search_index
from keqiao.core.records.actions import target_of
from keqiao.core.records.declare import REGISTERS, Register, all_registers
from keqiao.core.records.fields import Field, show
from keqiao.core.records.search_words import Word, excerpt, segments, tokens, words

logger = logging.getLogger(__name__)
SYSTEM = "the index holds all rows; what is found is filtered by the finder's lens"
HIDDEN = Field("hidden", "")  # stands for any field that is not public
BATCH, MOST_BATCHES, CHUNK, FEW, MANY = 300, 5, 1000, 500, 20_000


@dataclass(frozen=True)
class Hit:
    """A row found. `snippet` is safe HTML with the words found in <mark>; so is `marked_title`."""

    pk: int
    title: str
    marked_title: Any
    snippet: Any
    record: Any = field(repr=False)


@dataclass(frozen=True)
class Group:
    """The hits in one register; `has_more` when there are others."""

    register: Register
    hits: tuple[Hit, ...]
    has_more: bool


# finding


@dataclass(frozen=True)
class Matching:
    """The rows found by a text. For a word that very many rows have, `newest` narrows to some of them: enough to count up to a cap."""

    q: Q
    newest: Q | None = None


def matching(sight: access.Lens, text: str) -> Matching:
    """The rows of the lens's register that its user finds by the text, as conditions to filter by."""
    asked = words(text)
    if not asked:
        return Matching(access.NEVER)
    full = sight.reads(HIDDEN)
    if full == access.ALWAYS or not sight.register.is_public:
        return _found(sight.register, asked, full, public_only=False)
    public = _found(sight.register, asked, access.ALWAYS, public_only=True)
    if full == access.NEVER:
        return public
    inside = _found(sight.register, asked, full, public_only=False)
    if public.newest is None and inside.newest is None:
        return Matching(public.q | inside.q)
    return Matching(public.q | inside.q, (public.newest or public.q) | (inside.newest or inside.q))


def _found(register: Register, asked: Sequence[Word], rule: Q, *, public_only: bool) -> Matching:
    """Few hits as ids, more as a subquery; for very many, each row is looked up in the index as the list is walked (measured: 60 ms against 1,500)."""
    scope = scope_of(register)
    ids = search_index.newest(scope, asked, MANY, public_only=public_only)
    if len(ids) <= FEW:
        return Matching(Q(pk__in=ids) & rule)
    if len(ids) < MANY:
        return Matching(Q(pk__in=search_index.hits(scope, asked, public_only=public_only)) & rule)
    stands = search_index.stands(scope, asked, register.model._meta.db_table, public_only=public_only)
    newest = search_index.hits(scope, asked, public_only=public_only, newest=MANY)
    return Matching(Q(stands) & rule, Q(pk__in=newest) & rule)


def search_all(user: Any, text: str, registers: Iterable[str] | None = None, limit: int = 6) -> list[Group]:
    """Hits by register, in the order of the menu: rows found by their title first, then the newest. Registers without hits are left out."""
    asked = words(text)
    keys = list(registers) if registers is not None else [register.key for register in all_registers()]
    groups = []
    for register in (REGISTERS[key] for key in keys if key in REGISTERS) if asked else ():
        sight = access.lens(user, register)
        if not sight.held:
            continue
        found = _best(sight, asked, limit + 1)
        if found:
            rows = references.load(
                register,
                register.rows().unscoped("ids from the lens").filter(pk__in=found[:limit]),
                _shown_fields(register),
            )
            by_pk = {row.pk: row for row in rows}
            hits = tuple(_hit(sight, by_pk[pk], asked) for pk in found[:limit] if pk in by_pk)
            groups.append(Group(register, hits, len(found) > limit))
    return groups


def _best(sight: access.Lens, asked: Sequence[Word], limit: int) -> list[int]:
    found: list[int] = []
    for title_only in (True, False):
        for pk in _visible(sight, asked, limit, title_only):
            if pk not in found:
                found.append(pk)
        if len(found) >= limit:
            break
    return found[:limit]


def _visible(sight: access.Lens, asked: Sequence[Word], limit: int, title_only: bool) -> list[int]:
    """The newest ids found that the user may see: by public texts anywhere, by the other texts where the user reads them."""
    full = sight.reads(HIDDEN)
    found: set[int] = set()
    if full != access.NEVER:
        found |= set(_walk(sight, asked, limit, full, False, title_only))
    if sight.register.is_public and full != access.ALWAYS:
        found |= set(_walk(sight, asked, limit, access.ALWAYS, True, title_only))
    return sorted(found, reverse=True)[:limit]


def _walk(
    sight: access.Lens, asked: Sequence[Word], limit: int, rule: Q, public_only: bool, title_only: bool
) -> list[int]:
    """Looks at a few batches from the end of the index, and asks for all hits only if those did not do: common words stay quick."""
    rows = (
        sight.register.rows()
        .unscoped("filtered by the lens")
        .filter(sight.q & rule, merged_into_id=None)
        .order_by("-pk")
    )
    scope, before = scope_of(sight.register), search_index.SPAN
    found: list[int] = []
    for _batch in range(MOST_BATCHES):
        ids = search_index.newest(scope, asked, BATCH, before=before, public_only=public_only, title_only=title_only)
        found += rows.filter(pk__in=ids).values_list("pk", flat=True)[: limit - len(found)]
        if len(ids) < BATCH or len(found) >= limit:
            return found
        before = ids[-1]
    hits = search_index.hits(scope, asked, public_only=public_only, title_only=title_only)
    return list(rows.filter(pk__in=hits).values_list("pk", flat=True)[:limit])


def _shown_fields(register: Register) -> list[Field]:
    names = dict.fromkeys([register.title_field, *register.searched])
    return [register.fields[name] for name in names if name in register.fields]


def _hit(sight: access.Lens, row: Any, asked: Sequence[Word]) -> Hit:
    """Shows the place where the words stand, out of what this user may read of the row."""
    title = sight.register.fields.get(sight.register.title_field)
    name = sight.shown(title, row) if title else sight.register.title(row)
    texts = [
        text
        for one in _shown_fields(sight.register)
        if not one.personal and one is not title and (text := sight.shown(one, row))
    ]
    best = max(texts, key=lambda text: sum(is_hit for _part, is_hit in segments(text, asked)), default="")
    return Hit(row.pk, name, mark(name, asked), mark(excerpt(best, asked), asked), row)


def mark(text: str, asked: Sequence[Word]) -> Any:
    """The text as safe HTML with the words found in <mark>."""
    marked = (("mark" if is_hit else "span", part) for part, is_hit in segments(text, asked))
    return format_html_join("", "<{0}>{1}</{0}>", marked)


# indexing


def scope_of(register: Register) -> int:
    """The register's number in the index."""
    found = SearchScope.objects.filter(register=register.key).values_list("pk", flat=True).first()
    return found or SearchScope.objects.get_or_create(register=register.key)[0].pk


def entry_of(register: Register, row: Any) -> search_index.Entry:
    """The tokens of a row: its title, searched texts and codes, and the public names of what it refers to."""
    parts: dict[str, list[str]] = {"title": [], "public": [], "staff_title": [], "staff": []}
    for one in indexed(register):
        text = _text(one, row)
        if text:
            part = "title" if one.name == register.title_field else ""
            name = (part or "public") if one.public else (f"staff_{part}" if part else "staff")
            parts[name] += tokens(text)
    return search_index.Entry(row.pk, parts["title"], parts["public"], parts["staff_title"], parts["staff"])


def indexed(register: Register) -> list[Field]:
    names = dict.fromkeys(
        [
            register.title_field,
            *register.identity,
            *register.searched,
            *(n for n, f in register.fields.items() if f.kind == "reference"),
        ]
    )
    return [one for name in names if (one := register.fields.get(name)) and not one.personal]


def _text(one: Field, row: Any) -> str:
    value = one.get(row)
    if one.kind != "reference":
        return show(one, value)
    if value is None:
        return ""
    target = target_of(one)
    title = target.fields.get(target.title_field)
    is_open = (
        target.is_public
        and value.review_state == ReviewState.APPROVED
        and title is not None
        and title.public
        and not title.personal
    )
    return target.title(value) if is_open else ""


def index(register: Register, ids: Iterable[int], progress: Callable[[int], None] = lambda _done: None) -> None:
    """Writes these rows anew; those that are gone or merged away are taken out."""
    scope, wanted = scope_of(register), list(ids)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        rows = references.load(
            register, register.rows().unscoped(SYSTEM).filter(pk__in=part, merged_into_id=None), indexed(register)
        )
        search_index.write(scope, [entry_of(register, row) for row in rows], set(part) - {row.pk for row in rows})
        progress(start + len(part))


def rebuild(register: Register, progress: Callable[[int], None] = lambda _done: None) -> int:
    """The register's whole index anew; returns how many rows it holds."""
    began = timezone.now()
    search_index.clear(scope_of(register))
    ids = list(register.rows().unscoped(SYSTEM).order_by("pk").values_list("pk", flat=True))
    index(register, ids, progress)
    SearchScope.objects.filter(register=register.key).update(indexed_at=began)
    return len(ids)


def catch_up(register: Register) -> int:
    """Indexes the rows written since the last catch-up: mends what a process killed between commit and index left out."""
    began = timezone.now()
    scope = SearchScope.objects.get(pk=scope_of(register))
    rows = register.rows().unscoped(SYSTEM)
    ids = list(
        (rows.filter(updated_at__gte=scope.indexed_at) if scope.indexed_at else rows).values_list("pk", flat=True)
    )
    index(register, ids)
    SearchScope.objects.filter(pk=scope.pk).update(indexed_at=began)
    return len(ids)


def on_changed(event: events.RecordsChanged) -> None:
    """After each commit. A failure is logged, never passed on: the write has happened, and `catch_up` will mend the index."""
    register = REGISTERS.get(event.register)
    if register is None:
        return
    try:
        index(register, event.ids)
    except Exception:
        logger.exception("search index of %s not updated", event.register)


@jobs.daily
def catch_up_all() -> None:
    for register in all_registers():
        catch_up(register)
