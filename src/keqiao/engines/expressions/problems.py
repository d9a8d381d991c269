"""What went wrong in a declaration or an expression: every engine reports it in this one form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Problem:
    """One error of an input: where it is, what it is, and what to do. `code` is stable; `line` and `column` count from 1, 0 = unknown."""

    code: str
    message: str
    remedy: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        about = f" [{self.field}]" if self.field else ""
        shown = f" 值“{self.value}”" if self.value else ""
        remedy = f" 处理办法:{self.remedy}" if self.remedy else ""
        return f"{place + ': ' if place else ''}{self.code}{about}{shown} {self.message}{remedy}"

    def at(self, file: str, line: int, column: int, field: str = "") -> Problem:
        """The same problem, placed in a file: a column inside a one-line expression is added to where the expression begins."""
        inner = self.column - 1 if self.column else 0
        return replace(self, file=file, line=line, column=column + inner, field=self.field or field)


class ProblemsFound(ValueError):
    """Raised with all problems of an input at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
