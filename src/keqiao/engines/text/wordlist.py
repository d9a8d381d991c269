"""Which two Chinese characters stand side by side in real words.

Hides where the evidence comes from: phrase tables of the installed pypinyin and OpenCC packages, a small list of the
words of government work reports, and the clean parts of the document itself. The restorer uses it to choose between
characters that fit the same bytes.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path

HANZI_FIRST, HANZI_LAST = "\u4e00", "\u9fff"


def is_hanzi(char: str) -> bool:
    return HANZI_FIRST <= char <= HANZI_LAST


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Words of two or more characters, simplified."""
    import opencc
    from pypinyin.constants import PHRASES_DICT

    words = {word for word in PHRASES_DICT if len(word) >= 2}
    phrases = Path(opencc.__file__).parent / "dictionary" / "STPhrases.txt"
    if phrases.exists():
        words |= {line.split("\t")[0] for line in phrases.read_text(encoding="utf-8").splitlines() if "\t" in line}
    own = Path(__file__).parent / "data" / "report_words.txt"
    words |= {word for line in own.read_text(encoding="utf-8").splitlines() if line[:1] != "#" for word in line.split()}
    return frozenset(words)


@lru_cache(maxsize=1)
def known_pairs() -> frozenset[str]:
    """Neighbouring characters inside known words."""
    return frozenset(word[i : i + 2] for word in known_words() for i in range(len(word) - 1))


@lru_cache(maxsize=1)
def report_pairs() -> frozenset[str]:
    own = Path(__file__).parent / "data" / "report_words.txt"
    words = [word for line in own.read_text(encoding="utf-8").splitlines() if line[:1] != "#" for word in line.split()]
    return frozenset(word[i : i + 2] for word in words for i in range(len(word) - 1))


class PairEvidence:
    """Scores a stretch of simplified text by how usual its neighbouring characters are."""

    def __init__(self, sample: str = "") -> None:
        self._seen: Counter[str] = Counter(
            sample[i : i + 2] for i in range(len(sample) - 1) if is_hanzi(sample[i]) and is_hanzi(sample[i + 1])
        )

    def pair(self, left: str, right: str) -> float:
        """0 for an unknown pair, up to 4 for one that is a word of reports and occurs in the document."""
        both = left + right
        score = 0.0
        if both in known_words():
            score += 1.5
        elif both in known_pairs():
            score += 0.7
        if both in report_pairs():
            score += 1.5
        seen = self._seen[both]
        return score + (min(2.0, 0.7 + 0.3 * seen) if seen else 0.0)

    def continuation(self, before: str, char: str) -> float:
        """How well `char` goes on after `before` (its last two characters count); two strangers in a row cost."""
        if not before or not (is_hanzi(char) and is_hanzi(before[-1])):
            return 0.0
        score = self.pair(before[-1], char)
        if len(before) > 1 and before[-2:] + char in known_words():
            score += 1.5
        return score if score else -0.6


@lru_cache(maxsize=30000)
def rarity(char: str) -> float:
    """0 for the 3,755 everyday characters and for punctuation, more for rarer ones (GB 2312 level 2, then the rest)."""
    if not is_hanzi(char):
        return 0.0
    try:
        first = char.encode("gb2312")[0]
    except UnicodeEncodeError:
        return 3.0
    return 0.0 if first < 0xD8 else 1.0
