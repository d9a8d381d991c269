"""Dice: repeatable chance. Hides that every table draws from its own stream, so that adding to one leaves the others as they were."""

import datetime
import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice(random.Random):
    """A random stream named by seed and purpose: `Dice(7, "patents")` gives the same draws on every machine."""

    def __init__(self, seed: int, purpose: str) -> None:
        super().__init__(f"{seed}:{purpose}")

    def __new__(cls, seed: int, purpose: str) -> "Dice":
        return super().__new__(cls)

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def weighted(self, weights: Mapping[T, float]) -> T:
        return self.choices(list(weights), list(weights.values()))[0]

    def pick(self, things: Sequence[T], count: int) -> list[T]:
        """`count` different things, or all where there are fewer."""
        return self.sample(things, min(count, len(things)))

    def lognormal(self, median: float, sigma: float) -> float:
        return median * math.exp(self.gauss(0, sigma))

    def poisson(self, mean: float) -> int:
        """Knuth's method; means here are small."""
        limit, product, count = math.exp(-min(mean, 500)), self.random(), 0
        while product > limit:
            product *= self.random()
            count += 1
        return count

    def day(self, first: datetime.date, last: datetime.date) -> datetime.date:
        """A day from `first` to `last`, both included."""
        return first + datetime.timedelta(days=self.randint(0, max((last - first).days, 0)))


def years_later(day: datetime.date, years: int) -> datetime.date:
    """The same day `years` later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)
