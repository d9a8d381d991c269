"""How each rule finds its lines: over the syntax tree for Python, over template tokens, over plain text."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
MANAGERS = {"objects", "_base_manager", "_default_manager", "everything", "unscoped"}
QUERIES = {"filter", "exclude", "all", "visible_to", "select_for_update", "order_by", "annotate"}
SAVE_OPTIONS = {"update_fields", "using", "force_insert", "force_update"}
EAGER = {"gettext", "ngettext", "pgettext", "npgettext"}
MESSAGES = {"_", *EAGER, *(f"{name}_lazy" for name in EAGER), "gettext_noop"}

# Written in two parts, so that this file does not break its own rule.
_HOSTS: tuple[str, ...] = (
    *("py" + "pi.org", "python" + "hosted.org", "pypi" + ".tuna", "pypi" + ".doubanio"),
    *("npm" + "js.org", "npm" + "js.com/package", "yarn" + "pkg.com", "npm" + "mirror.com"),
    *("js" + "delivr.net", "un" + "pkg.com", "cdn" + "js.", "mirrors" + "."),
)
REGISTRIES = (
    "|".join(rf"https?://[\w.-]*{re.escape(host)}" for host in _HOSTS)
    + r"|^\s*--(?:extra-index-url|index-url|find-links|trusted-host)\b"
)
MACHINE_PATHS = r"(?<![\w.])/(?:work/(?:main|shared)|ro" + r"ot/|ho" + r"me/[a-z]|tmp/kq|opt/(?:wheels|pypi))"
# In a template, in a declaration in Python, at the top of a pack's YAML file.
_ICON = re.compile(r"""\{% icon ["']([\w-]+)|\bicon\s*=\s*["']([\w-]+)["']|^icon:\s*["']?([\w-]+)""")
CHINESE = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=4)
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


def _calls(text: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(_tree(text)) if isinstance(node, ast.Call))


def model_writes(text: str) -> Iterator[int]:
    for call in _calls(text):
        if not isinstance(call.func, ast.Attribute):
            continue
        name, keywords = call.func.attr, {keyword.arg for keyword in call.keywords}
        is_save = name == "save" and not call.args and keywords <= SAVE_OPTIONS
        is_delete = name == "delete" and not call.args and not keywords
        is_query = name == "update" and not call.args and bool(keywords) and _is_query(call.func.value)
        is_create = name in WRITES and (name != "create" or _is_query(call.func.value))
        if is_save or is_delete or is_query or is_create:
            yield call.lineno


def _is_query(node: ast.expr) -> bool:
    """Whether an expression is a manager or a query set, as far as its text shows."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute):
            if node.attr in MANAGERS | QUERIES or node.attr.endswith("_set"):
                return True
            node = node.value
        else:
            node = node.func
    return False


def application_imports(text: str) -> Iterator[int]:
    for node in ast.walk(_tree(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        if any(name.split(".")[0] == "keqiao" for name in names):
            yield node.lineno  # type: ignore[attr-defined]  # only imports have names


def built_messages(text: str) -> Iterator[int]:
    for call in _calls(text):
        if _called(call) in MESSAGES and any(_is_built(argument) for argument in call.args[:2]):
            yield call.lineno


def _called(call: ast.Call) -> str:
    return (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )


def _is_built(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        return any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"


def eager_messages(text: str) -> Iterator[int]:
    tree = _tree(text)
    eager = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in EAGER
    }
    waiting: list[ast.AST] = [tree]
    while waiting and eager:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue  # runs later, in the language of its reader
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in eager:
            yield node.lineno
        waiting += ast.iter_child_nodes(node)


def unscoped_reads(text: str) -> Iterator[int]:
    for call in _calls(text):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "all":
            owner = call.func.value
            if isinstance(owner, ast.Attribute) and owner.attr in MANAGERS:
                yield call.lineno


def vague_fields(text: str) -> Iterator[int]:
    for node in ast.walk(_tree(text)):
        for statement in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                is_field = _called(statement.value).endswith(("Field", "ForeignKey"))
                if is_field and any(
                    isinstance(target, ast.Name) and target.id in {"status", "type"} for target in targets
                ):
                    yield statement.lineno


def matching(pattern: str) -> Callable[[str], Iterator[int]]:
    """A finder of lines that match a regular expression."""
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[int]:
        return (number for number, line in enumerate(text.splitlines(), 1) if compiled.search(line))

    return find


@lru_cache(maxsize=1)
def _icons() -> frozenset[str]:
    """The ids in the sprite: `star`, and `star-filled` for the line `filled:star`."""
    lines = (Path(__file__).resolve().parents[2] / "assets" / "icons.txt").read_text(encoding="utf-8").splitlines()
    names = (line.strip().rpartition(":") for line in lines if line.strip() and not line.startswith("#"))
    return frozenset(f"{name}-{style}" if style else name for style, _, name in names)


def unknown_icons(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), 1):
        for match in _ICON.finditer(line):
            if next(filter(None, match.groups())) not in _icons():
                yield number


def untranslated_text(text: str) -> Iterator[int]:
    from django.template.base import Lexer, TokenType  # only this rule needs Django

    inside = ""
    for token in Lexer(text).tokenize():
        words = token.split_contents() if token.token_type == TokenType.BLOCK else []
        first = words[0] if words else ""
        if inside:
            inside = "" if first == f"end{inside}" else inside
        elif first in {"blocktranslate", "blocktrans", "comment"}:
            inside = first
        elif first not in {"translate", "trans"} and token.token_type != TokenType.COMMENT:
            shown = re.sub(r"""_\((["']).*?\1\)""", "", token.contents)
            for offset, line in enumerate(shown.split("\n")):
                if CHINESE.search(line):
                    yield (token.lineno or 1) + offset
