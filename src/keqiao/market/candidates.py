"""Candidates for a demand (or for an achievement, who could need it): ranked, with reasons, as one reader may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from keqiao.core import access
from keqiao.core.records.declare import REGISTERS
from keqiao.engines import match as engine
from keqiao.market import library
from keqiao.registers import facts


@dataclass(frozen=True)
class Candidate:
    """One ranked row. `phrases` say why it stands here, `missing` why no higher; `evidence` are the works that speak for a person."""

    register: str
    row: Any
    title: str
    rank: int
    score: float
    phrases: Sequence[str] = ()
    missing: Sequence[str] = ()
    snippet: SafeString | str = ""
    semantic: float = 0.0
    evidence: Sequence[tuple[str, Any, str]] = ()

    @property
    def reason(self) -> dict[str, Any]:
        """What the match ledger keeps of the reasons."""
        return {
            "phrases": list(self.phrases)[:8],
            "missing": list(self.missing)[:5],
            "score": round(self.score, 4),
            "semantic": round(self.semantic, 4),
        }


def question_of(row: Any) -> str:
    """What is searched for a row: its own text, the title first."""
    document = facts.match_document(row)
    return " ".join([document.title, *document.keywords, document.text]).strip()


def find(
    user: Any, text: str, kind: str, top: int = 10, filters: Sequence[engine.Filter] = (), exclude: int | None = None
) -> list[Candidate]:
    """The best rows of a register for a text that the user may see, with reasons."""
    if not text.strip():
        return []
    answer = library.index(kind).search(text, top=top * 4, filters=list(filters), reasons=top * 2)
    ids = [int(hit.id.partition(":")[2]) for hit in answer.hits]
    register = REGISTERS[kind]
    rows = {row.pk: row for row in register.rows().visible_to(user).filter(pk__in=ids)}
    sight = access.lens(user, register)
    found: list[Candidate] = []
    for hit, pk in zip(answer.hits, ids, strict=True):
        if pk not in rows or pk == exclude:
            continue
        title = sight.shown(register.fields[register.title_field], rows[pk])
        why = hit.reasons
        found.append(
            Candidate(
                kind,
                rows[pk],
                title,
                len(found) + 1,
                hit.score,
                [phrase.text for phrase in why.phrases if len(phrase.text) > 1] if why else [],
                [text for text in why.missing if len(text) > 1] if why else [],
                passage(why.passage) if why else "",
                why.semantic if why else 0.0,
            )
        )
        if len(found) == top:
            break
    return found


def experts(user: Any, text: str, kind: str = "person", top: int = 8) -> list[Candidate]:
    """Persons or institutions by their works: those whose own text or works are near the need, ranked by their three nearest works."""
    own = {candidate.row.pk: candidate for candidate in find(user, text, kind, top * 3)}
    near = find(user, text, "achievement", 30)
    owner = library.WORKS[kind][0][1]
    ids = set(own) | {getattr(candidate.row, owner) for candidate in near if getattr(candidate.row, owner)}
    register = REGISTERS[kind]
    rows = {row.pk: row for row in register.rows().visible_to(user).filter(pk__in=ids)}
    works = library.works_of(kind, set(rows))
    texts = {
        str(pk): [
            engine.Work(f"{kind}:{pk}", question_of(row)),
            *(engine.Work(f"{name}:{work.pk}", question_of(work)) for name, work in works.get(pk, ())),
        ]
        for pk, row in rows.items()
    }
    if not texts:
        return []
    sight = access.lens(user, register)
    by_id = {f"{name}:{work.pk}": (name, work) for held in works.values() for name, work in held}
    found: list[Candidate] = []
    for score in list(engine.rank_people(texts, text))[:top]:
        row = rows[int(score.person)]
        evidence = [
            (*by_id[one.work], f"{one.similarity:.2f}")
            for one in score.evidence
            if one.work in by_id and one.similarity > 0
        ]
        title = sight.shown(register.fields[register.title_field], row)
        mine = own.get(row.pk)
        found.append(
            Candidate(
                kind,
                row,
                title,
                len(found) + 1,
                score.score,
                mine.phrases if mine else (),
                mine.missing if mine else (),
                mine.snippet if mine else "",
                0.0,
                evidence,
            )
        )
    return found


def passage(one: Any) -> SafeString:
    """The best stretch of a text with the matching words marked; everything from the text is escaped."""
    parts, last = [], 0
    for start, end in one.marks:
        parts += [escape(one.text[last:start]), "<mark>", escape(one.text[start:end]), "</mark>"]
        last = end
    parts.append(escape(one.text[last:]))
    return mark_safe("".join(parts))  # noqa: S308  # every piece of text is escaped above
