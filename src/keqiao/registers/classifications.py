"""Classifications (分类): code lists kept as data in packs/*/classifications, read once and checked as they are read.

A later pack adds entries to a classification of the same key, or renames them. Hides YAML, languages and the tree behind `choices`.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from keqiao.core import packs
from keqiao.core.records.fields import Text
from keqiao.engines.expressions import Document, Problem, ProblemsFound, read_document

Choices = tuple[tuple[str, Text], ...]
ENTRY_KEYS = {"code", "name", "name_en", "parent", "tags", "valid_from", "valid_until", "note"}


_shown = lazy(
    str, str
)  # made once: each call of Django's `lazystr` would make a class, and there are thousands of texts


def bilingual(chinese: str, english: str) -> Text:
    """A text that shows itself in the reader's language, like a translated one."""
    return _shown(_InBoth(chinese, english or chinese))


@dataclass(frozen=True)
class _InBoth:
    chinese: str
    english: str

    def __str__(self) -> str:
        return self.english if (get_language() or "").startswith("en") else self.chinese


@dataclass(frozen=True)
class Entry:
    """In use from `valid_from` until before `valid_until`. `tags` carry what rules need to know ("class1")."""

    code: str
    name: str
    name_en: str
    parent: str = ""
    tags: tuple[str, ...] = ()
    valid_from: datetime.date | None = None
    valid_until: datetime.date | None = None

    @property
    def label(self) -> Text:
        return bilingual(self.name, self.name_en)

    def is_valid_on(self, day: datetime.date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day < self.valid_until
        )


@dataclass(frozen=True)
class Classification:
    key: str
    name: str
    name_en: str
    source: str
    entries: dict[str, Entry]

    @property
    def choices(self) -> Choices:
        return tuple((entry.code, entry.label) for entry in self.entries.values())

    def ancestors(self, code: str) -> Iterator[str]:
        """The code itself and all above it, from the bottom up; nothing for an unknown code."""
        while code in self.entries:
            yield code
            code = self.entries[code].parent

    def below(self, code: str) -> tuple[str, ...]:
        """The code and all under it."""
        return tuple(other for other in self.entries if code in self.ancestors(other))

    def tagged(self, tag: str) -> tuple[str, ...]:
        return tuple(code for code, entry in self.entries.items() if tag in entry.tags)


_held: dict[str, Classification] | None = None


def all_classifications() -> dict[str, Classification]:
    """Every classification of the packs in force."""
    global _held
    if _held is None:
        _held = _read_all()
    return _held


def load() -> Callable[[], None]:
    """A part of the packs (`core.packs.add_part`)."""
    global _held
    former, _held = _held, _read_all()

    def undo() -> None:
        global _held
        _held = former

    return undo


def _read_all() -> dict[str, Classification]:
    """Reads all files. Raises ProblemsFound with every fault."""
    found: dict[str, Classification] = {}
    problems: list[Problem] = []
    for path in packs.files("classifications"):
        try:
            one = read(path)
        except ProblemsFound as error:
            problems += error.problems
            continue
        held = found.get(one.key)
        entries = {**held.entries, **one.entries} if held else one.entries
        found[one.key] = Classification(one.key, one.name, one.name_en, one.source, entries)
    if problems:
        raise ProblemsFound(problems)
    return found


def classification(key: str) -> Classification:
    try:
        return all_classifications()[key]
    except KeyError:
        remedy = f"在数据包的 classifications 文件夹中增加 {key}.yaml，或改用已有的：{'、'.join(sorted(all_classifications()))}"
        problem = Problem("E101", f"没有分类“{key}”", remedy, field=key)
        raise ProblemsFound([problem]) from None


def choices(key: str) -> Callable[[], Choices]:
    """For `Register.choices_from`: reads the classification when the register's fields are first asked for."""
    return lambda: classification(key).choices


def read(path: Path) -> Classification:
    """One file. Raises ProblemsFound (E102 a key is missing or unknown, E103 a code twice, E104 unknown parent)."""
    document = read_document(path)
    data = document.data if isinstance(document.data, dict) else {}
    problems = [
        document.problem("E102", f"缺少 {name}", f"补上 {name}", name)
        for name in ("key", "name", "name_en", "source", "entries")
        if not data.get(name)
    ]
    entries: dict[str, Entry] = {}
    for index, raw in enumerate(data.get("entries") or []):
        entry = _entry(document, index, raw, problems)
        if entry and entry.code in entries:
            problems.append(
                document.problem(
                    "E103", f"代码“{entry.code}”写了两次", "删去一个", "entries", index, "code", value=entry.code
                )
            )
        elif entry:
            entries[entry.code] = entry
    for index, entry in enumerate(entries.values()):
        if entry.parent and entry.parent not in entries:
            problems.append(
                document.problem(
                    "E104",
                    f"上级代码“{entry.parent}”不存在",
                    "更正 parent，或先写上级",
                    "entries",
                    index,
                    "parent",
                    value=entry.parent,
                )
            )
    if problems:
        raise ProblemsFound(problems)
    return Classification(data["key"], data["name"], data["name_en"], data["source"], entries)


def _entry(document: Document, index: int, raw: Any, problems: list[Problem]) -> Entry | None:
    place = ("entries", index)
    if not isinstance(raw, dict):
        problems.append(document.problem("E102", "每一项应写成 {code: …, name: …, name_en: …}", "按此格式改写", *place))
        return None
    faults = [
        document.problem("E102", f"缺少 {name}", f"补上 {name}", *place)
        for name in ("code", "name", "name_en")
        if not raw.get(name)
    ]
    faults += [
        document.problem("E102", f"不认识 {name}", f"可用：{'、'.join(sorted(ENTRY_KEYS))}", *place, name)
        for name in raw
        if name not in ENTRY_KEYS
    ]
    problems += faults
    if faults:
        return None
    return Entry(
        str(raw["code"]),
        raw["name"],
        raw["name_en"],
        str(raw.get("parent") or ""),
        tuple(raw.get("tags") or ()),
        raw.get("valid_from"),
        raw.get("valid_until"),
    )
