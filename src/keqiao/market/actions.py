"""The market's writes: what was recommended, what came of it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.core import audit
from keqiao.core.act import Act
from keqiao.core.records.declare import register_of
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.market.candidates import Candidate
from keqiao.market.models import MatchEvent

STAGES = [stage.value for stage in MatchEvent.Stage]


def show(demand: Any, candidates: Iterable[Candidate], act: Act, matcher: str) -> int:
    """Keeps what was recommended, once per pair, with the reason it was recommended for."""
    known = set(
        MatchEvent.objects.filter(demand=demand, stage=MatchEvent.Stage.SHOWN).values_list(
            "candidate_register", "candidate_id"
        )
    )
    fresh = [
        MatchEvent(
            demand=demand,
            candidate_register=one.register,
            candidate_id=one.row.pk,
            stage=MatchEvent.Stage.SHOWN,
            matcher=matcher,
            rank=one.rank,
            reason=one.reason,
            recorded_by=act.actor,
        )
        for one in candidates
        if (one.register, one.row.pk) not in known
    ]
    MatchEvent.objects.bulk_create(fresh)
    return len(fresh)


def follow(
    demand: Any,
    candidate: Any,
    act: Act,
    *,
    stage: str = "",
    answer: str = "",
    note: str = "",
    broker: Any = None,
    amount: Decimal | None = None,
) -> MatchEvent:
    """Records a step (contact, talk, intent, deal) or a coded answer. Who may change the demand, and brokers, may record it."""
    if not act.actor or not _may_follow(act, demand):
        act.need("change", demand)
    problems = []
    if stage and stage not in STAGES:
        problems.append(Problem("unknown_stage", _("没有这个阶段"), _("请从列表中选择"), "stage", _("阶段"), stage))
    if answer and answer not in dict(MatchEvent._meta.get_field("answer").choices or ()):
        problems.append(Problem("unknown_answer", _("没有这个答复"), _("请从列表中选择"), "answer", _("答复"), answer))
    if not stage and not answer:
        problems.append(Problem("nothing_said", _("请选择进展或答复"), "", "stage", _("阶段")))
    if problems:
        raise InvalidError(problems)
    register = register_of(candidate)
    last = (
        MatchEvent.objects.filter(demand=demand, candidate_register=register.key, candidate_id=candidate.pk)
        .order_by("-at")
        .first()
    )
    with transaction.atomic():
        event = MatchEvent.objects.create(
            demand=demand,
            candidate_register=register.key,
            candidate_id=candidate.pk,
            stage=stage,
            answer=answer,
            note=note[:300],
            matcher=last.matcher if last else "manual",
            broker=broker or (last.broker if last else None),
            amount=amount,
            recorded_by=act.actor,
        )
        after = {"stage": stage, "answer": answer, "candidate": f"{register.key}:{candidate.pk}", "note": note}
        audit.record(
            act,
            audit.Trace(
                "follow", "demand", str(demand.pk), demand.name, register_of(demand).subject_of(demand), after=after
            ),
        )
    return event


def _may_follow(act: Act, demand: Any) -> bool:
    from keqiao.core import access

    return bool(access.may(act.actor, "deals.broker")) and bool(access.may(act.actor, "view", demand))
