"""Whether every text of the product has its English: texts are found in Python and templates, entries in the catalogue."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.utils.translation.template import templatize

from keqiao_checks.finders import CHINESE, MESSAGES

_TEMPLATE_CALL = re.compile(
    r"\b(?P<name>n?p?gettext|_)\((?P<arguments>(?:\s*u?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')\s*,?)+)"
)
_LITERAL = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|(?<!\{)\{(\w*)\}")
KEEPS_CHINESE = "keeps Chinese"  # said in the entry's comment when the English text rightly shows Chinese characters


class Message(NamedTuple):
    """What gettext looks up."""

    context: str | None
    text: str
    plural: str | None


def check(source: Path, catalogue: Path) -> list[str]:
    """Everything that keeps the English catalogue from being complete, one finding a line."""
    wanted = messages(source)
    if not catalogue.is_file():
        return [f"{catalogue}: missing. Remedy: ./keqiao messages"] if wanted else []
    entries = {_key(entry): entry for entry in polib.pofile(str(catalogue)) if not entry.obsolete}
    found = [
        f"{where}: {message.text!r} is not in the English catalogue. Remedy: ./keqiao messages, then translate it"
        for message, where in wanted.items()
        if message not in entries
    ]
    for message, entry in entries.items():
        if message not in wanted:
            found.append(
                f"{catalogue.name}:{entry.linenum}: {message.text!r} is used nowhere. Remedy: ./keqiao messages"
            )
        elif problem := _problem(entry):
            found.append(f"{catalogue.name}:{entry.linenum}: {message.text!r} {problem}")
    return found


def _problem(entry: polib.POEntry) -> str | None:
    texts = [entry.msgstr_plural.get(index, "") for index in (0, 1)] if entry.msgid_plural else [entry.msgstr]
    if "fuzzy" in entry.flags:
        return "is marked fuzzy: review the English and remove the mark"
    if not all(text.strip() for text in texts):
        return "has no English text"
    if any(_placeholders(text) - _placeholders(entry.msgid + (entry.msgid_plural or "")) for text in texts):
        return "has a placeholder that the Chinese does not have"
    if not entry.msgid_plural and _placeholders(entry.msgid) != _placeholders(entry.msgstr):
        return "lacks a placeholder of the Chinese"
    if any(CHINESE.search(text) for text in texts) and KEEPS_CHINESE not in entry.tcomment:
        return f"still has Chinese characters (if meant, say `{KEEPS_CHINESE}` in a translator's comment)"
    return None


def _placeholders(text: str) -> set[str]:
    return {named or f"{{{braced}}}" for named, braced in _PLACEHOLDER.findall(text)}


def bring_up_to_date(source: Path, catalogue: Path) -> tuple[int, int]:
    """Add what is missing with an empty translation, drop what is used nowhere; returns how many of each."""
    wanted = messages(source)
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    book = polib.pofile(str(catalogue)) if catalogue.is_file() else polib.POFile()
    book.wrapwidth = 120
    book.metadata = {
        "Project-Id-Version": "Keqiao",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    unused = [entry for entry in book if entry.obsolete or _key(entry) not in wanted]
    for entry in unused:
        book.remove(entry)
    present = {_key(entry) for entry in book}
    missing = [message for message in wanted if message not in present]
    for message in missing:
        plural = {0: "", 1: ""} if message.plural else {}
        book.append(
            polib.POEntry(
                msgctxt=message.context, msgid=message.text, msgid_plural=message.plural or "", msgstr_plural=plural
            )
        )
    for entry in book:  # only the file: line numbers would change with every edit
        entry.occurrences = [(wanted[_key(entry)], "")]
    book.sort(key=lambda entry: (entry.occurrences, entry.msgid))
    book.save(str(catalogue))
    return len(missing), len(unused)


def _key(entry: polib.POEntry) -> Message:
    return Message(entry.msgctxt or None, entry.msgid, entry.msgid_plural or None)


def messages(source: Path) -> dict[Message, str]:
    """Every message below `source` (tests left out) → the first file that has it."""
    found: dict[Message, str] = {}
    for path in sorted([*source.rglob("*.py"), *source.rglob("*.html"), *source.rglob("*.txt")]):
        if "tests" in path.parts or (path.suffix != ".py" and "templates" not in path.parts):
            continue
        text = path.read_text(encoding="utf-8")
        for message in in_python(text) if path.suffix == ".py" else in_template(text):
            found.setdefault(message, path.relative_to(source).as_posix())
    return found


def in_python(text: str) -> Iterator[Message]:
    """Messages in calls of the gettext family whose arguments are literal."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in MESSAGES:
                literal = [
                    a.value if isinstance(a, ast.Constant) and isinstance(a.value, str) else None for a in node.args
                ]
                yield from _message(name.removesuffix("_lazy").removesuffix("_noop"), literal)


def in_template(text: str) -> Iterator[Message]:
    """Messages of a Django template, as Django itself extracts them."""
    for match in _TEMPLATE_CALL.finditer(templatize(text)):
        literal = [ast.literal_eval(part) for part in _LITERAL.findall(match.group("arguments"))]
        yield from _message(match.group("name"), literal)


def _message(name: str, literal: list[str | None]) -> Iterator[Message]:
    """One call as a message; calls with computed texts yield nothing (the rule literal-gettext watches those)."""
    context = literal.pop(0) if "pgettext" in name and literal else None
    is_plural = name.startswith("n")
    texts = literal[: 2 if is_plural else 1]
    if texts and texts[0] and (not is_plural or (len(texts) == 2 and texts[1])):
        yield Message(context, texts[0], texts[1] if is_plural else None)
