"""Bar charts as PNG, with a Chinese font found on the machine. Without such a font there is no chart, and the reason is given."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from io import BytesIO

from keqiao.engines.reports.document import Chart
from keqiao.engines.reports.figures import MONEY_SCALES, MONEY_UNITS

FONT_NAMES = ("NotoSansCJK", "SourceHanSans", "NotoSansSC", "msyh", "simhei", "PingFang", "wqy-microhei", "wqy-zenhei", "NotoSerifCJK",
              "SourceHanSerif", "simsun", "ukai", "uming")  # fmt: skip
COLOURS = ("#a9b8cc", "#1f5f99", "#d98e2b")


@dataclass(frozen=True)
class Image:
    """`png` is empty when no chart could be drawn; `reason` then says why."""

    png: bytes
    reason: str = ""


@lru_cache(maxsize=1)
def chinese_font() -> str:
    """Path of an installed font with Chinese characters, '' when there is none."""
    from matplotlib import font_manager

    paths = sorted(font_manager.findSystemFonts())
    for name in FONT_NAMES:
        for path in paths:
            if name.lower() in path.lower().replace(" ", "") and "bold" not in path.lower():
                return path
    return ""


@lru_cache(maxsize=64)
def draw(chart: Chart) -> Image:
    """PNG of 1600 × 800 pixels at most; the same chart gives the same bytes on the same machine."""
    font_path = chinese_font()
    if not font_path:
        return Image(b"", "no font with Chinese characters is installed; install fonts-noto-cjk to get charts")
    from matplotlib.figure import Figure as Canvas
    from matplotlib.font_manager import FontProperties

    font = FontProperties(fname=font_path)
    scale, unit = _scale(chart)
    canvas = Canvas(figsize=(8, 4), dpi=200)
    axes = canvas.add_subplot()
    width = 0.8 / len(chart.series)
    for index, (name, values) in enumerate(chart.series):
        places = [i + (index - (len(chart.series) - 1) / 2) * width for i in range(len(chart.labels))]
        heights = [0.0 if v is None else float(v / scale) for v in values]
        bars = axes.bar(
            places, heights, width * 0.92, label=name, color=COLOURS[(index + (len(chart.series) == 1)) % 3]
        )
        texts = ["" if v is None else f"{float(v / scale):.4g}" for v in values]
        axes.bar_label(bars, texts, fontproperties=font, fontsize=8, padding=2)
    axes.set_xticks(
        range(len(chart.labels)), [_wrapped(label) for label in chart.labels], fontproperties=font, fontsize=9
    )
    axes.set_ylabel(unit, fontproperties=font)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.15)
    if len(chart.series) > 1:
        axes.legend(prop=font, frameon=False)
    canvas.tight_layout()
    buffer = BytesIO()
    canvas.savefig(buffer, format="png", metadata={"Software": None})
    return Image(buffer.getvalue())


def _scale(chart: Chart) -> tuple[Decimal, str]:
    if chart.unit not in MONEY_UNITS:
        return Decimal(1), chart.unit
    own = MONEY_UNITS[chart.unit]
    largest = max((abs(v) * own for _, values in chart.series for v in values if v is not None), default=Decimal(0))
    return next(((scale / own, name) for scale, name in MONEY_SCALES if largest >= scale), (1 / own, "元"))


def _wrapped(label: str, width: int = 7) -> str:
    return "\n".join(label[i : i + width] for i in range(0, len(label), width))
