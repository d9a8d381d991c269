"""Who must not judge or serve whom, found from facts, each finding with the chain of facts that leads to it.

Hides the search through units, shareholdings and projects. Nothing is guessed: a person with unknown facts has no found
conflict, which the caller should show as "not checked" rather than "clean".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ConflictKind = Literal["same_unit", "co_author", "adviser", "shareholding", "past_project", "declared"]
RelationKind = Literal["member_of", "co_author", "adviser", "shareholder_of", "project", "declared"]
_LONGEST_HOLDING = 4


@dataclass(frozen=True)
class Relation:
    """A known fact: `subject` is a member of a unit, wrote with, advised, holds shares of, worked in a project, or
    declared an interest in `object` (ids of persons, units, projects or items). `source` is the record it comes from."""

    subject: str
    kind: RelationKind
    object: str
    source: str = ""


@dataclass(frozen=True)
class Party:
    """An item to be judged or served, with the units and persons behind it."""

    item: str
    units: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """`person` may not be given `item`; `chain` are the facts that connect them, in order."""

    person: str
    item: str
    kind: ConflictKind
    chain: tuple[Relation, ...] = ()


def find_conflicts(
    people: Sequence[str], parties: Sequence[Party], relations: Iterable[Relation]
) -> tuple[Conflict, ...]:
    """All conflicts between people and parties, at most one per pair and kind (its shortest chain), sorted.

    Being one of the item's own persons counts as same_unit with an empty chain. Cost: about people × parties × 1 µs.
    """
    facts = _Facts(relations)
    found: list[Conflict] = []
    reach = {person: facts.reach(person) for person in people}
    for party in parties:
        targets: dict[tuple[ConflictKind, str], tuple[Relation, ...]] = {}
        for kind, target, chain in facts.targets(party):
            known = targets.get((kind, target))
            if known is None or len(chain) < len(known):
                targets[kind, target] = chain
        for person in people:
            if person in party.persons:
                found.append(Conflict(person, party.item, "same_unit"))
            best: dict[ConflictKind, tuple[Relation, ...]] = {}
            for key, chain in reach[person].items():
                if key in targets:
                    whole = chain + targets[key]
                    if key[0] not in best or len(whole) < len(best[key[0]]):
                        best[key[0]] = whole
            found.extend(
                Conflict(person, party.item, kind, chain)
                for kind, chain in best.items()
                if not (kind == "same_unit" and person in party.persons)
            )
    return tuple(sorted(found, key=lambda each: (each.person, each.item, each.kind)))


class _Facts:
    """Relations by subject, read in both directions where the relation has no direction."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        self._of: dict[str, list[Relation]] = defaultdict(list)
        self._to: dict[str, list[Relation]] = defaultdict(list)
        for relation in relations:
            self._of[relation.subject].append(relation)
            self._to[relation.object].append(relation)

    def reach(self, person: str) -> dict[tuple[ConflictKind, str], tuple[Relation, ...]]:
        """What a person is tied to, under the kind of conflict that the tie makes, with the chain to it."""
        ties: dict[tuple[ConflictKind, str], tuple[Relation, ...]] = {}
        for each in self._of[person] + self._to[person]:
            other = each.object if each.subject == person else each.subject
            if each.kind == "member_of" and each.subject == person:
                ties.setdefault(("same_unit", other), (each,))
            elif each.kind in ("co_author", "adviser"):
                ties.setdefault(("co_author" if each.kind == "co_author" else "adviser", other), (each,))
            elif each.kind == "project" and each.subject == person:
                ties.setdefault(("past_project", other), (each,))
            elif each.kind == "declared":
                ties.setdefault(("declared", other), (each,))
        for company, chain in self._holdings(person).items():
            ties.setdefault(("shareholding", company), chain)
        return ties

    def targets(self, party: Party) -> Iterable[tuple[ConflictKind, str, tuple[Relation, ...]]]:
        """Where a tie must end to touch a party, with the rest of the chain."""
        for unit in party.units:
            yield from (("same_unit", unit, ()), ("shareholding", unit, ()), ("declared", unit, ()))
        yield "declared", party.item, ()
        for member in party.persons:
            yield from (("co_author", member, ()), ("adviser", member, ()), ("declared", member, ()))
            for each in self._of[member]:
                if each.kind == "member_of":
                    yield "same_unit", each.object, (each,)
                elif each.kind == "project":
                    yield "past_project", each.object, (each,)

    def _holdings(self, person: str) -> dict[str, tuple[Relation, ...]]:
        """Companies held directly or through companies, nearest first."""
        found: dict[str, tuple[Relation, ...]] = {}
        frontier: list[tuple[str, tuple[Relation, ...]]] = [(person, ())]
        for _ in range(_LONGEST_HOLDING):
            further: list[tuple[str, tuple[Relation, ...]]] = []
            for holder, chain in frontier:
                for each in self._of[holder]:
                    if each.kind == "shareholder_of" and each.object not in found:
                        found[each.object] = (*chain, each)
                        further.append((each.object, found[each.object]))
            frontier = further
        return found
