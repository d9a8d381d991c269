"""One small typed expression language for rules, indicators and checks, and the executors that all agree on its answers.

    scope = Scope([Field.declare("revenue", "销售收入", "money"), Field.declare("rd", "研发费用", "money"), …])
    tree  = parse_condition("研发费用 / 销售收入 >= 3% 且 销售收入 > 500万元", scope)   # or parse(…) for any kind of value
    evaluate(tree, {"revenue": Decimal("10000000"), "rd": None})      # None: unknown (Kleene logic); numbers are exact
    to_polars(tree); to_sql(tree, "duckdb"); to_sql(tree, "spark")     # the same answers for batches, exact by integer cross-multiplication
    show(tree), show(tree, "en"), show(tree, "source"); fields_of(tree)

Language: `+ - * / × ÷`, comparisons (`>= ≥ 不低于`, …, chains `1 <= x < 5`), `and/且 or/或 not/非`, `in/属于 ("甲", "乙")`, numbers with units
(`5%`, `5000万元`, `1000平方米`; a money field never compares with a bare number), dates `2026-01-01`, texts in quotes, odd names in backquotes.
Functions: min max abs round floor ceil · if(c, a, b) case(c1, a, c2, b, …, else) band(x, table) or_else(x, y) known_if(c, x) is_known(x) · contains startswith
endswith · any_of all_of size (sets) · year month days(a, b) months years add_days add_months add_years; each has a Chinese name too.
Many expressions over one data set: `PolarsBatch(columns, constants)` and `select_sql(outputs, table, dialect)` share common parts; a big tree alone
(score sheets) can be huge through `to_polars`/`to_sql`, which repeat them.
Aggregates are not here: they belong to indicators. Names resolve in a `Scope` of Fields (by key, Chinese name or alias), Constants (parameters,
band Tables) and Lets (named sub-expressions; with a field: derived fields, overruled by a stored value).

`missing_fields(tree, Evaluation(record))` names the unknown fields that can still change the answer.

Errors: ProblemsFound holds Problems (code, message, remedy, file, line, column); `Problem.at` places one in a file. `read_document` reads
YAML keeping the line of every value. Unknown: x/0, any operation on an unknown, a condition or band over an unknown; `and/or` are Kleene.
"""

from .backend_polars import PolarsBatch, prepare, stored_frame, to_polars
from .backend_sql import select_sql, to_sql, to_sqlglot
from .documents import Document, document_of, read_document
from .evaluate import Evaluation, evaluate, round_half_up
from .missing import missing_fields
from .operators import COMPARISONS, Mistyped, call
from .parser import parse, parse_condition
from .problems import Problem, ProblemsFound
from .show import decimal_text, show, show_value
from .tree import Call, Constant, Let, Literal, Meaning, Name, Scope, Tree, children, fields_of, normalized, walk
from .types import (
    AREA,
    BOOL,
    DATE,
    MONEY,
    NUMBER,
    SET,
    TEXT,
    Dimension,
    Field,
    Kind,
    Number,
    Step,
    Table,
    Type,
    Value,
    exact_number,
    unit_of,
)

__all__ = [
    "AREA",
    "BOOL",
    "COMPARISONS",
    "DATE",
    "MONEY",
    "NUMBER",
    "SET",
    "TEXT",
    "Call",
    "Constant",
    "Dimension",
    "Document",
    "Evaluation",
    "Field",
    "Kind",
    "Let",
    "Literal",
    "Meaning",
    "Mistyped",
    "Name",
    "Number",
    "PolarsBatch",
    "Problem",
    "ProblemsFound",
    "Scope",
    "Step",
    "Table",
    "Tree",
    "Type",
    "Value",
    "call",
    "children",
    "decimal_text",
    "document_of",
    "evaluate",
    "exact_number",
    "fields_of",
    "missing_fields",
    "normalized",
    "parse",
    "parse_condition",
    "prepare",
    "read_document",
    "round_half_up",
    "select_sql",
    "show",
    "show_value",
    "stored_frame",
    "to_polars",
    "to_sql",
    "to_sqlglot",
    "unit_of",
    "walk",
]  # fmt: skip
