"""How clauses combine into the verdict of a rule, as one tree; the batch and the single path both use it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from ..expressions import BOOL, Literal, Tree, call
from .schema import Clause, Group
from .scoring import at_least

ALWAYS = Literal(True, BOOL, "true")


def combined(group: Group, leaf: Callable[[Clause], Tree]) -> Tree:
    """The group's truth over `leaf(clause)`; an empty `all` is true."""
    members = [combined(member, leaf) if isinstance(member, Group) else leaf(member) for member in group.members]
    if not members:
        return ALWAYS
    if group.kind == "at_least":
        return at_least(members, group.count)
    if group.kind == "all":
        return reduce(lambda a, b: call("and", a, b), members)
    return reduce(lambda a, b: call("or", a, b), members)


def truth(group: Group, values: dict[str, bool | None]) -> bool | None:
    """The group's truth when each clause (by key) is already judged: Kleene."""
    members = [truth(m, values) if isinstance(m, Group) else values[m.key] for m in group.members]
    yes, unknown = sum(m is True for m in members), sum(m is None for m in members)
    if group.kind == "at_least":
        return True if yes >= group.count else None if yes + unknown >= group.count else False
    if group.kind == "all":
        return False if any(m is False for m in members) else None if unknown else True
    return True if yes else None if unknown else False
