"""Import (导入): a table becomes new and changed rows, by the same rules as every other write, or a complete list of what is wrong with it.

`plan` reads and judges everything without writing; `carry_out` writes the plan in one transaction, so a killed import leaves the register
as it was. Rows are matched by the register's identity: the same file imported twice changes nothing the second time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from keqiao.core import access, audit, events
from keqiao.core.act import Act
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.records import actions, bulk, references
from keqiao.core.records.cells import Cells, canonical, looks_masked
from keqiao.core.records.declare import Register
from keqiao.core.records.excel_in import Column, Line, Table, raw_value, was_cut
from keqiao.core.records.fields import Field, ValueProblem, fold, parse, tidy, to_json
from keqiao.core.records.problems import InvalidError, Problem, StaleError

Progress = Callable[[int, int], None]
REPEATING = frozenset({"choice", "choices", "bool", "org_unit", "year", "date", "integer", "reference"})
CHUNK = 500
SYSTEM = "import matches rows by identity; permission is checked row by row"


@dataclass
class Planned:
    """What becomes of one line: "new", "changed", "unchanged" or "faulty"."""

    line: Line
    outcome: str = "faulty"
    row: Any = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.line.number


@dataclass
class Plan:
    register: Register
    table: Table
    planned: list[Planned] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [*self.table.problems, *(problem for one in self.planned for problem in one.problems)]

    @property
    def counts(self) -> dict[str, int]:
        found = {"new": 0, "changed": 0, "unchanged": 0, "faulty": 0}
        for one in self.planned:
            found[one.outcome] += 1
        return found

    def differences(self, most: int = 200) -> Iterator[dict[str, Any]]:
        """The changed rows, field by field, as people read them."""
        changed = [one for one in self.planned if one.outcome == "changed"]
        for one in changed[:most]:
            changes = [
                {
                    "field": name,
                    "label": str(self.register.fields[name].label),
                    "before": (one.before or {}).get(name),
                    "after": value,
                }
                for name, value in (one.after or {}).items()
                if name in self.register.fields and (one.before or {}).get(name) != value
            ]
            yield {"row": one.number, "title": self.register.title(one.row), "changes": changes}


def plan(register: Register, table: Table, act: Act, progress: Progress = lambda _done, _total: None) -> Plan:
    """Judges every line of the table. Never writes. Raises ForbiddenError."""
    act.need("import", register)
    found = Plan(register, table)
    if any(problem.code != "no_rows" for problem in table.problems):
        found.planned = [Planned(line) for line in table.lines]
        return found
    judge = _Judge(register, table, act)
    for done, line in enumerate(table.lines, start=1):
        found.planned.append(judge.planned(line))
        if done % CHUNK == 0:
            progress(done, len(table.lines))
    judge.check_unique(found.planned)
    progress(len(table.lines), len(table.lines))
    return found


def carry_out(
    found: Plan, act: Act, *, good_rows_only: bool = False, progress: Progress = lambda _done, _total: None
) -> dict[str, int]:
    """Writes the plan in one transaction and returns its counts.

    Raises InvalidError with all problems unless `good_rows_only`; StaleError when somebody changed one of the rows meanwhile.
    """
    if found.table.problems or (found.problems and not good_rows_only):
        raise InvalidError(found.problems)
    fresh = [one for one in found.planned if one.outcome == "new"]
    changed = [one for one in found.planned if one.outcome == "changed"]
    total = len(fresh) + len(changed)
    try:
        with transaction.atomic():
            _need_unchanged(found.register, fresh, changed)
            _write(found.register, fresh, changed, act, lambda done: progress(done, total))
            ids = tuple(one.row.pk for one in (*fresh, *changed))
            if ids:
                events.send(events.RecordsChanged(found.register.key, ids, "import"))
    except IntegrityError as error:
        raise InvalidError(
            [Problem("conflict", _("与已有记录冲突：%(what)s") % {"what": error}, _("请核对文件中不得重复的项"))]
        ) from error
    return found.counts


def _need_unchanged(register: Register, fresh: Sequence[Planned], changed: Sequence[Planned]) -> None:
    """What was planned must still hold: nobody saved the same rows in between."""
    editions: dict[int, int] = {}
    rows = register.rows().unscoped(SYSTEM)
    for part in _parts([one.row.pk for one in changed]):
        editions |= dict(rows.filter(pk__in=part).values_list("pk", "edition"))
    if any(editions.get(one.row.pk) != one.row.edition for one in changed):
        raise StaleError(_("导入期间有记录被他人修改，请重新导入"))
    if fresh and _Matcher(register).find([one.row for one in fresh]):
        raise StaleError(_("导入期间有相同的记录被他人登记，请重新导入"))


def _write(
    register: Register, fresh: Sequence[Planned], changed: Sequence[Planned], act: Act, progress: Callable[[int], None]
) -> None:
    done = 0
    for part in _parts(fresh):
        bulk.insert([one.row for one in part])
        audit.record_many(act, [audit.trace("create", one.row, None, one.after) for one in part])
        progress(done := done + len(part))
    for part in _parts(changed):
        for one in part:
            one.row.edition += 1
        bulk.update([one.row for one in part], leaving=frozenset({"created_at", "created_by"}))
        audit.record_many(act, [audit.trace("change", one.row, one.before, one.after) for one in part])
        progress(done := done + len(part))


def _parts(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    whole = list(items)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


class _Judge:
    """Judges lines one after another, with everything they refer to looked up beforehand in a few queries."""

    def __init__(self, register: Register, table: Table, act: Act) -> None:
        self.register, self.table, self.act = register, table, act
        self.columns = table.columns
        self.cells = Cells(register, act.actor)
        self.lookup = _Lookup(register, table)
        self.remembered: dict[tuple[str, Any], Any] = {}
        self.first_with: dict[tuple[Any, ...], int] = {}
        self.state = actions.first_state(register, act, False)
        self.adding = access.may(act.actor, "add", register) if act.actor else None
        self.reach_add = access.lens(act.actor, register, "add") if act.actor else None
        self.reach_change = access.lens(act.actor, register, "change") if act.actor else None
        present = {column.field.name for column in self.columns}
        self.missing = [
            one
            for n, one in register.fields.items()
            if one.required and not one.read_only and one.default is None and n not in present
        ]
        self.matcher = _Matcher(register)
        self.keys = [self._key(line) for line in table.lines]
        self.existing = self.matcher.read({key for key, _problems in self.keys if key is not None})
        self.place = 0

    def _key(self, line: Line) -> tuple[tuple[Any, ...] | None, list[Problem]]:
        """The identity a line names; None with the problems when it names none."""
        key, problems = [], []
        by_name = {column.field.name: column for column in self.columns}
        for name in self.register.identity:
            try:
                key.append(self._parse(by_name[name], line, required=True))
            except ValueProblem as error:
                problems.append(error.problem)
        return (None, problems) if problems else (tuple(_plain(one) for one in key), [])

    def _parse(self, column: Column, line: Line, *, required: bool | None = None, clearing: bool = False) -> Any:
        raw = raw_value(column, line.cells[column.place] if column.place < len(line.cells) else None)
        one = column.field
        if raw is None:
            if one.required and (one.default is None or clearing):
                raise ValueProblem(one.problem("required", "", _("必填项为空"), _("请填写此项")))
            return None if clearing else parse(one, None)
        if one.personal and looks_masked(raw):
            remedy = _("请填写完整内容；不改此项的，请保持导出时的样子或删去这一列")
            raise ValueProblem(one.problem("masked_value", raw, _("是脱敏后的内容，与库中不一致"), remedy))
        if one.kind not in REPEATING:
            return parse(one, raw, self.lookup)
        key = (one.name, raw if not isinstance(raw, bool) else str(raw))
        if key not in self.remembered:
            try:
                self.remembered[key] = parse(one, raw, self.lookup)
            except ValueProblem as error:
                self.remembered[key] = error
        value = self.remembered[key]
        if isinstance(value, ValueProblem):
            raise value
        return list(value) if isinstance(value, list) else value

    def planned(self, line: Line) -> Planned:
        key, problems = self.keys[self.place]
        self.place += 1
        one = Planned(line)
        if key is None:
            problems += self._other_problems(line)
        elif key in self.first_with:
            first = self.register.fields[self.register.identity[0]]
            reason = _("与第 %(row)s 行的标识相同") % {"row": self.first_with[key]}
            problems = [
                first.problem("duplicate_in_file", "、".join(str(part) for part in key), reason, _("请合并为一行")),
                *self._other_problems(line),
            ]
        else:
            self.first_with[key] = line.number
            row = self.existing.get(key)
            problems = self._judge_new(one, line) if row is None else self._judge_existing(one, line, row)
        one.problems = [problem.at(line.number) for problem in problems]
        if problems:
            one.outcome = "faulty"
        return one

    def _other_problems(self, line: Line) -> list[Problem]:
        """The faults of the other cells, so that all of a line's faults are reported at once."""
        _values, problems = self._values([c for c in self.columns if c.field.name not in self.register.identity], line)
        return problems

    def _values(
        self, columns: Sequence[Column], line: Line, *, clearing: bool = False
    ) -> tuple[dict[str, Any], list[Problem]]:
        values, problems = {}, []
        for column in columns:
            try:
                values[column.field.name] = self._parse(column, line, clearing=clearing)
            except ValueProblem as error:
                problems.append(error.problem)
        return values, problems

    def _judge_new(self, one: Planned, line: Line) -> list[Problem]:
        values, problems = self._values(self.columns, line)
        problems += [
            missing.problem("missing_column", "", _("新记录缺少必填项，文件中没有这一列"), _("请在文件中加上这一列"))
            for missing in self.missing
        ]
        if self.adding is not None and not self.adding:
            problems.append(Problem("forbidden", self.adding.reason, _("请从文件中去掉新记录，或请有权限的人员导入")))
        if problems:
            return problems
        row = self.register.new_row()
        row.created_by, row.review_state = self.act.actor, self.state
        defaults = {
            name: field.default
            for name, field in self.register.fields.items()
            if name not in values and field.default is not None and not field.read_only
        }
        problems = actions.apply(self.register, row, {**defaults, **values})
        if not problems and self.reach_add is not None and self.reach_add.reaches(row) is None:
            problems = [_out_of_reach()]
        one.outcome, one.row, one.after = "new", row, audit.values_of(row) if not problems else None
        return problems

    def _judge_existing(self, one: Planned, line: Line, row: Any) -> list[Problem]:
        if row.merged_into_id is not None:
            return [
                Problem(
                    "merged_away",
                    _("这条记录已并入另一条记录"),
                    _("请改填保留的那一条，或先撤销合并"),
                    value=self.register.title(row),
                )
            ]
        seen = self.cells.over(row)
        touched = [column for column in self.columns if not self._is_as_exported(column, line, row, seen)]
        if not touched:
            one.row, one.outcome = row, "unchanged"
            return []
        values, problems = self._values(touched, line, clearing=True)
        if problems:
            return problems
        reached = self.reach_change is None or self.reach_change.reaches(row) is not None
        before = audit.values_of(row)
        problems = actions.apply(self.register, row, values)
        after = audit.values_of(row)
        one.row, one.outcome = row, "unchanged" if after == before else "changed"
        if one.outcome == "unchanged":
            return []
        one.before, one.after = before, after
        if not reached or (self.reach_change is not None and self.reach_change.reaches(row) is None):
            problems.append(_out_of_reach())
        return problems

    def _is_as_exported(self, column: Column, line: Line, row: Any, seen: access.RowSight) -> bool:
        """Whether the cell holds what this user's export of the row would: then it says nothing."""
        cell = line.cells[column.place] if column.place < len(line.cells) else None
        if was_cut(cell):
            return True
        if column.factor != 1:
            cell = raw_value(column, cell)
        return canonical(cell) == canonical(self.cells.value(column.field, row, seen))

    def check_unique(self, planned: Sequence[Planned]) -> None:
        """Columns that the table keeps unique beside the identity: within the file and against the rows that are there."""
        for name, one in self.register.fields.items():
            if (
                one.path.startswith("data__")
                or (name,) == self.register.identity
                or not getattr(self.register.model._meta.get_field(one.path), "unique", False)
            ):
                continue
            self._check_unique(
                one, [p for p in planned if p.outcome in {"new", "changed"} and one.get(p.row) not in (None, "")]
            )

    def _check_unique(self, one: Field, planned: Sequence[Planned]) -> None:
        taken: dict[Any, Any] = {}
        rows = self.register.rows().unscoped(SYSTEM)
        for part in _parts({one.get(p.row) for p in planned}):
            taken |= dict(rows.filter(**{f"{one.path}__in": part}).values_list(one.path, "pk"))
        for p in planned:
            value, own = one.get(p.row), p.row.pk or p
            if taken.setdefault(value, own) != own:
                p.problems.append(
                    one.problem("duplicate", value, _("与另一条记录重复"), _("请核对；此项不得重复")).at(p.number)
                )
                p.outcome = "faulty"


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _out_of_reach() -> Problem:
    return Problem(
        "out_of_reach", _("这条记录的属地或所属主体不在您的权限范围内"), _("请从文件中去掉这一行，或请有权限的人员导入")
    )


class _Matcher:
    """Finds the rows that have given identities, in chunks."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.fields = [register.fields[name] for name in register.identity]

    def key_of(self, row: Any) -> tuple[Any, ...]:
        return tuple(_plain(one.get(row)) for one in self.fields)

    def read(self, keys: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
        """The rows by identity, with what they refer to."""
        found: dict[tuple[Any, ...], Any] = {}
        rows = self.register.rows().unscoped(SYSTEM)
        name, values = self._narrowed(keys)
        parts = [rows.filter(**{f"{name}__in": part}) for part in _parts(values)]
        for part in parts:
            for row in references.load(self.register, part, self.register.fields.values()):
                if (key := self.key_of(row)) in keys:
                    found[key] = row
        return found

    def _narrowed(self, keys: set[tuple[Any, ...]]) -> tuple[str, set[Any]]:
        """An indexed column and its values to look for: the first of the identity, or a ledger's `identity_key`."""
        if not any(one.path.startswith("data__") for one in self.fields):
            return self.fields[0].path, {key[0] for key in keys}
        found: dict[str, set[Any]] = {}
        for key in keys:
            row = self.register.new_row()
            for one, value in zip(self.fields, key, strict=True):
                if one.path.startswith("data__"):
                    row.data[one.path[6:]] = to_json(value)
                else:
                    setattr(row, f"{one.path}_id" if one.kind in {"reference", "org_unit"} else one.path, value)
            for name, value in self.register.identity_filter(row).items():
                found.setdefault(name, set()).add(value)
        return next(iter(found.items()), ("pk", set()))

    def find(self, rows: Sequence[Any]) -> dict[tuple[Any, ...], Any]:
        return self.read({self.key_of(row) for row in rows})


class _Lookup:
    """Resolves references and units like `actions.look_up`, all texts of a column at once."""

    def __init__(self, register: Register, table: Table) -> None:
        self.register = register
        self.units: dict[str, Any] | None = None
        self.found: dict[str, dict[str, Any]] = {}
        for column in table.columns:
            if column.field.kind == "reference":
                texts = {text for line in table.lines if (text := _text_of(line, column.place))}
                self.found[column.field.name] = self._resolve(column.field, texts)

    def __call__(self, one: Field, text: str) -> Any:
        if one.kind == "org_unit":
            return self._unit(text)
        found = self.found.get(one.name)
        return found.get(text) if found is not None else actions.look_up(one, text)

    def _unit(self, text: str) -> Any:
        if self.units is None:
            self.units = {}
            for unit in OrgUnit.objects.filter(valid_until=None):
                for key in {unit.code, fold(unit.name)}:
                    self.units[key] = None if key in self.units else unit  # a name that two units have names neither
        return self.units.get(fold(text))

    def _resolve(self, one: Field, texts: set[str]) -> dict[str, Any]:
        target = actions.target_of(one)
        by = one.reference.by if one.reference and one.reference.by else target.identity[0]
        found: dict[str, Any] = {}
        for name in dict.fromkeys((by, target.title_field)):
            left = [text for text in texts if text not in found]
            field = target.fields.get(name)
            if field is None or field.kind in {"reference", "org_unit"}:
                continue
            found |= self._by(target, field, left)
        return found

    @staticmethod
    def _by(target: Register, field: Field, texts: Sequence[str]) -> dict[str, Any]:
        written = {field.normalise(text) if field.normalise else text: text for text in texts}
        several: dict[str, list[Any]] = {}
        rows = target.rows().unscoped(SYSTEM)
        for part in _parts(written):
            for row in references.load(target, rows.filter(**{f"{field.path}__in": part}), ()):
                several.setdefault(written[str(field.get(row))], []).append(row)
        return {text: rows[0] for text, rows in several.items() if len(rows) == 1}


def _text_of(line: Line, place: int) -> str:
    cell = line.cells[place] if place < len(line.cells) else None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return tidy(str(cell)) if cell is not None else ""
