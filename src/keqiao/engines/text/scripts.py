"""Traditional to simplified characters, one for one, so that offsets never move."""

from functools import lru_cache
from typing import Any

from keqiao.engines.text.wordlist import is_hanzi


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(maxsize=70000)
def simplify_char(char: str) -> str:
    if not is_hanzi(char):
        return char
    simple = str(_converter().convert(char))
    return simple if len(simple) == 1 else char


def simplify(text: str) -> str:
    """Same length as `text`: phrase rules of OpenCC where they keep the length, characters one by one where not."""
    lines = []
    for line in text.split("\n"):
        simple = str(_converter().convert(line))
        lines.append(simple if len(simple) == len(line) else "".join(map(simplify_char, line)))
    return "\n".join(lines)


def is_traditional(text: str) -> bool:
    """More than 2 % of the Chinese characters exist only in traditional script; a quoted name does not count."""
    hanzi = [c for c in text if is_hanzi(c)]
    if not hanzi:
        return False
    only = sum(1 for c in hanzi if not _in_gb2312(c) and simplify_char(c) != c)
    return only >= 2 and only > 0.02 * len(hanzi)


@lru_cache(maxsize=70000)
def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
