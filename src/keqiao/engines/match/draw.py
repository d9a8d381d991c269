"""A draw that anyone can re-run: the seed is promised before, opened after, and the order follows from a hash alone.

Hides nothing on purpose: `RERUN_SCRIPT` is the whole procedure in twenty lines of plain Python, to be published with
the result. Method: sort by SHA-256(seed, id), an idea of RFC 3797 (publicly verifiable selection).
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from keqiao.engines.match.documents import MatchError, problem

RERUN_SCRIPT = '''"""Re-run a published draw: python rerun_draw.py draw.json"""
import hashlib, json, sys

record = json.load(open(sys.argv[1], encoding="utf-8"))
candidates = sorted(record["candidates"])
listing = hashlib.sha256("\\n".join(candidates).encode()).hexdigest()
promise = hashlib.sha256((record["secret"] + "\\n" + listing).encode()).hexdigest()
seed = record["secret"] + "\\n" + record["public_value"] + "\\n" + listing
order = sorted(candidates, key=lambda who: hashlib.sha256((seed + "\\n" + who).encode()).hexdigest())
drawn = order[: record["number"]]
reserves = order[record["number"] : record["number"] + record["reserve_number"]]
same = (promise == record["promise"], drawn == record["drawn"], reserves == record["reserves"])
print("promise kept:", same[0], "| drawn as published:", same[1], "| reserves as published:", same[2])
sys.exit(0 if all(same) else 1)
'''


@dataclass(frozen=True)
class Promise:
    """What is published before the draw: the hash of the secret and of the list of candidates, both fixed by it."""

    promise: str
    listing: str


@dataclass(frozen=True)
class Draw:
    """A finished draw, complete enough to be re-run. `public_value` is a number nobody could know when the promise was
    made (say, a later lottery result); it keeps the office itself from choosing a convenient secret."""

    candidates: tuple[str, ...]
    number: int
    reserve_number: int
    secret: str
    public_value: str
    promise: str
    drawn: tuple[str, ...]
    reserves: tuple[str, ...]

    def to_json(self) -> str:
        """The record that `RERUN_SCRIPT` reads."""
        return json.dumps(self.__dict__, ensure_ascii=False, indent=1)


def promise(candidates: Sequence[str], secret: str) -> Promise:
    """The commitment to publish before the draw. Raises MatchError for repeated candidates or a short secret."""
    _check(candidates, secret)
    listing = hashlib.sha256("\n".join(sorted(candidates)).encode()).hexdigest()
    return Promise(hashlib.sha256(f"{secret}\n{listing}".encode()).hexdigest(), listing)


def draw(
    candidates: Sequence[str],
    number: int,
    secret: str,
    public_value: str,
    promised: str | None = None,
    reserve_number: int = 0,
) -> Draw:
    """Draw `number` and `reserve_number` reserves in order. Raises MatchError when the secret or the list is not the one
    promised, or there are too few candidates. The order in which candidates are given does not matter."""
    made = promise(candidates, secret)
    if promised is not None and not hmac.compare_digest(made.promise, promised):
        raise MatchError(
            [
                problem(
                    "MATCH-PROMISE",
                    "secret",
                    "…",
                    "secret or candidates differ from what was promised.",
                    "Use the secret and the list of the published promise.",
                )
            ]
        )
    if number < 1 or reserve_number < 0 or number + reserve_number > len(candidates):
        raise MatchError(
            [
                problem(
                    "MATCH-DRAW-NUMBER",
                    "number",
                    number,
                    f"there are {len(candidates)} candidates.",
                    "Draw at least one and at most all of them.",
                )
            ]
        )
    seed = f"{secret}\n{public_value}\n{made.listing}"
    order = sorted(candidates, key=lambda who: hashlib.sha256(f"{seed}\n{who}".encode()).hexdigest())
    chosen, reserves = order[:number], order[number : number + reserve_number]
    return Draw(
        tuple(sorted(candidates)),
        number,
        reserve_number,
        secret,
        public_value,
        made.promise,
        tuple(chosen),
        tuple(reserves),
    )


def _check(candidates: Sequence[str], secret: str) -> None:
    problems = []
    if len(set(candidates)) != len(candidates):
        twice = next(who for who in candidates if list(candidates).count(who) > 1)
        problems.append(problem("MATCH-DUPLICATE-ID", "candidates", twice, "stands twice.", "Name everyone once."))
    if any("\n" in who or not who for who in candidates):
        problems.append(problem("MATCH-NO-ID", "candidates", "", "an id is empty or has a line break.", "Correct it."))
    if len(secret) < 16:
        problems.append(
            problem(
                "MATCH-SECRET",
                "secret",
                "…",
                "a short secret can be guessed.",
                "Use at least 16 characters, e.g. from `keqiao match draw --new-secret`.",
            )
        )
    if problems:
        raise MatchError(problems)
