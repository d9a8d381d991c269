"""A rule as a readable page with its citations, and the facts catalogue as a list."""

from __future__ import annotations

from ..expressions import Let, Tree, show
from .catalogue import Grain
from .explain import clause_text
from .schema import Clause, Group, Rule

_WORDS = {
    "zh": {"all": "同时满足", "any": "满足其一", "at_least": "至少满足 {count} 项"},
    "en": {"all": "all of", "any": "any of", "at_least": "at least {count} of"},
}


def rule_text(rule: Rule, language: str = "zh") -> str:
    """The whole rule: basis, validity, conditions with article, score sheet, amount, parameters, and the banner of an unchecked version."""
    zh = language == "zh"
    name = rule.name if zh or not rule.english else rule.english
    until = rule.valid_until or ("长期" if zh else "open")
    lines = [f"{name}({rule.id})"]
    if rule.banner:
        lines.append(f"! {rule.banner if zh else 'This version has not been checked against the official text.'}")
    if rule.summary and zh:
        lines.append(rule.summary)
    lines.append(f"{'有效期' if zh else 'Valid'}:{rule.valid_from} ~ {until}")
    lines += [f"{'依据' if zh else 'Basis'}:{b.document} {b.title} {b.article}".rstrip() for b in rule.basis]
    if rule.require.members:
        lines.append(f"{'条件' if zh else 'Conditions'}:")
        lines += _group(rule.require, language, 1)
    if rule.score:
        lines += _score(rule, zh)
    if rule.amount:
        lines.append(
            f"{rule.amount.name if zh else 'Amount'}({rule.amount.unit}) = {show(rule.amount.tree, language)}"
            + _cited(rule.amount.cite)
        )
        lines += [f"  {name} = {show(_body(tree), language)}" for name, tree in rule.amount.lines]
    if rule.parameters:
        lines.append(f"{'参数' if zh else 'Parameters'}:")
        lines += [f"  {name}:{value}{_cited(cite)}" for name, value, cite in rule.parameters]
    if rule.note:
        lines.append(f"{'说明' if zh else 'Note'}:{rule.note}")
    return "\n".join(lines)


def _body(tree: Tree) -> Tree:
    return tree.body if isinstance(tree, Let) else tree


def _cited(cite: str) -> str:
    return f"({cite})" if cite else ""


def _group(group: Group, language: str, depth: int) -> list[str]:
    indent = "  " * depth
    heading = _WORDS[language][group.kind].format(count=group.count)
    lines = [f"{indent}{group.name + ':' if group.name else ''}{heading}"]
    for member in group.members:
        lines += (
            _group(member, language, depth + 1)
            if isinstance(member, Group)
            else [indent + "  - " + _clause(member, language)]
        )
    return lines


def _clause(clause: Clause, language: str) -> str:
    text = "得分达到合格线" if clause.key == "score" and language == "zh" else clause_text(clause, language)
    return f"{clause.name}:{text}{_cited(clause.cite)}"


def _score(rule: Rule, zh: bool) -> list[str]:
    sheet = rule.score
    if sheet is None:
        return []
    bar = f",合格 {sheet.operator} {sheet.bar}" if sheet.bar is not None else ""
    lines = [f"{'评分表' if zh else 'Score sheet'}(满分 {sheet.full}{bar}):"]
    names = dict(sheet.part_names)
    for item in sheet.items:
        lines.append(f"  {names.get(item.part, item.part)} · {item.name}:0~{item.most} 分{_cited(item.cite)}")
    lines += [f"  {name}:{bound} 分以上" for name, bound in sheet.grades]
    return lines


def catalogue_text(grain: Grain) -> str:
    """One fact per line: key, name, kind, unit, period, aliases, source or derivation."""
    lines = [f"{grain.name}({grain.key})"]
    for fact in grain.facts.values():
        field = fact.field
        origin = f"= {fact.derivation}" if fact.derivation else fact.source
        lines.append(
            "\t".join(
                [field.key, field.name, field.kind.value, field.unit, fact.period, "、".join(field.aliases), origin]
            )
        )
    return "\n".join(lines)
