"""`keqiao report check|annual|brief|…|verify|templates`: the report engine on files."""

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from keqiao.engines.reports.check import Finding, check_draft
from keqiao.engines.reports.docx_marks import add_comments, marks_of
from keqiao.engines.reports.docx_writer import to_docx
from keqiao.engines.reports.figures import figures_from_json
from keqiao.engines.reports.html_writer import to_html
from keqiao.engines.reports.ledger import load_ledger
from keqiao.engines.reports.manifest import NoManifest, verify
from keqiao.engines.reports.pdf import NoConverter, to_pdf
from keqiao.engines.reports.render import MissingParameter, render
from keqiao.engines.reports.template import TemplateError, load_template
from keqiao.engines.text import NotWord, UnknownKind, clean, import_bytes

KINDS = ("annual", "brief", "appraisal", "checkup", "topic")
PACK = Path("packs/national/reports")


def main(argv: Sequence[str]) -> int:
    """0 done, 1 the input has errors (or a figure does not verify), 2 the call is wrong."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code == 0 else 2
    try:
        return int(options.run(options))
    except (
        UnknownKind,
        NotWord,
        NoManifest,
        NoConverter,
        MissingParameter,
        TemplateError,
        OSError,
        ValueError,
    ) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keqiao report", description="Write reports from figures; check drafts and written reports."
    )
    commands = parser.add_subparsers(required=True, metavar="{check,verify," + ",".join(KINDS) + "}")
    check = commands.add_parser("check", help="a draft against a ledger and against itself")
    check.add_argument("draft", type=Path)
    check.add_argument("--ledger", type=Path, required=True, help="JSON lines as `keqiao text facts` writes them")
    check.add_argument("--out", type=Path, required=True, help="findings as JSON lines")
    check.add_argument("--docx", type=Path, help="the draft with comments (draft must be .docx)")
    check.add_argument("--quiet", action="store_true", help="no progress")
    check.set_defaults(run=_check)
    verifying = commands.add_parser("verify", help="every figure of a written .docx against its list and a snapshot")
    verifying.add_argument("file", type=Path)
    verifying.add_argument("--snapshot", type=Path, help="figures as JSON: today's values")
    verifying.set_defaults(run=_verify)
    for kind in KINDS:
        writing = commands.add_parser(kind, help=f"write the {kind} report")
        writing.add_argument("--figures", type=Path, required=True, help="figures as JSON (docs/reports.md)")
        writing.add_argument("--template", type=Path, help=f"default: {PACK}/{kind}.yaml")
        writing.add_argument(
            "--set", action="append", default=[], metavar="NAME=TEXT", help="a parameter of the template"
        )
        writing.add_argument("--out", type=Path, required=True, help=".docx, .html or .pdf")
        writing.add_argument("--red-head", action="store_true", help="the organ's red head on page 1")
        writing.set_defaults(run=_write, kind=kind)
    return parser


def _check(options: argparse.Namespace) -> int:
    data = options.draft.read_bytes()
    imported = import_bytes(data, options.draft.name)
    if options.docx and imported.kind != "docx":
        raise ValueError("R301 --docx needs a .docx draft: comments can only be written into a Word file")
    cleaned = clean(imported.text)
    with options.ledger.open(encoding="utf-8") as lines:
        ledger = load_ledger(lines)
    progress = None if options.quiet or (not sys.stderr.isatty() and imported.kind != "docx") else _progress
    findings = check_draft(cleaned.text, ledger, progress)
    options.out.write_text(
        "".join(json.dumps(finding_record(f), ensure_ascii=False) + "\n" for f in findings), encoding="utf-8"
    )
    if options.docx:
        options.docx.write_bytes(add_comments(data, imported.paragraphs, marks_of(findings, cleaned)))
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.verdict] = counts.get(finding.verdict, 0) + 1
    print(f"{len(findings)} figures: " + ", ".join(f"{v} {n}" for v, n in sorted(counts.items())), file=sys.stderr)
    return 0


def _progress(done: int, total: int) -> None:
    step = max(1, total // 20)
    if done % step == 0 or done == total:
        print(f"checked {done}/{total} sentences", file=sys.stderr)


def finding_record(finding: Finding) -> dict[str, object]:
    """One line of RESULT.jsonl."""
    record: dict[str, object] = {
        "span": finding.span, "start": finding.start, "end": finding.end, "verdict": finding.verdict, "reason": finding.reason,
        "sentence": finding.sentence,
    }  # fmt: skip
    if finding.ledger_value is not None:
        value = finding.ledger_value
        record["ledger_value"] = int(value) if value == value.to_integral_value() else float(value)
        record["ledger_unit"] = finding.ledger_unit
        record["ledger_id"] = finding.ledger_id
        record["ledger_sentence"] = finding.ledger_sentence
    if finding.indicator:
        record["indicator"] = finding.indicator
    if finding.inconsistent:
        record["inconsistent"] = list(finding.inconsistent)
    return record


def _verify(options: argparse.Namespace) -> int:
    snapshot = None
    if options.snapshot:
        known = figures_from_json(json.loads(options.snapshot.read_text(encoding="utf-8"), parse_float=Decimal))
        snapshot = {**known, **{f.id: f for f in known.values()}}
    verdicts = verify(options.file.read_bytes(), snapshot)
    wrong = [v for v in verdicts if v.state != "equal"]
    for verdict in wrong:
        print(f"{verdict.id} {verdict.name} {verdict.printed}: {verdict.state} – {verdict.reason}")
    print(
        f"{len(verdicts) - len(wrong)} of {len(verdicts)} figures verified"
        + ("" if snapshot else " (no snapshot given: text and arithmetic only)")
    )
    return 1 if wrong else 0


def _write(options: argparse.Namespace) -> int:
    data = json.loads(options.figures.read_text(encoding="utf-8"), parse_float=Decimal)
    parameters = {str(k): str(v) for k, v in (data.get("parameters") or {}).items()} if isinstance(data, dict) else {}
    for item in options.set:
        name, separator, text = item.partition("=")
        if not separator:
            print(f"--set {item}: write NAME=TEXT", file=sys.stderr)
            return 2
        parameters[name] = text
    records = data.get("records") or {} if isinstance(data, dict) else {}
    template = load_template(
        options.template or PACK / f"{'topic_query' if options.kind == 'topic' else options.kind}.yaml"
    )
    document = render(template, figures_from_json(data), parameters, records)
    suffix = options.out.suffix.lower()
    if suffix == ".html":
        options.out.write_text(to_html(document), encoding="utf-8")
    elif suffix in (".docx", ".pdf"):
        content = to_docx(document, red_head=options.red_head, appendix=template.appendix)
        options.out.write_bytes(to_pdf(content) if suffix == ".pdf" else content)
    else:
        print(f"--out {options.out}: .docx, .html or .pdf", file=sys.stderr)
        return 2
    for omission in document.omitted:
        print(f"left out in {omission.section}: {omission.text[:40]} – {omission.reason}", file=sys.stderr)
    print(
        f"{options.out}: {len(document.figures)} figures, {len(document.omitted)} sentences or clauses left out",
        file=sys.stderr,
    )
    return 0
