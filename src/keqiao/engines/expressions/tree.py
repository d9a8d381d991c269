"""The one expression tree behind rules, indicators and checks. Executors, printers and solvers read it; only the parser builds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from difflib import get_close_matches
from unicodedata import normalize

from .types import Field, Table, Type, Value


@dataclass(frozen=True)
class Literal:
    value: Value
    type: Type
    text: str = attribute(compare=False)


@dataclass(frozen=True)
class Name:
    """A stored field of the record."""

    field: Field

    @property
    def type(self) -> Type:
        return self.field.type


@dataclass(frozen=True)
class Constant:
    """A named parameter with its value of the day: prints by name, calculates by value."""

    name: str
    value: Value | Table
    type: Type
    text: str = attribute(default="", compare=False)
    english: str = attribute(default="", compare=False)


@dataclass(frozen=True)
class Let:
    """A named sub-expression. With a field, it is a derived field: a value stored under that field's key goes before the derivation."""

    name: str
    body: Tree
    field: Field | None = None
    english: str = attribute(default="", compare=False)

    @property
    def type(self) -> Type:
        return self.field.type if self.field else self.body.type


@dataclass(frozen=True)
class Call:
    """An operator or a function; `operator` is one of the names in `operators.OPERATORS`."""

    operator: str
    arguments: tuple[Tree, ...]
    type: Type


Tree = Literal | Name | Constant | Let | Call
Meaning = Field | Constant | Let


def children(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, Call):
        return tree.arguments
    return (tree.body,) if isinstance(tree, Let) else ()


def walk(tree: Tree) -> Iterator[Tree]:
    """Every node, top down, through named sub-expressions too."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def fields_of(tree: Tree) -> tuple[Field, ...]:
    """The stored fields an expression reads, each once, in order; a derived field is named together with what it derives from."""
    found: dict[str, Field] = {}
    for node in walk(tree):
        if isinstance(node, Name | Let) and node.field:
            found.setdefault(node.field.key, node.field)
    return tuple(found.values())


def normalized(name: str) -> str:
    """The form names are compared in: NFKC, no case, no spaces (`Ⅰ类` is `I类`, full-width brackets are plain)."""
    return "".join(normalize("NFKC", name).casefold().split())


class Scope:
    """What the names of an expression stand for: fields (key, Chinese name, aliases), parameters, named sub-expressions."""

    def __init__(self, meanings: Iterable[Meaning] = (), parent: Scope | None = None) -> None:
        self._parent = parent
        self._names: dict[str, Meaning] = {}
        self._meanings: list[Meaning] = []
        for meaning in meanings:
            self.add(meaning)

    def add(self, meaning: Meaning) -> None:
        """Raises ValueError when one of its names already means something else here."""
        names = [meaning.name]
        described = meaning if isinstance(meaning, Field) else meaning.field if isinstance(meaning, Let) else None
        if described:
            names += [described.name, described.key, *described.aliases]
        for name in dict.fromkeys(map(normalized, names)):
            if name in self._names:
                raise ValueError(f"名称“{meaning.name}”与“{self._names[name].name}”重复({name})")
            self._names[name] = meaning
        self._meanings.append(meaning)

    def find(self, name: str) -> Meaning | None:
        found = self._names.get(normalized(name))
        return found if found is not None or self._parent is None else self._parent.find(name)

    def suggest(self, name: str) -> list[str]:
        """Up to three known names that look like this one."""
        known = [meaning.name for meaning in self]
        near = get_close_matches(name, known, 3, 0.5)
        inside = [other for other in known if other in name or name in other]
        return list(dict.fromkeys([*near, *sorted(inside, key=len, reverse=True)]))[:3]

    def __iter__(self) -> Iterator[Meaning]:
        if self._parent:
            yield from self._parent
        yield from self._meanings
