"""All rules of some packs: loads the files once, checks them whole, and gives the rules in force on a day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..expressions import Document, Problem, ProblemsFound, document_of, read_document
from .catalogue import Catalogue, load_catalogue
from .parameters import Parameter, load_parameters, span_problems
from .read_rule import read_rule
from .schema import Rule

FAR_FUTURE = date(9999, 12, 31)


@dataclass(frozen=True)
class Version:
    """A rule file: one version of one rule."""

    id: str
    document: Document
    valid_from: date
    valid_until: date | None
    fingerprint: str


class Rulebook:
    """The rules of some packs. Build it with `load_rulebook`; it never changes, so a running evaluation is not disturbed by edits on disk."""

    def __init__(self, catalogue: Catalogue, parameters: dict[str, Parameter], versions: Sequence[Version]) -> None:
        self.catalogue, self.parameters = catalogue, parameters
        self.versions = tuple(versions)
        self._read: dict[tuple[str, date, date], Rule] = {}

    @property
    def ids(self) -> list[str]:
        return sorted({version.id for version in self.versions})

    def at(self, day: date, grain: str | None = None) -> dict[str, Rule]:
        """The rules in force on `day`, by id, with that day's parameters."""
        found = {version.id: self._rule(version, day) for version in self.versions if covers(version, day)}
        return {key: rule for key, rule in sorted(found.items()) if grain is None or rule.grain.key == grain}

    def get(self, rule_id: str, day: date) -> Rule | None:
        """One rule as of `day`; None if there is no version for that day. Raises KeyError for an id nobody declared."""
        if rule_id not in self.ids:
            raise KeyError(rule_id)
        for version in self.versions:
            if version.id == rule_id and covers(version, day):
                return self._rule(version, day)
        return None

    def versions_of(self, rule_id: str) -> list[Version]:
        return sorted((v for v in self.versions if v.id == rule_id), key=lambda v: v.valid_from)

    def boundaries(self, version: Version) -> list[date]:
        """The days inside a version on which some parameter changes, with the first day of the version."""
        days = {version.valid_from}
        local = (version.document.data or {}).get("parameters") or {}
        for entry in local.values():
            for row in (entry.get("versions") or []) if isinstance(entry, dict) else []:
                days.add(row.get("valid_from") or version.valid_from)
        for parameter in self.parameters.values():
            days |= {start for start, _ in parameter.spans}
        return sorted(day for day in days if covers(version, day))

    def draft(self, text: str, day: date, shown_as: str = "") -> Rule:
        """A rule as `text` (YAML) would have it on `day`, checked against this book's catalogue and parameters; nothing is put in force.
        Raises ProblemsFound with every mistake, or when the text is not valid on the day."""
        document = document_of(text, shown_as)
        version = read_version(document)
        if not covers(version, day):
            raise ProblemsFound(
                [
                    document.problem(
                        "E314", f"{day} 不在有效期内", "改 valid_from、valid_until 或试算的日期", "valid_from"
                    )
                ]
            )
        rule, problems = read_rule(document, day, self.catalogue, self.parameters)
        if rule is None or problems:
            raise ProblemsFound(problems)
        return replace(rule, fingerprint=version.fingerprint)

    def _rule(self, version: Version, day: date) -> Rule:
        segment = max((d for d in self.boundaries(version) if d <= day), default=version.valid_from)
        key = (version.id, version.valid_from, segment)
        if key not in self._read:
            rule, problems = read_rule(version.document, day, self.catalogue, self.parameters)
            if rule is None:
                raise ProblemsFound(problems)
            self._read[key] = replace(rule, fingerprint=version.fingerprint)
        return self._read[key]


def covers(version: Version, day: date) -> bool:
    return version.valid_from <= day and (version.valid_until is None or day < version.valid_until)


def pack_folders(*packs: Path) -> list[Path]:
    """The packs with those they require (`requires` of pack.yaml, sibling folders) before them. Raises ProblemsFound."""
    ordered: list[Path] = []
    for pack in packs:
        _visit(pack, ordered, ())
    return ordered


def _visit(pack: Path, ordered: list[Path], above: tuple[Path, ...]) -> None:
    if pack in ordered or pack in above:
        return
    declaration = pack / "pack.yaml"
    if not declaration.exists():
        raise ProblemsFound([Problem("E005", "这里不是包:没有 pack.yaml", "给出含 pack.yaml 的文件夹", str(pack))])
    data = read_document(declaration).data or {}
    for name in data.get("requires") or []:
        _visit(pack.parent / str(name), ordered, (*above, pack))
    ordered.append(pack)


def load_rulebook(*packs: Path) -> Rulebook:
    """Loads and checks packs. Raises ProblemsFound with every mistake of every file at once."""
    folders = pack_folders(*packs)
    problems: list[Problem] = []
    catalogue = load_catalogue(folders)
    parameters = load_parameters(folders)
    versions: list[Version] = []
    for file in rule_files(folders):
        try:
            version = read_version(read_document(file))
        except ProblemsFound as error:
            problems += error.problems
        else:
            versions.append(version)
    problems += _order_problems(versions)
    book = Rulebook(catalogue, parameters, versions)
    for version in versions:
        for day in book.boundaries(version):
            problems += [p for p in read_rule(version.document, day, catalogue, parameters)[1] if p not in problems]
    if problems:
        raise ProblemsFound(problems)
    return book


def rule_files(folders: Iterable[Path]) -> list[Path]:
    return [file for folder in folders for file in sorted((folder / "policies").rglob("*.yaml"))]


def read_version(document: Document) -> Version:
    """Raises ProblemsFound when even id and validity cannot be read."""
    data = document.data
    if not isinstance(data, dict) or not data.get("id") or not isinstance(data.get("valid_from"), date):
        raise ProblemsFound(
            [document.problem("E310", "规则文件要有 id 和 valid_from", "如 id: cert.hnte 与 valid_from: 2016-01-01")]
        )
    until = data.get("valid_until")
    if until is not None and not isinstance(until, date):
        raise ProblemsFound([document.problem("E313", "valid_until 不是日期", "写成 2026-01-01,或留空", "valid_until")])
    digest = hashlib.sha256(repr(data).encode()).hexdigest()[:16]
    return Version(str(data["id"]), document, data["valid_from"], until, digest)


def _order_problems(versions: Sequence[Version]) -> list[Problem]:
    found: list[Problem] = []
    for rule_id in sorted({version.id for version in versions}):
        own = [version for version in versions if version.id == rule_id]
        latest = max(own, key=lambda version: version.valid_from)
        spans = [(version.valid_from, version.valid_until) for version in own]
        found += span_problems(latest.document, ("valid_from",), spans, f"规则“{rule_id}”")
    return found
