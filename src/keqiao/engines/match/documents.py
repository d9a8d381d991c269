"""What the engine reads: documents, queries and filters, and their one-per-line JSON files.

Hides file formats (plain or gzip) and collects every bad line before anything is indexed.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

NUMBERS = ("maturity", "price", "year")
_KNOWN = {"id", "text", "title", "keywords"}


@dataclass(frozen=True)
class Problem:
    """One error in an input: which line and field, the value, why it is wrong and what to do."""

    code: str
    line: int
    field: str
    value: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        where = f"line {self.line}, " if self.line else ""
        return f"{self.code}: {where}{self.field} = {self.value!r}: {self.reason} {self.remedy}"


class MatchError(Exception):
    """Input that cannot be used; `problems` holds all errors found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def of(cls, code: str, where: str, value: object, reason: str, remedy: str) -> "MatchError":
        """An error that is a single problem."""
        return cls([problem(code, where, value, reason, remedy)])


def problem(code: str, where: str, value: object, reason: str, remedy: str, line: int = 0) -> Problem:
    """A `Problem` with the value shortened for showing."""
    return Problem(code, line, where, str(value)[:80], reason, remedy)


@dataclass(frozen=True)
class Document:
    """One record to be found. `labels` (industry, region, kind …) and `numbers` (maturity 1–9, price 元, year) are for
    filters and for showing; `title`, `keywords` and `text` are searched."""

    id: str
    text: str
    title: str = ""
    keywords: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """A text to search for, under the id its answers are written with."""

    id: str
    text: str


@dataclass(frozen=True)
class Filter:
    """Keep only documents whose `field` has one of the labels `any_of`, or whose number lies in [minimum, maximum].

    A document that lacks the field does not pass: unknown is not a match.
    """

    field: str
    any_of: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


def read_lines(path: Path) -> Iterator[tuple[int, object | None]]:
    """Parsed JSON per non-empty line with its number; None where the line is no JSON. Reads .gz too."""
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except ValueError:
                    yield number, None


def open_text(path: Path) -> IO[str]:
    """Open a UTF-8 text file, packed or not, by its suffix."""
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8"))
    return open(path, encoding="utf-8")


def read_documents(path: Path, problems: list[Problem]) -> Iterator[Document]:
    """Documents of a JSONL file; what is wrong is appended to `problems` and skipped. Cost: one pass, constant memory
    apart from the ids (kept to find repeats)."""
    seen: set[str] = set()
    for number, row in read_lines(path):
        document = parse_document(row, number, problems)
        if document is None:
            continue
        if document.id in seen:
            problems.append(
                problem(
                    "MATCH-DUPLICATE-ID", "id", document.id, "the id stands twice.", "Keep one line per id.", number
                )
            )
            continue
        seen.add(document.id)
        yield document


def parse_document(row: object, line: int, problems: list[Problem]) -> Document | None:
    """One JSON object as a `Document`, or None with the reasons appended to `problems`."""
    fields = _identified(row, line, problems)
    if fields is None:
        return None
    before = len(problems)
    title, text = fields.get("title") or "", fields.get("text") or ""
    for name, value in (("title", title), ("text", text)):
        if not isinstance(value, str):
            problems.append(problem("MATCH-FIELD-KIND", name, value, "must be text.", "Write it in quotes.", line))
    keywords = _texts(fields.get("keywords") or ())
    if keywords is None:
        problems.append(
            problem(
                "MATCH-FIELD-KIND",
                "keywords",
                fields["keywords"],
                "must be text or a list of texts.",
                'Write ["…", "…"].',
                line,
            )
        )
    labels: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, float] = {}
    for name, value in fields.items():
        if name in _KNOWN or value is None:
            continue
        if name in NUMBERS:
            try:
                numbers[name] = float(cast(float, value))
            except (TypeError, ValueError):
                problems.append(problem("MATCH-NUMBER", name, value, "is no number.", "Write digits only.", line))
        elif (values := _texts(value)) is not None:
            labels[name] = values
        else:
            problems.append(
                problem(
                    "MATCH-FIELD-KIND",
                    name,
                    value,
                    "must be text or a list of texts.",
                    f"Numbers may only be {', '.join(NUMBERS)}; leave other fields out.",
                    line,
                )
            )
    if len(problems) > before:
        return None
    return Document(str(fields["id"]), str(text), str(title), keywords or (), labels, numbers)


def read_queries(path: Path, problems: list[Problem]) -> list[Query]:
    """Queries of a JSONL file `{id, text}`; what is wrong is appended to `problems`."""
    queries: list[Query] = []
    for number, row in read_lines(path):
        fields = _identified(row, number, problems)
        if fields is None:
            continue
        if not isinstance(fields.get("text"), str):
            problems.append(
                problem(
                    "MATCH-FIELD-KIND",
                    "text",
                    fields.get("text"),
                    "a query needs its text.",
                    'Write {"id": "…", "text": "…"}.',
                    number,
                )
            )
            continue
        queries.append(Query(str(fields["id"]), str(fields["text"])))
    return queries


def _identified(row: object, line: int, problems: list[Problem]) -> dict[str, object] | None:
    if not isinstance(row, dict):
        problems.append(
            problem("MATCH-NOT-JSON", "line", row, "the line is no JSON object.", "Write one {…} per line.", line)
        )
        return None
    identity = row.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        problems.append(
            problem("MATCH-NO-ID", "id", identity, "every line needs an id (text or whole number).", 'Add "id".', line)
        )
        return None
    return row


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return (str(value),)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(cast(Iterable[str], value))
    return None
