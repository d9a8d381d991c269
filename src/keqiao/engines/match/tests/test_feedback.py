"""Learning from answers: found where it is there, silent where it is not."""

import random

from keqiao.engines.match import AnsweredPair, learn_from_answers


def answers(demands, effect, seed=0):
    chance = random.Random(seed)
    made = []
    for demand in range(demands):
        for _ in range(6):
            score, same_industry = chance.random(), float(chance.random() < 0.5)
            good = chance.random() < 0.2 + 0.2 * score + effect * same_industry
            made.append(AnsweredPair(f"d{demand}", score, (same_industry, chance.random()), good))
    return made


def test_learns_a_strong_effect_and_says_by_how_much():
    correction = learn_from_answers(answers(200, 0.5))
    assert correction.low > 0
    assert correction.fact_weights[0] > 0.5 > abs(correction.fact_weights[1])
    assert correction.apply(0.5, (1.0, 0.0)) > correction.apply(0.5, (0.0, 0.0))


def test_stays_silent_without_effect_or_with_few_answers():
    assert [learn_from_answers(answers(60, 0.0, seed)) for seed in range(5)].count(None) >= 4
    assert learn_from_answers(answers(10, 0.5)) is None
    assert learn_from_answers([]) is None
