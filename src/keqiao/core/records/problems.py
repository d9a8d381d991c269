"""Problem: what is wrong with one value, said so that its owner can mend it. All problems of an input are collected before any is reported."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Problem:
    """`code` is stable and ASCII; `row` counts as the user sees it (2 is the first row under the headers); None where there is no table."""

    code: str
    reason: str | Promise
    remedy: str | Promise = ""
    field: str = ""
    label: str | Promise = ""
    value: str = ""
    row: int | None = None

    def at(self, row: int) -> "Problem":
        return replace(self, row=row)

    def as_data(self) -> dict[str, Any]:
        return {key: (str(item) if isinstance(item, Promise) else item) for key, item in asdict(self).items()}

    def __str__(self) -> str:
        where = f"第 {self.row} 行 " if self.row else ""
        return f"{where}{self.label}：{self.reason}{('。' + str(self.remedy)) if self.remedy else ''}"


class InvalidError(Exception):
    """An input was refused; `problems` names every fault."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("；".join(str(problem) for problem in self.problems))


class StaleError(Exception):
    """The row changed since it was read: somebody else saved first."""
