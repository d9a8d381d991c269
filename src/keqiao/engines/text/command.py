"""`keqiao text read|clean|facts`: the text engine on files."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from keqiao.engines.text.cleaning import Cleaned, clean
from keqiao.engines.text.documents import UnknownKind, decode, import_bytes, import_file
from keqiao.engines.text.docx_reader import NotWord
from keqiao.engines.text.facts import Fact, extract_facts
from keqiao.engines.text.segment import find_headings, split_articles


def main(argv: Sequence[str]) -> int:
    """0 done, 1 the input cannot be read, 2 the call is wrong."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code == 0 else 2
    try:
        return int(options.run(options))
    except (UnknownKind, NotWord, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keqiao text", description="Read work reports: clean them, split them, extract figures."
    )
    commands = parser.add_subparsers(required=True, metavar="{read,clean,facts}")
    read = commands.add_parser("read", help="a file into articles.json: id, title, raw, clean, headings, guesses")
    read.add_argument("file", type=Path)
    read.add_argument("--out", type=Path, required=True, help="folder for articles.json")
    read.set_defaults(run=_read)
    cleaning = commands.add_parser("clean", help="clean text to standard output; guesses to standard error")
    cleaning.add_argument("file", help="a file, or - for standard input")
    cleaning.add_argument("--guesses", type=Path, help="write the guesses to this file as JSON lines")
    cleaning.set_defaults(run=_clean)
    facts = commands.add_parser("facts", help="figures as JSON lines, offsets into the clean text")
    facts.add_argument("file", type=Path, help="a document, or articles.json of `text read`")
    facts.add_argument("--out", type=Path, required=True)
    facts.set_defaults(run=_facts)
    return parser


def articles_of(cleaned: Cleaned) -> list[dict[str, object]]:
    """The articles of a cleaned page, each with offsets of its own."""
    found: list[dict[str, object]] = []
    for article in split_articles(cleaned.text):
        text = cleaned.text[article.start : article.end].rstrip("\n")
        end = article.start + len(text)
        raw_start = cleaned.offsets[article.start] if text else 0
        raw_end = cleaned.offsets[end] if end < len(cleaned.offsets) else len(cleaned.raw)
        guesses = [g for g in cleaned.guesses if article.start <= g.start < end]
        found.append(
            {
                "id": article.id, "title": article.title, "raw": cleaned.raw[raw_start:raw_end], "clean": text,
                "headings": [{"start": h.start, "end": h.end, "heading": h.text, "level": h.level} for h in find_headings(text)],
                "guesses": [
                    {"start": g.start - article.start, "end": g.end - article.start, "text": g.text, "reason": g.reason}
                    for g in guesses
                ],
            }
        )  # fmt: skip
    return found


def _read(options: argparse.Namespace) -> int:
    cleaned = clean(import_file(options.file).text)
    options.out.mkdir(parents=True, exist_ok=True)
    articles = articles_of(cleaned)
    target = options.out / "articles.json"
    target.write_text(json.dumps({"articles": articles}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(articles)} articles, {len(cleaned.guesses)} guesses", file=sys.stderr)
    return 0


def _clean(options: argparse.Namespace) -> int:
    data = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    is_document = (
        data[:4] == b"PK\x03\x04" or data[:5] == b"%PDF-" or str(options.file).lower().endswith((".html", ".htm"))
    )
    text = import_bytes(data, options.file).text if is_document else decode(data)[0]
    cleaned = clean(text)
    if cleaned.text == text and not is_document:
        sys.stdout.buffer.write(data)
    else:
        sys.stdout.buffer.write(cleaned.text.encode("utf-8"))
    sys.stdout.buffer.flush()
    lines = [
        json.dumps(
            {"start": g.start, "end": g.end, "text": g.text, "reason": g.reason, "raw_start": g.raw_start},
            ensure_ascii=False,
        )
        for g in cleaned.guesses
    ]
    if options.guesses:
        options.guesses.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    else:
        for line in lines:
            print(line, file=sys.stderr)
    return 0


def _articles(path: Path) -> list[tuple[str, str]]:
    """(id, clean text) of a document or of articles.json."""
    if path.suffix.lower() == ".json":
        data = json.loads(path.read_text(encoding="utf-8"))
        entries = data.get("articles") if isinstance(data, dict) else data
        if not isinstance(entries, list) or not all(isinstance(e, dict) and "clean" in e for e in entries):
            raise ValueError(f"X101 {path}: no articles with “clean” text; make the file with `keqiao text read`")
        return [(str(e.get("id", i + 1)), str(e["clean"])) for i, e in enumerate(entries)]
    return [(str(a["id"]), str(a["clean"])) for a in articles_of(clean(import_file(path).text))]


def fact_record(fact: Fact) -> dict[str, object]:
    """One line of FACTS.jsonl."""
    record: dict[str, object] = {
        "article": fact.article, "sentence": fact.sentence, "span": fact.span, "start": fact.start, "end": fact.end,
        "value": _number(fact.value), "unit": fact.unit, "status": fact.status, "measure": fact.measure, "kind": fact.kind,
        "indicator": fact.indicator, "subject": fact.subject, "period": fact.period, "modifier": list(fact.modifier),
        "verb": fact.verb, "section": fact.section,
    }  # fmt: skip
    if fact.value_max is not None:
        record["value_max"] = _number(fact.value_max)
    if fact.part_of is not None:
        record["part_of"] = fact.part_of
    if not fact.is_known_unit:
        record["unit_unknown"] = True
    return record


def _number(value: Decimal | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _facts(options: argparse.Namespace) -> int:
    count = 0
    with options.out.open("w", encoding="utf-8") as out:
        for fact in _all_facts(options.file):
            out.write(json.dumps(fact_record(fact), ensure_ascii=False) + "\n")
            count += 1
    print(f"{options.out}: {count} figures", file=sys.stderr)
    return 0


def _all_facts(path: Path) -> Iterator[Fact]:
    for article, text in _articles(path):
        yield from extract_facts(text, article)
