"""The document as HTML for the workbench and published pages: every figure is a span that carries its id."""

from base64 import b64encode
from html import escape

from keqiao.engines.reports.charts import draw
from keqiao.engines.reports.document import Chart, Document, Heading, Paragraph, PrintedFigure, Run, Table


def to_html(document: Document, *, charts: bool = True) -> str:
    """An <article> without page frame, classes report-…; escaped. Figures: ``<span class="figure" data-figure-id="F0001" …>``."""
    figures = {f.id: f for f in document.figures}
    parts = [
        f'<article class="report" data-template="{escape(document.template)}">',
        f"<h1>{escape(document.title)}</h1>",
    ]
    for index, block in enumerate(document.blocks):
        if isinstance(block, Heading):
            tag = f"h{min(6, block.level + 1)}"
            parts.append(f'<{tag} id="section-{index}">{escape(block.number + block.text)}</{tag}>')
        elif isinstance(block, Paragraph):
            parts.append(f"<p>{_runs(block.runs, figures)}</p>")
        elif isinstance(block, Table):
            parts.append(_table(block, figures))
        else:
            parts.append(_chart(block, charts))
    parts.append("</article>")
    return "\n".join(parts)


def _runs(runs: tuple[Run, ...], figures: dict[str, PrintedFigure]) -> str:
    return "".join(_figure(run, figures[run.figure]) if run.figure else escape(run.text) for run in runs)


def _figure(run: Run, figure: PrintedFigure) -> str:
    return (
        f'<span class="figure" id="{figure.id}" data-figure-id="{figure.id}" data-figure-key="{escape(figure.key)}" '
        f'data-aspect="{figure.aspect}" tabindex="0">{escape(run.text)}</span>'
    )


def _table(table: Table, figures: dict[str, PrintedFigure]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_runs((cell,), figures)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return f'<table class="report-table"><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _chart(chart: Chart, with_image: bool) -> str:
    image = draw(chart) if with_image else None
    picture = ""
    if image is not None and image.png:
        picture = f'<img alt="{escape(chart.alt)}" src="data:image/png;base64,{b64encode(image.png).decode()}">'
    else:
        picture = f"<p>{escape(chart.alt)}</p>"
    return f'<figure class="report-chart">{picture}<figcaption>{escape(chart.caption)}</figcaption></figure>'
