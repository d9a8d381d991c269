"""The document model between templates and writers: plain frozen blocks, every printed figure an object of its own."""

from dataclasses import dataclass
from decimal import Decimal

from keqiao.engines.reports.figures import Source


@dataclass(frozen=True)
class PrintedFigure:
    """One figure as it stands in the text. `id` is unique in the document and names its bookmark.

    `unit` is the printed aspect's own (% for a growth rate), `base_unit` the figure's; `inputs` are the exact numbers it follows from.
    """

    id: str
    key: str
    figure: str
    aspect: str
    name: str
    subject: str
    period: str
    text: str
    value: Decimal
    unit: str
    base_unit: str
    decimals: int | None
    inputs: tuple[tuple[str, str], ...]
    source: Source


@dataclass(frozen=True)
class Run:
    text: str
    figure: str = ""


@dataclass(frozen=True)
class Heading:
    level: int
    number: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    runs: tuple[Run, ...]
    role: str = "body"

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Table:
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Run, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Bars, one group per label; `alt` says the same in words."""

    caption: str
    alt: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[Decimal | None, ...]], ...]
    unit: str


Block = Heading | Paragraph | Table | Chart


@dataclass(frozen=True)
class Omission:
    """A sentence or clause that was not written, and why: shown to the author, never silently lost."""

    section: str
    text: str
    reason: str


@dataclass(frozen=True)
class Document:
    """A rendered report. `figures` are in order of appearance; `template` is name@version."""

    title: str
    template: str
    organ: str
    date: str
    blocks: tuple[Block, ...]
    figures: tuple[PrintedFigure, ...]
    omitted: tuple[Omission, ...] = ()

    def figure(self, id_: str) -> PrintedFigure:
        return next(f for f in self.figures if f.id == id_)
