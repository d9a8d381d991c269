"""Words (检索词): how texts and queries are cut, so that any piece of Chinese text is found exactly and Latin and digit runs as wholes.

A run of Chinese characters becomes its overlapping pairs and its last character ("柯桥区" → 柯桥, 桥区, 区). A query of two characters
is then one token, a longer one a phrase of pairs, and a single character the beginning of a pair; all exact substring matches.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Runs of letters and digits of spaced scripts, or of characters of scripts written without spaces.
UNSPACED = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"(?P<dense>[{UNSPACED}]+)|[^\W_{UNSPACED}]+")
PIECE = re.compile(r"[^\W_]+")
LONGEST = 12_000  # characters of one row that are indexed
MOST_WORDS = 12


@dataclass(frozen=True)
class Word:
    """Tokens that must follow one another; the last one may be only the beginning of a token. `text` is for highlighting."""

    text: str
    tokens: tuple[str, ...]
    open_ended: bool


def fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def tokens(text: str) -> list[str]:
    """The tokens of a text to be indexed, in order."""
    found: list[str] = []
    for run in RUN.finditer(fold(text[:LONGEST])):
        piece = run.group()
        if run.lastgroup == "dense":
            found += map("".join, pairwise(piece))
            found.append(piece[-1])
        else:
            found.append(piece[:60])
    return found


def words(text: str) -> list[Word]:
    """What a query asks for: every word must be found. Blanks and punctuation part words."""
    found = [word for piece in PIECE.findall(fold(text[:200])) if (word := _word(piece)).tokens]
    return list(dict.fromkeys(found))[:MOST_WORDS]


def _word(piece: str) -> Word:
    found = tokens(piece)
    runs = list(RUN.finditer(piece))
    if runs and runs[-1].lastgroup == "dense" and len(runs[-1].group()) > 1:
        return Word(piece, tuple(found[:-1]), False)
    return Word(piece, tuple(found), True)


def segments(text: str, asked: Sequence[Word]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether a query word stands there: for highlighting."""
    folded, places = _folded_with_places(text)
    marked = [False] * len(text)
    for word in asked:
        for start in _occurrences(folded, word.text):
            for place in range(places[start], places[start + len(word.text) - 1] + 1):
                marked[place] = True
    found: list[tuple[str, bool]] = []
    for character, is_hit in zip(text, marked, strict=True):
        if found and found[-1][1] == is_hit:
            found[-1] = (found[-1][0] + character, is_hit)
        else:
            found.append((character, is_hit))
    return found


def excerpt(text: str, asked: Sequence[Word], length: int = 90) -> str:
    """The part of the text around the first word found; the beginning where there is none."""
    folded, places = _folded_with_places(text)
    starts = [start for word in asked if (start := folded.find(word.text)) >= 0]
    first = places[min(starts)] if starts else 0
    begin = max(0, first - length // 4) if len(text) > length else 0
    piece = text[begin : begin + length]
    return ("…" if begin else "") + piece + ("…" if begin + length < len(text) else "")


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in the original: folding may change lengths."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for piece in fold(character):
            folded.append(piece)
            places.append(place)
    return "".join(folded), places


def _occurrences(text: str, piece: str) -> Iterator[int]:
    start = text.find(piece)
    while start >= 0:
        yield start
        start = text.find(piece, start + 1)
