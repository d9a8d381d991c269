"""Which unknown fields stand between a record and an answer: only those that can still change it."""

from __future__ import annotations

from .evaluate import Evaluation
from .tree import Call, Let, Name, Tree
from .types import Field


def missing_fields(tree: Tree, evaluation: Evaluation) -> tuple[Field, ...]:
    """Unknown stored fields because of which `tree` is unknown; () if it is known.

    `false and x`, `true or x` and the branch not taken ask for nothing. For a derived field the fields it derives from are named, not itself.
    """
    found: dict[str, Field] = {}
    _collect(tree, evaluation, found)
    return tuple(found.values())


def _collect(tree: Tree, evaluation: Evaluation, found: dict[str, Field]) -> None:
    if evaluation.value(tree) is not None:
        return
    if isinstance(tree, Name):
        found.setdefault(tree.field.key, tree.field)
    elif isinstance(tree, Let):
        before = len(found)
        _collect(tree.body, evaluation, found)
        if len(found) == before and tree.field:
            found.setdefault(tree.field.key, tree.field)
    elif isinstance(tree, Call):
        for argument in _open_arguments(tree, evaluation):
            _collect(argument, evaluation, found)


def _open_arguments(tree: Call, evaluation: Evaluation) -> tuple[Tree, ...]:
    if tree.operator not in ("if", "case"):
        return tree.arguments
    for condition, then in zip(tree.arguments[:-1:2], tree.arguments[1::2], strict=True):
        holds = evaluation.value(condition)
        if holds is None:
            return (condition,)
        if holds:
            return (then,)
    return (tree.arguments[-1],)
