"""Undoing the pinyin-bracket corruption of scraped pages.

Hides a byte-level model of what happened: the page was written in traditional characters, encoded as GBK, and then
(a) a table "character -> character(pinyin)" and (b) a pass turning full-width ， ； ？ into ASCII were applied to the
bytes without respecting character boundaries. The damage is therefore of four kinds:

* ``結(jié)``: the bracket stands where the table hit a whole character: drop it.
* ``當?shù)``: the table hit across a boundary. The last byte before, and one byte swallowed by ``?``, form the table's
  key; its reading names it. Everything after is shifted by one byte until a character with an ASCII trail byte.
* ``?,`` ``?;`` ``??``: the pass hit a trail byte A3 with a lead byte AC, BB or BF. The rest is restored exactly; the
  character that ended in A3 is chosen by context and reported as a guess.
* a shifted pair that GBK does not define vanished: two characters are rebuilt within the bytes that remain, a guess.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache

from keqiao.engines.text.scripts import simplify_char
from keqiao.engines.text.wordlist import PairEvidence, is_hanzi, rarity

TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹ", "aaaaeeeeiiiioooouuuuvvvvvnnn")
SYLLABLE = r"[a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹ]{1,6}"
BRACKET = re.compile(rf"[(（]({SYLLABLE})[)）]")
BROKEN_BRACKET = re.compile(rf"[?？]({SYLLABLE})[)）]")
LOST_LEAD = {",": 0xAC, "，": 0xAC, ";": 0xBB, "；": 0xBB, "?": 0xBF, "？": 0xBF}
BEAM = 40
LOST_CHAR_COST, DROP_COST, LITERAL_COST = 2.5, 3.2, 4.0


@dataclass(frozen=True)
class Guess:
    """One restored place that the bytes do not determine. Offsets are into the restored text."""

    start: int
    end: int
    text: str
    reason: str
    raw_start: int = 0


@dataclass(frozen=True)
class Restored:
    """``offsets[i]`` is the place in the damaged text that restored character i comes from."""

    text: str
    offsets: tuple[int, ...]
    guesses: tuple[Guess, ...]


@cache
def readings(char: str) -> frozenset[str]:
    """Readings without tone marks."""
    from pypinyin.constants import PINYIN_DICT

    return frozenset(r.translate(TONES) for r in PINYIN_DICT.get(ord(char), "").split(","))


def _is_reading_of(char: str, syllable: str) -> bool:
    return syllable.translate(TONES) in readings(char)


def _gbk(char: str) -> bytes:
    try:
        return char.encode("gbk")
    except UnicodeEncodeError:
        return b""


def _char(lead: int, trail: int) -> str:
    """The GBK character, or '' where GBK defines none."""
    try:
        char = bytes((lead, trail)).decode("gbk")
    except UnicodeDecodeError:
        return ""
    return char if len(char) == 1 else ""


def looks_corrupted(text: str) -> bool:
    """True when brackets with readings follow characters outside GB 2312: no clean simplified text has those.

    A lexicon or a lesson that prints pinyin in brackets has it after simplified characters and is left alone.
    """
    hits = plain = 0
    for match in BRACKET.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if before and is_hanzi(before) and _is_reading_of(before, match[1]):
            plain += 1
            hits += rarity(before) >= 3
    hits += sum(1 for m in BROKEN_BRACKET.finditer(text) if m[1].translate(TONES) != m[1])
    hanzi = sum(map(is_hanzi, text))
    return hits >= 1 and hits * 2 >= plain and hits >= 0.004 * hanzi


@lru_cache(maxsize=1)
def _chars_by_lead() -> dict[int, tuple[str, ...]]:
    table: dict[int, list[str]] = {}
    for lead in range(0x81, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0x80, 0xFF)):
            char = _char(lead, trail)
            if char and is_hanzi(char):
                table.setdefault(lead, []).append(char)
    return {lead: tuple(chars) for lead, chars in table.items()}


@lru_cache(maxsize=1)
def _ending_in_a3() -> tuple[str, ...]:
    """Characters whose GBK trail byte is A3, everyday ones first."""
    chars = [_char(lead, 0xA3) for lead in range(0x81, 0xFE)]
    usual = [c for c in chars if c and is_hanzi(c) and rarity(simplify_char(c)) < 1.0]
    return ("。", *usual)


@cache
def _dropped_fillings(lead: int, trail: int) -> tuple[tuple[str, str], ...]:
    """Character pairs (lead a)(b trail) whose middle bytes (a b) are no GBK character, everyday ones only."""
    found = []
    for a in (*range(0xA6, 0xB0), *range(0xF8, 0xFF)):
        first = _char(lead, a)
        if not first or rarity(simplify_char(first)) >= 1.0:
            continue
        for b in range(0x81, 0xFF):
            if _char(a, b):
                continue
            second = _char(b, trail)
            if second and rarity(simplify_char(second)) < 1.0:
                found.append((first, second))
    return tuple(found)


@cache
def _usual_with_reading(syllable: str) -> tuple[str, ...]:
    """Traditional forms of everyday characters with this reading."""
    every = (char for chars in _chars_by_lead().values() for char in chars)
    return tuple(c for c in every if rarity(c) >= 3 > 1 > rarity(simplify_char(c)) and syllable in readings(c))


@dataclass(frozen=True)
class _Token:
    text: str
    at: int
    kind: str  # "char", "broken" (?pinyin)), "lost" (?, ?; ??)
    syllable: str = ""


def _tokens(text: str) -> list[_Token]:
    found, i = [], 0
    while i < len(text):
        broken = BROKEN_BRACKET.match(text, i)
        bracket = BRACKET.match(text, i)
        before = text[i - 1] if i else ""
        if bracket and before and _bracket_is_pinyin(before, bracket[1]):
            i = bracket.end()
        elif broken:
            found.append(_Token(broken[0], i, "broken", broken[1]))
            i = broken.end()
        elif text[i] in "?？" and text[i + 1 : i + 2] in LOST_LEAD and i + 1 < len(text):
            found.append(_Token(text[i : i + 2], i, "lost"))
            i += 2
        else:
            found.append(_Token(text[i], i, "char"))
            i += 1
    return found


def _bracket_is_pinyin(before: str, syllable: str) -> bool:
    """A reading of the character before it, or, behind a letter or a stray character of a shifted run, a tone mark."""
    if is_hanzi(before):
        return _is_reading_of(before, syllable) or syllable.translate(TONES) != syllable
    return syllable.translate(TONES) != syllable


@dataclass(frozen=True)
class _Path:
    out: str = ""
    offsets: tuple[int, ...] = ()
    guesses: tuple[Guess, ...] = ()
    pending: int = 0  # lead byte waiting for its trail, 0 when aligned
    last_byte: int = 0
    score: float = 0.0
    simple: str = ""  # simplified form of the tail of `out`, for scoring


@dataclass
class _Restorer:
    evidence: PairEvidence
    keys: frozenset[str]
    paths: list[_Path] = field(default_factory=lambda: [_Path()])

    def emit(self, path: _Path, char: str, at: int, pending: int, cost: float = 0.0, reason: str = "") -> _Path:
        simple = simplify_char(char)
        gain = -cost - rarity(simple)
        gain += self.evidence.continuation(path.simple, simple)
        place = len(path.out)
        guesses = (*path.guesses, Guess(place, place + 1, simple, reason, at)) if reason else path.guesses
        encoded = _gbk(char)
        return _Path(
            path.out + char, (*path.offsets, at), guesses, pending,
            pending or (encoded[-1] if len(encoded) == 2 else 0), path.score + gain, (path.simple + simple)[-2:],
        )  # fmt: skip

    def step(self, path: _Path, token: _Token) -> list[_Path]:
        if token.kind == "broken":
            return self._broken(path, token)
        if token.kind == "lost":
            return self._lost(path, token)
        if not path.pending:
            return [self.emit(path, token.text, token.at, 0)]
        return self._shifted(path, token)

    def _keys_for(self, last_byte: int, syllable: str) -> list[tuple[str, float]]:
        chars = [
            c
            for c in _chars_by_lead().get(last_byte, ())
            if _is_reading_of(c, syllable) and (c in self.keys or rarity(c) >= 3)
        ]
        known = [c for c in chars if c in self.keys]
        if known:
            return [(c, 0.0) for c in known]
        return [(c, 0.3 + rarity(simplify_char(c))) for c in chars]

    def _broken(self, path: _Path, token: _Token) -> list[_Path]:
        found: list[_Path] = []
        for key, cost in self._keys_for(path.last_byte, token.syllable):
            second = _gbk(key)[1]
            if path.pending:  # the key is the pending character itself: aligned again
                found.append(self.emit(path, key, token.at, 0, cost))
            else:
                found.append(
                    _Path(path.out, path.offsets, path.guesses, second, second, path.score - cost, path.simple)
                )
        if path.pending and not found:
            found += self._dropped_before_key(path, token)
        return found or [self.emit(path, "?", token.at, 0, LITERAL_COST)]

    def _dropped_before_key(self, path: _Path, token: _Token) -> list[_Path]:
        """Pending lead, then a vanished pair (a, k1), then the key (k1, k2) with its second byte swallowed."""
        found = []
        for key in _usual_with_reading(token.syllable.translate(TONES)):
            k1 = _gbk(key)[0]
            for a in (*range(0xA6, 0xB0), *range(0xF8, 0xFF)):
                first = _char(path.pending, a)
                if first and not _char(a, k1) and rarity(simplify_char(first)) < 1.0:
                    middle = self.emit(path, first, token.at, 0, DROP_COST / 2, "a vanished byte pair")
                    found.append(self.emit(middle, key, token.at, 0))
        return found

    def _lost(self, path: _Path, token: _Token) -> list[_Path]:
        lead = LOST_LEAD[token.text[1]]
        if path.pending:
            char = _char(path.pending, 0xA3)
            whole = [self.emit(path, char, token.at, lead)] if char else []
            swallowed = [self.emit(p, token.text[1], token.at + 1, 0) for p in self._swallowed(path, token)]
            return whole + swallowed or [self.emit(path, "?", token.at, 0, LITERAL_COST)]
        literal = self.emit(path, "?", token.at, 0, LITERAL_COST)
        found = [self.emit(literal, token.text[1], token.at + 1, 0)]
        left = path.simple[-1:]
        for char in _ending_in_a3():  # 。 unless another character makes a word with what stands before it
            if char != "。" and not (left and self.evidence.pair(left, simplify_char(char)) >= 1.5):
                continue
            cost = 0.0 if char == "。" else LOST_CHAR_COST
            found.append(self.emit(path, char, token.at, lead, cost, "its first byte was lost (trail byte A3)"))
        return found

    def _swallowed(self, path: _Path, token: _Token) -> list[_Path]:
        """The pending character's trail byte was swallowed by `?`: the word before decides."""
        found = []
        for char in _chars_by_lead().get(path.pending, ()):
            simple = simplify_char(char)
            if rarity(simple) < 1.0 and self.evidence.continuation(path.simple, simple) >= 1.5:
                found.append(self.emit(path, char, token.at, 0, DROP_COST / 2, "its second byte was lost"))
        return found

    def _shifted(self, path: _Path, token: _Token) -> list[_Path]:
        encoded = _gbk(token.text)
        both: list[tuple[int, int]]
        if token.text == "€":  # code page 936 shows a lone byte 80 so
            both = [(0x80, 0)]
        elif len(encoded) == 1 and token.text == "@":  # full-width ＠ (A3 C0) folded to ASCII
            both = [(0xA3, 0xC0), (0x40, 0)]
        elif len(encoded) == 1 and 0x40 <= encoded[0] <= 0x7E:
            both = [(encoded[0], 0)]
        elif len(encoded) == 2:
            both = [(encoded[0], encoded[1])]
        else:  # digits and the like cannot be a trail byte: the shift was misread here
            guessed = self._swallowed(path, token) if token.text in "?？" else []
            return guessed or [self.emit(path, token.text, token.at, 0, LITERAL_COST)]
        found = []
        for trail, pending in both:
            char = _char(path.pending, trail)
            if char:
                found.append(self.emit(path, char, token.at, pending))
            found += self._dropped(path, token, trail, pending, bool(char))
        return found or [self.emit(path, token.text, token.at, 0, LITERAL_COST)]

    def _dropped(self, path: _Path, token: _Token, trail: int, pending: int, readable: bool) -> list[_Path]:
        ranked = []
        for first, second in _dropped_fillings(path.pending, trail):
            one, two = simplify_char(first), simplify_char(second)
            gain = self.evidence.pair(one, two) + self.evidence.continuation(path.simple, one)
            gain += 2.0 if second == "、" else 0.0
            if gain >= 0.7 or not readable:
                ranked.append((gain, first, second))
        ranked.sort(reverse=True)
        found = []
        for _, first, second in ranked[:12]:
            middle = self.emit(path, first, token.at, 0, DROP_COST / 2, "a vanished byte pair")
            cost = DROP_COST / 2 - (2.0 if second == "、" else 0.0)
            found.append(self.emit(middle, second, token.at, pending, cost, "a vanished byte pair"))
        return found

    def run(self, tokens: list[_Token]) -> _Path:
        for token in tokens:
            grown = [path for old in self.paths for path in self.step(old, token)]
            if len(grown) > 1:
                grown.sort(key=lambda p: -p.score)
                kept: dict[tuple[str, int], _Path] = {}
                for path in grown:
                    kept.setdefault((path.out[-3:], path.pending), path)
                    if len(kept) >= BEAM:
                        break
                grown = list(kept.values())
            self.paths = grown
        return max(self.paths, key=lambda p: p.score - (2.0 if p.pending else 0.0))


def table_keys(text: str) -> frozenset[str]:
    """Characters that this document shows with their reading: the table's keys seen whole."""
    counts: Counter[str] = Counter()
    for match in BRACKET.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if before and is_hanzi(before) and _is_reading_of(before, match[1]):
            counts[before] += 1
    return frozenset(counts)


def restore(text: str, context: str | None = None) -> Restored:
    """Undo the corruption; `context` (default: the text itself) supplies keys and word pairs, e.g. the whole page.

    The result is still in traditional characters where the input was. Text without damage passes through unchanged.
    """
    whole = text if context is None else context
    keys = table_keys(whole)
    sample = "".join(simplify_char(c) for c in BRACKET.sub("", whole))
    evidence = PairEvidence(sample)
    out: list[str] = []
    offsets: list[int] = []
    guesses: list[Guess] = []
    at = 0
    for line in text.splitlines(keepends=True):
        restored = _restore_line(line, evidence, keys)
        base = sum(map(len, out))
        out.append(restored.out)
        offsets += [at + o for o in restored.offsets]
        guesses += [Guess(base + g.start, base + g.end, g.text, g.reason, at + g.raw_start) for g in restored.guesses]
        at += len(line)
    return Restored("".join(out), tuple(offsets), tuple(guesses))


def _restore_line(line: str, evidence: PairEvidence, keys: frozenset[str]) -> _Path:
    """Only the neighbourhood of a damaged place is searched; the rest is copied."""
    tokens = _tokens(line)
    done = _Path()
    i = 0
    while i < len(tokens):
        if tokens[i].kind == "char":
            token = tokens[i]
            encoded = _gbk(token.text)
            last = encoded[-1] if len(encoded) == 2 else 0
            done = _Path(
                done.out + token.text, (*done.offsets, token.at), done.guesses, 0, last, 0.0,
                (done.simple + simplify_char(token.text))[-2:],
            )  # fmt: skip
            i += 1
            continue
        end = _region_end(tokens, i)
        restorer = _Restorer(evidence, keys, [done])
        done = restorer.run(tokens[i:end])
        i = end
    return done


def _region_end(tokens: list[_Token], start: int) -> int:
    """Past the last damaged token, then past the ASCII byte that realigns, and two characters of context."""
    i, reach = start + 1, start + 1
    while i < len(tokens):
        token = tokens[i]
        if token.kind != "char":
            reach = i + 1
        elif (
            len(_gbk(token.text)) == 1
            and token.text in "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
        ):
            reach = max(reach, i + 1)
            break
        elif i - start > 60:
            break
        i += 1
    return min(len(tokens), max(reach, i) + 2)
