"""Text to search terms: characters and character pairs of Chinese, whole runs of latin letters and digits.

Hides Unicode normalisation and keeps positions, so that a term can be pointed at in the text it came from.
No dictionary is needed, new words cost nothing, and measured on Chinese abstracts this beats word segmentation
(see docs/matching.md).
"""

import re
import unicodedata
from dataclasses import dataclass

# A run is either Chinese characters (group 1) or letters and digits of any other script; everything else separates.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"([{_HAN}]+)|[^\\W_{_HAN}]+")
_LONGEST_TERM = 255


@dataclass(frozen=True)
class Span:
    """One term and where it stands in the normalised text: `text[start:end]`."""

    term: str
    start: int
    end: int


def normalise(text: str) -> str:
    """NFKC form for showing: full-width letters and compatibility signs become plain ones; case is kept."""
    return unicodedata.normalize("NFKC", text)


def fold(shown: str) -> str:
    """Lower-case a normalised text without changing its length, so positions stay valid."""
    lowered = shown.lower()
    if len(lowered) == len(shown):
        return lowered
    return "".join(small if len(small := char.lower()) == 1 else char for char in shown)


def terms(text: str) -> list[str]:
    """Terms of a text in order: for each Chinese run its characters, then its pairs; each other run whole.

    >>> terms("压电陶瓷 PZT-5H")
    ['压', '电', '陶', '瓷', '压电', '电陶', '陶瓷', 'pzt', '5h']
    """
    found: list[str] = []
    for match in _RUNS.finditer(fold(normalise(text))):
        run = match.group()
        if match.lastindex:
            found.extend(run)
            found.extend([run[i : i + 2] for i in range(len(run) - 1)])
        else:
            found.append(run[:_LONGEST_TERM])
    return found


def spans(shown: str) -> list[Span]:
    """The same terms as `terms`, each with its position in `shown` (a text already normalised)."""
    found: list[Span] = []
    for match in _RUNS.finditer(fold(shown)):
        run, start = match.group(), match.start()
        if match.lastindex:
            found.extend(Span(char, start + i, start + i + 1) for i, char in enumerate(run))
            found.extend(Span(run[i : i + 2], start + i, start + i + 2) for i in range(len(run) - 1))
        else:
            found.append(Span(run[:_LONGEST_TERM], start, match.end()))
    return found


def is_word(term: str) -> bool:
    """Whether a term is a whole run of letters and digits, not Chinese characters."""
    match = _RUNS.match(term)
    return match is not None and match.lastindex is None


def whole_word(term: str) -> re.Pattern[str]:
    """Pattern that finds such a run only where it stands whole, as in `terms`."""
    part_of_run = f"[^\\W_{_HAN}]"
    return re.compile(f"(?<!{part_of_run}){re.escape(term)}(?!{part_of_run})")
