"""Assignment: the proven optimum against brute force, every rule kept, clashes minimal, relaxations sufficient."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.match import AssignmentProblem, Balance, Conflict, Item, MatchError, Person, Rule, assign
from keqiao.engines.match.program import Model


def problem_of(seed, people=5, items=4, number=2, load=3, conflict=0.15, **more):
    chance = random.Random(seed)
    names, things = [f"p{i}" for i in range(people)], [f"i{i}" for i in range(items)]
    scores = {who: {what: round(chance.random(), 3) for what in things} for who in names}
    conflicts = tuple(
        Conflict(who, what, chance.choice(["same_unit", "co_author"]))
        for who in names
        for what in things
        if chance.random() < conflict
    )
    persons = tuple(Person(who, load, labels={"region": chance.choice("甲乙丙")}) for who in names)
    return AssignmentProblem(persons, tuple(Item(what, number) for what in things), scores, conflicts=conflicts, **more)


def best_by_trying(task):
    """(worst item, total) of the best assignment, by trying all; None when there is none."""
    banned = {(each.person, each.item) for each in task.conflicts}
    choices = []
    for item in task.items:
        able = [
            who for who in task.people if (who.id, item.id) not in banned and task.scores[who.id][item.id] >= task.floor
        ]
        groups = [
            group
            for group in itertools.combinations(able, item.number)
            if all(
                sum(who.labels[rule.label] == value for who in group) <= rule.at_most
                for rule in task.balances
                for value in "甲乙丙"
            )
            and all(pair[0] in [who.id for who in group] for pair in task.required if pair[1] == item.id)
        ]
        choices.append(groups)
    best = None
    for chosen in itertools.product(*choices):
        loads = {who.id: sum(who in group for group in chosen) for who in task.people}
        if all(who.minimum <= loads[who.id] <= who.load for who in task.people):
            sums = [
                sum(task.scores[who.id][item.id] for who in group)
                for item, group in zip(task.items, chosen, strict=True)
            ]
            value = (round(min(sums), 6), round(sum(sums), 6))
            best = value if best is None else max(best, value)
    return best


def violations(task, result):
    """Broken rules of a result, checked without the engine."""
    banned = {(each.person, each.item) for each in task.conflicts}
    for pair in result.pairs:
        if (pair.person, pair.item) in banned or task.scores[pair.person][pair.item] < task.floor:
            yield pair
    for who in task.people:
        if not who.minimum <= sum(pair.person == who.id for pair in result.pairs) <= who.load:
            yield who
    for item in task.items:
        team = [pair.person for pair in result.pairs if pair.item == item.id]
        if len(team) != item.number or len(set(team)) != item.number:
            yield item
        for rule in task.balances:
            regions = [who.labels[rule.label] for who in task.people if who.id in team]
            if any(regions.count(value) > rule.at_most for value in regions):
                yield rule
    yield from (pair for pair in task.required if not any((each.person, each.item) == pair for each in result.pairs))


@pytest.mark.parametrize("seed", range(12))
def test_is_the_proven_optimum_worst_item_first(seed):
    task = problem_of(seed, floor=0.05, balances=(Balance("region", 1),) if seed % 2 else ())
    expected, result = best_by_trying(task), assign(task)
    assert result.proven
    if expected is None:
        assert result.clash
        assert not result.pairs
    else:
        assert (result.worst, result.total) == pytest.approx(expected)
        assert list(violations(task, result)) == []


def test_without_fairness_only_the_total_counts():
    task = problem_of(3, conflict=0, fair=False)
    assert assign(task).total >= assign(replace(task, fair=True)).total - 1e-9
    assert assign(task).total == pytest.approx(assign(task).bound)


def test_minimum_loads_and_required_pairs_hold():
    task = problem_of(5, conflict=0.0, required=(("p0", "i0"),))
    task = replace(task, people=tuple(replace(who, minimum=1) for who in task.people))
    result = assign(task)
    assert list(violations(task, result)) == []
    assert (result.worst, result.total) == pytest.approx(best_by_trying(task))


def test_a_required_pair_in_conflict_is_a_clash_of_just_these_two():
    task = replace(problem_of(1, conflict=0), conflicts=(Conflict("p0", "i0", "declared"),), required=(("p0", "i0"),))
    assert set(assign(task).clash) == {Rule("conflict", "declared"), Rule("required", "p0→i0")}


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_clash_is_impossible_and_every_rule_in_it_is_needed(seed):
    task = problem_of(
        seed, people=3, items=4, number=2, load=2, conflict=0.2, floor=0.2, balances=(Balance("region", 1),)
    )
    result = assign(task)
    if result.pairs:
        assert list(violations(task, result)) == []
        return
    clash = frozenset(result.clash)

    def possible(rules):
        model = Model.of(task, rules)
        return model.solve(model.fit * 0, 10).chosen is not None

    assert not possible(clash)
    assert all(possible(clash - {rule}) for rule in clash)
    assert result.relaxation
    assert sum(change.cost for change in result.relaxation) > 0


def test_the_relaxation_is_the_cheapest_and_its_changes_suffice():
    task = AssignmentProblem(
        (Person("a", 1), Person("b", 1)),
        (Item("x", 1), Item("y", 1), Item("z", 1)),
        {who: dict.fromkeys("xyz", 0.5) for who in "ab"},
    )
    result = assign(task)
    assert {rule.kind for rule in result.clash} == {"number", "load"}
    assert [(change.rule.kind, change.amount, change.cost) for change in result.relaxation] == [("load", 1.0, 1.0)]
    wider = {change.rule.subject: int(change.amount) for change in result.relaxation}
    people = tuple(replace(who, load=who.load + wider.get(who.id, 0)) for who in task.people)
    assert len(assign(replace(task, people=people)).pairs) == 3


def test_wrong_problems_name_all_errors_at_once():
    task = AssignmentProblem(
        (Person("a", 1, 2), Person("a", 1)), (Item("x", -1),), {"a": {"x": 1.5}}, required=(("nobody", "x"),)
    )
    with pytest.raises(MatchError) as caught:
        assign(task)
    assert {each.code for each in caught.value.problems} == {
        "MATCH-DUPLICATE-ID",
        "MATCH-LOAD",
        "MATCH-ITEM-NUMBER",
        "MATCH-SCORE",
        "MATCH-UNKNOWN-ID",
    }


def test_nothing_to_assign_is_solved():
    assert assign(AssignmentProblem((Person("a", 1),), (), {})).proven
    assert assign(AssignmentProblem((), (Item("x", 1),), {})).clash == (Rule("number", "x"),)


@pytest.mark.slow
def test_a_thousand_random_problems_break_no_rule():
    for seed in range(1000):
        task = problem_of(seed, people=8, items=6, number=2, load=3, conflict=0.2, balances=(Balance("region", 1),))
        result = assign(task)
        assert result.clash or not list(violations(task, result))
