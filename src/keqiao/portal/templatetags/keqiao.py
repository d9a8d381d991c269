"""Template tags of the whole product: icons, money, pieces of a row as the viewer may read it."""

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


def decimal(value: Any) -> Decimal:
    """Any of our numbers as a Decimal; a fraction to ten places, which is more than a page shows."""
    if isinstance(value, Fraction):
        return round(Decimal(value.numerator) / Decimal(value.denominator), 10)
    return Decimal(str(value))


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite (assets/icons.txt); decoration only, so hidden from screen readers."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def yuan(value: Any) -> str:
    """An amount in 元 as people read it: 万元 from ten thousand up, 亿元 from a hundred million up."""
    if value in (None, ""):
        return "—"
    amount = decimal(value)
    for size, unit in ((Decimal(10) ** 8, _("亿元")), (Decimal(10) ** 4, _("万元"))):
        if abs(amount) >= size:
            return f"{amount / size:,.2f} {unit}"
    return f"{amount:,.2f} {_('元')}"


@register.filter
def number(value: Any) -> str:
    """A number with thousands separators and no trailing zeros."""
    if value in (None, ""):
        return "—"
    text = f"{decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def number2(value: Any) -> str:
    """A number for reading: thousands separators, two decimals at most; all digits are behind the link."""
    if value in (None, ""):
        return ""
    return number(round(decimal(value), 2))


@register.filter
def percent(value: Any) -> str:
    """A share (0 to 1) in percent, one decimal."""
    return "" if value is None else f"{Decimal(str(value)) * 100:.1f}%"


@register.simple_tag
def chart(option: Any, identity: str, height: int = 300, label: str = "") -> SafeString:
    """An ECharts chart from an option as JSON data; a datum's `url` is where a click on it leads."""
    data = json.loads(json.dumps(option, default=str))
    return format_html(
        '{}<div class="kq-chart" data-chart="{}" style="height:{}px" role="img" aria-label="{}"></div>',
        json_script(data, identity),
        identity,
        height,
        label,
    )
