"""Faults in a spec, a definition or data, collected so that a user sees all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One fault: stable code, where (file, row), field, value, reason and remedy."""

    code: str
    where: str
    field: str
    value: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field}={self.value}: {self.reason}; {self.remedy} [{self.code}]"


class IndexProblem(ValueError):
    """Raised with every fault found, never only the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))

    @classmethod
    def single(cls, code: str, where: str, field: str, value: object, reason: str, remedy: str) -> IndexProblem:
        return cls((Problem(code, where, field, str(value), reason, remedy),))


@dataclass
class Problems:
    found: list[Problem] = field(default_factory=list)

    def add(self, code: str, where: str, field: str, value: object, reason: str, remedy: str) -> None:
        self.found.append(Problem(code, where, field, str(value), reason, remedy))

    def extend(self, problem: IndexProblem) -> None:
        self.found.extend(problem.problems)

    def raise_if_any(self) -> None:
        if self.found:
            raise IndexProblem(tuple(self.found))
