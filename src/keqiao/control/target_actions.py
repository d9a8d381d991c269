"""Writes of the target workbench: save a split, propose next year's targets, negotiate. Every one leaves its trace."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from keqiao.control import actions, facts, splitting
from keqiao.control.models import Target, TargetNote
from keqiao.core import audit
from keqiao.core.act import Act
from keqiao.core.models import OrgUnit, Snapshot
from keqiao.core.records.problems import InvalidError, Problem
from keqiao.engines import indicators as engine


def save_split(one: engine.Definition, unit: OrgUnit, year: int, found: splitting.Split, act: Act) -> list[Target]:
    """The unit's total and the parts below it, all or none; locked parts stay locked. Parts of 0 of units without a base are left out."""
    act.need("targets.set")
    if not found.feasible:
        raise InvalidError(
            [
                Problem(
                    "infeasible", _("分解不可行"), _("请调整上下限或锁定值"), "total", _("目标值"), str(found.shortfall)
                )
            ]
        )
    with transaction.atomic():
        _unlock(one.id, [part.unit for part in found.parts], year)
        kept = [actions.set_target(one.id, unit, year, found.total, act)]
        for part in found.parts:
            value = part.amount if part.amount or part.base else None
            row = actions.set_target(one.id, part.unit, year, value, act)
            if row and row.is_locked != part.limits.is_locked:
                row.is_locked = part.limits.is_locked
                row.save(update_fields=["is_locked"])
            kept.append(row)
    return [row for row in kept if row]


def _unlock(indicator: str, units: Sequence[OrgUnit], year: int) -> None:
    """The form shows every lock; one that was taken off there, or its value changed, is off before the new value is written."""
    Target.objects.filter(indicator=indicator, org_unit__in=units, year=year, is_locked=True).update(is_locked=False)


def propose(unit: OrgUnit, year: int, snapshot: Snapshot, act: Act) -> list[Target]:
    """Drafts for a year from the year before: each indicator that had a target keeps its usual growth, and totals are split below by
    last year's value. What is already set for the year stays."""
    act.need("targets.set")
    children = list(OrgUnit.objects.filter(parent=unit).valid_on(snapshot.as_of).exclude(level="park").order_by("code"))
    before, held = facts.targets(year - 1, [unit, *children]), facts.targets(year, [unit, *children])
    source = _("按近年增速推算的建议目标")
    made: list[Target | None] = []
    with transaction.atomic():
        for one in facts.current():
            had = [target.value for (key, _place), target in before.items() if key == one.id]
            if (one.id, unit.pk) not in before or any(key == one.id for key, _place in held):
                continue
            step = splitting.step_of(had)
            past = splitting.history(one, [unit, *children], year, snapshot)
            if unit.pk not in past:
                continue
            total = splitting.next_year(one, past[unit.pk], step)
            made.append(actions.set_target(one.id, unit, year, total, act, source=source))
            for place, value in _parts(one, total, step, children, past).items():
                made.append(actions.set_target(one.id, place, year, value, act, source=source))
    return [row for row in made if row]


def _parts(
    one: engine.Definition, total: Decimal, step: Decimal, children: list[OrgUnit], past: dict[int, engine.Past]
) -> dict[OrgUnit, Decimal]:
    known = [child for child in children if child.pk in past]
    if not known:
        return {}
    if not splitting.is_additive(one):
        return {child: splitting.next_year(one, past[child.pk], step) for child in known}
    found = splitting.split(total, step, "base", known, past, {})
    return {part.unit: part.amount for part in found.parts if part.amount is not None}


def note(target: Target, text: str, asked: Decimal | None, act: Act) -> TargetNote:
    """A unit's word on its own target, for which it needs no right to set targets; the target is then under negotiation until published again."""
    act.need("cockpit.view")
    if not text:
        raise InvalidError([Problem("text_needed", _("请写明意见"), _("说明理由，可附建议值"), "text", _("意见"))])
    with transaction.atomic():
        row = TargetNote.objects.create(target=target, text=text[:300], asked=asked, written_by=act.actor)
        if target.stage == Target.Stage.DRAFT:
            target.stage = Target.Stage.NEGOTIATING
            target.save(update_fields=["stage"])
        after = {"text": row.text, "asked": None if asked is None else str(asked)}
        audit.record(act, audit.Trace("negotiate", "target", str(target.pk), str(target), after=after))
    return row


def answer(row: TargetNote, text: str, act: Act) -> TargetNote:
    """The upper unit's answer; changing the target itself is a target write of its own."""
    act.need("targets.set")
    if not text:
        raise InvalidError([Problem("text_needed", _("请写明答复"), _("说明采纳或不采纳的理由"), "text", _("答复"))])
    with transaction.atomic():
        row.answer, row.answered_by = text[:300], act.actor
        row.save(update_fields=["answer", "answered_by"])
        audit.record(
            act, audit.Trace("answer", "target", str(row.target_id), str(row.target), after={"answer": row.answer})
        )
    return row
