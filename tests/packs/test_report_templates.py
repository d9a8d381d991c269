"""Every report template of every pack renders its own example; every figure it prints verifies against that example."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keqiao.engines.reports import (
    Document,
    Paragraph,
    Table,
    figures_from_json,
    load_template,
    render,
    to_docx,
    to_html,
    verify,
)

ROOT = Path(__file__).resolve().parents[2] / "packs"
TEMPLATES = sorted(ROOT.glob("*/reports/*.yaml"))


def example(path: Path) -> dict[str, Any]:
    source = path.parents[1] / "examples" / "reports" / f"{path.stem}.json"
    assert source.exists(), f"{path.name} has no example: write {source.relative_to(ROOT)}"
    found: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


def rendered(path: Path) -> Document:
    data = example(path)
    return render(load_template(path), figures_from_json(data), data["parameters"], data.get("records"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_the_example_fills_the_whole_template(path: Path) -> None:
    document = rendered(path)
    lacking = [o for o in document.omitted if o.reason.startswith(("no value", "no records", "no figure"))]
    assert not lacking, lacking
    assert "{" not in to_html(document, charts=False)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_every_figure_verifies(path: Path) -> None:
    figures = figures_from_json(example(path))
    data = to_docx(rendered(path))
    assert {v.state for v in verify(data, figures)} == {"equal"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_no_digit_without_a_figure(path: Path) -> None:
    parameters = re.compile(
        "|".join(sorted(map(re.escape, example(path)["parameters"].values()), key=len, reverse=True))
    )
    for block in rendered(path).blocks:
        runs = (
            block.runs
            if isinstance(block, Paragraph)
            else [c for row in block.rows for c in row]
            if isinstance(block, Table)
            else []
        )
        records = isinstance(block, Table) and not any(run.figure for run in runs)
        for run in runs:
            assert run.figure or records or not re.search(r"\d", parameters.sub("", run.text)), run


def test_the_annual_report_is_a_report() -> None:
    document = rendered(ROOT / "national" / "reports" / "annual.yaml")
    assert len(document.figures) >= 60
    assert sum(getattr(b, "level", 0) in (1, 2) for b in document.blocks) >= 8


def test_templates_of_the_bureau_ask_for_declared_indicators() -> None:
    known = {p.stem for p in ROOT.glob("*/indicators/*.yaml")} | {p.stem for p in ROOT.glob("*/composites/*.yaml")}
    for name in ("annual", "brief", "appraisal"):
        keys = {key.partition("@")[0] for key in load_template(ROOT / "national" / "reports" / f"{name}.yaml").keys()}  # noqa: SIM118
        assert keys <= known, sorted(keys - known)
