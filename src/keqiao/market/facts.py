"""Market rows as the engine's plain facts: the funnel's events."""

from collections.abc import Iterator
from typing import Any, cast

from keqiao.engines import match as engine
from keqiao.market.models import MatchEvent


def funnel_events(rows: Any = None) -> Iterator[engine.Event]:
    """All events (or the given ones) as the funnel counts them."""
    found = MatchEvent.objects.all() if rows is None else rows
    for row in found.select_related("demand", "broker").order_by("at").iterator(chunk_size=2000):
        yield engine.Event(
            pair=row.pair,
            at=row.at,
            stage=cast(Any, row.stage) if row.stage else None,
            answer=row.answer,
            matcher=row.matcher,
            broker=row.broker.name if row.broker else "",
            industry=row.demand.industry,
        )
