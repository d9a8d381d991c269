"""The order of answers: what the words found, and what the corpus has taught about meaning (full mode)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """A document before it is read: its address in the store and the parts of its score."""

    address: Any
    score: float
    lexical: float
    semantic: float = 0.0
