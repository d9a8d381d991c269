"""YAML files whose every value knows its line: declarations of rules, parameters, facts, indicators are read through here."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import yaml

from .problems import Problem, ProblemsFound

Path = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A YAML file as plain dicts, lists and scalars, with the place of each value by its path, e.g. ("require", 0, "when")."""

    file: str
    data: Any
    places: dict[Path, tuple[int, int]] = field(repr=False, default_factory=dict)

    def place(self, *path: str | int) -> tuple[int, int]:
        """Line and column (from 1) of a value, or of the nearest enclosing one that exists."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def problem(self, code: str, message: str, remedy: str, *path: str | int, value: object = "") -> Problem:
        line, column = self.place(*path)
        name = ".".join(str(part) for part in path)
        return Problem(code, message, remedy, self.file, line, column, name, "" if value is None else str(value))


def read_document(file: FilePath | str, shown_as: str = "") -> Document:
    """Raises ProblemsFound (E001 not readable, E002 not YAML, E003 a key twice)."""
    path = FilePath(file)
    name = shown_as or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsFound([Problem("E001", f"文件读不出来:{error}", "检查路径与编码(应为 UTF-8)", name)]) from error
    return document_of(text, name)


def document_of(text: str, name: str = "") -> Document:
    """As `read_document`, of a text."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        places: dict[Path, tuple[int, int]] = {}
        problems: list[Problem] = []
        data = None if root is None else _plain(loader, root, (), places, problems, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        remedy = "检查缩进与冒号后的空格;含逗号、冒号的表达式要加引号"
        raise ProblemsFound(
            [Problem("E002", f"不是合法的 YAML:{error.problem}", remedy, name, line, column)]
        ) from error
    finally:
        loader.dispose()
    if problems:
        raise ProblemsFound(problems)
    return Document(name, data, places)


def _plain(
    loader: Any, node: Any, path: Path, places: dict[Path, tuple[int, int]], problems: list[Problem], name: str
) -> Any:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    quoted = isinstance(node, yaml.ScalarNode) and node.style in ("'", '"')
    places[path] = (line, column + 1 if quoted else column)
    if isinstance(node, yaml.MappingNode):
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = _key(loader.construct_object(key_node))
            if key in found:
                problems.append(
                    Problem(
                        "E003",
                        f"“{key}”写了两次",
                        "删去一个",
                        name,
                        key_node.start_mark.line + 1,
                        key_node.start_mark.column + 1,
                    )
                )
            found[key] = _plain(loader, value_node, (*path, key), places, problems, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, child, (*path, index), places, problems, name) for index, child in enumerate(node.value)]
    return loader.construct_object(node)


def _key(key: object) -> str:
    if isinstance(key, bool):
        return {True: "yes", False: "no"}[key]
    return key.isoformat() if isinstance(key, date) else str(key)
