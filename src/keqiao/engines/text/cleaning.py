"""From the text as it came to clean simplified text, with the way back.

Hides the order of the filters. Text that is neither damaged nor traditional comes out byte for byte as it went in.
"""

from dataclasses import dataclass

from keqiao.engines.text.corruption import Guess, looks_corrupted, restore
from keqiao.engines.text.scripts import is_traditional, simplify


@dataclass(frozen=True)
class Cleaned:
    """``offsets[i]`` is the index in ``raw`` that ``text[i]`` comes from; every guess of the restorer is listed."""

    raw: str
    text: str
    offsets: tuple[int, ...]
    guesses: tuple[Guess, ...]
    corrupted: bool
    traditional: bool


def clean(raw: str, context: str | None = None) -> Cleaned:
    """Restore and simplify `raw`; `context` is the whole page when `raw` is a part of it."""
    page = raw if context is None else context
    corrupted = looks_corrupted(page)
    text, offsets, guesses = raw, tuple(range(len(raw))), ()  # type: tuple[str, tuple[int, ...], tuple[Guess, ...]]
    if corrupted:
        restored = restore(raw, page)
        text = restored.text.replace("{", "(").replace("}", ")")
        offsets, guesses = restored.offsets, restored.guesses
    traditional = is_traditional(text)
    if traditional:
        text = simplify(text)
    return Cleaned(raw, text, offsets, guesses, corrupted, traditional)
