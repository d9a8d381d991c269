"""Writing reports from figures, and checking drafts against them.

template = load_template(Path("packs/national/reports/annual.yaml"))
document = render(template, figures, {"unit": "…", "year": "2025", …})
to_docx(document); to_html(document); verify(data, snapshot)
"""

from keqiao.engines.reports.check import Finding, check_draft
from keqiao.engines.reports.document import (
    Chart,
    Document,
    Heading,
    Omission,
    Paragraph,
    PrintedFigure,
    Run,
    Table,
)
from keqiao.engines.reports.docx_marks import Mark, add_comments, marks_of
from keqiao.engines.reports.docx_writer import to_docx
from keqiao.engines.reports.figures import Figure, Source, figures_from_json, figures_to_json, format_amount
from keqiao.engines.reports.html_writer import to_html
from keqiao.engines.reports.ledger import LedgerEntry, load_ledger
from keqiao.engines.reports.manifest import NoManifest, Verdict, read_manifest, verify
from keqiao.engines.reports.pdf import NoConverter, to_pdf
from keqiao.engines.reports.render import MissingParameter, render
from keqiao.engines.reports.template import Template, TemplateError, load_template

__all__ = [
    "Chart",
    "Document",
    "Figure",
    "Finding",
    "Heading",
    "LedgerEntry",
    "Mark",
    "MissingParameter",
    "NoConverter",
    "NoManifest",
    "Omission",
    "Paragraph",
    "PrintedFigure",
    "Run",
    "Source",
    "Table",
    "Template",
    "TemplateError",
    "Verdict",
    "add_comments",
    "check_draft",
    "figures_from_json",
    "figures_to_json",
    "format_amount",
    "load_ledger",
    "load_template",
    "marks_of",
    "read_manifest",
    "render",
    "to_docx",
    "to_html",
    "to_pdf",
    "verify",
]
