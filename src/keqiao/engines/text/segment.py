"""Splitting a report: articles, headings, paragraphs, sentences; and which part speaks of results, which of plans.

Hides the habits of official writing: 一、 / (一) / 1. / 一是, headings without a number, first sentences that act as
headings, and years in headings. Offsets are into the text given.
"""

import re
from dataclasses import dataclass

_ARTICLE = re.compile(r"^(?P<title>\S[^\n。]{0,60}?篇(?P<id>[一二三四五六七八九十百]{1,4}|\d{1,3}))\s*$", re.M)
_NUMBERED = re.compile(
    r"^\s*(?P<number>(?P<one>[一二三四五六七八九十]{1,3}、)|(?P<two>[(（][一二三四五六七八九十]{1,3}[)）])|(?P<three>\d{1,2}[.．、](?!\d))|(?P<four>[(（]\d{1,2}[)）]))\s*(?P<rest>[^\n]*)"
)
_SENTENCE_END = re.compile(r"[。！？!?\n；;]")
_PLAN = re.compile(
    r"思路|打算|下一步|下步|下一年|下年|明年|来年|新的一年|工作计划|计划安排|工作安排|展望|下一阶段|今后|重点工作|主要任务|重点任务|^(?!.*(?:完成|落实|推进|分解)).*目标任务|工作目标|发展目标|主要目标|工作要点|预期目标|(?<!任务)(?<!专利)目标[。:：]?$|规划目标"
)
_RESULT = re.compile(
    r"完成情况|推进情况|进展|回顾|成效|落实情况|工作总结|总结如下|亮点|开展情况|运行情况|主要工作及|取得|情况$|成绩|做法|存在|问题|不足|困难"
)
_PLAN_LEAD = re.compile(
    r"^\s*(?:[(（]?[一二三四五六七八九十\d]{1,3}[)）、.])?\s*(?:下一步|下步|明年|来年|新的一年里?|下半年|下一阶段|今后|在新的一年|(?:20\d\d|20xx|xxxx)年[,，]?[^。]{0,20}(?:将|要|计划|工作目标|目标[:：是为]|总体要求|预期))"
)

#: A line without figures that opens a plan whose heading is lost.
_PLAN_OPENING = re.compile(
    r"^\s*(?:紧紧|紧扣|坚持)?围绕[^\d了]{10,120}为(?:主要|工作|总体)?(?:目标|主线|抓手|重点)[^\d了]{0,80}。?\s*$"
)


@dataclass(frozen=True)
class Heading:
    start: int
    end: int
    text: str
    level: int


@dataclass(frozen=True)
class Sentence:
    """Ends at 。！？； or a line end. `part` is "plan" where the heading or lead announces one, else "result"."""

    start: int
    end: int
    heading: str
    part: str
    paragraph: int


@dataclass(frozen=True)
class Article:
    id: str
    title: str
    start: int
    end: int


def split_articles(text: str) -> list[Article]:
    """Articles titled …篇N; a text without such titles is one article called 1."""
    found = list(_ARTICLE.finditer(text))
    if not found:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return [Article("1", first[:60], 0, len(text))] if text.strip() else []
    articles = []
    for i, match in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(text)
        start = match.end() + (1 if text[match.end() : match.end() + 1] == "\n" else 0)
        articles.append(Article(match["id"], match["title"].strip(), start, end))
    return articles


def find_headings(text: str) -> list[Heading]:
    """Numbered headings (whole lines and run-in first sentences) and short unnumbered title lines."""
    found = []
    at = 0
    for line in text.splitlines(keepends=True):
        heading = _heading_of(line, at)
        if heading:
            found.append(heading)
        at += len(line)
    return found


def _heading_of(line: str, at: int) -> Heading | None:
    bare = line.rstrip()
    match = _NUMBERED.match(bare)
    if not match:
        is_title = (
            4 <= len(bare.strip()) <= 30
            and not re.search(r"[。,，;；:：]|\d[家项个件名人%万亿]", bare.strip())
            and bool(re.search(r"工作|思路|打算|计划|情况|目标|问题|总结|举措|建议|成效", bare))
        )
        return Heading(at + len(bare) - len(bare.lstrip()), at + len(bare), bare.strip(), 1) if is_title else None
    stop = re.search(r"[。:：]", match["rest"])
    first = match["rest"][: stop.start() + 1] if stop else match["rest"]
    if len(first) > 60 or re.search(r"\d\s?[万亿]?(?:余|多)?[家项个件名人%元次期份亩篇户单]", first):
        return None
    level = next(i for i, name in enumerate(("one", "two", "three", "four"), 1) if match[name])
    if not stop and len(match["rest"]) > 45:
        return None
    start = at + match.start("number")
    return Heading(
        start,
        at + match.start("rest") + len(first),
        bare[match.start("number") : match.start("rest") + len(first)].strip(),
        level,
    )


def split_sentences(text: str) -> list[Sentence]:
    """Sentences with heading and part. A level-1 heading or a lead such as 下一步 sets the part until the next one."""
    headings = {h.start: h for h in find_headings(text)}
    found: list[Sentence] = []
    part, plan_level, heading = "result", 0, ""
    at = 0
    for paragraph, line in enumerate(text.splitlines(keepends=True)):
        line_heading = headings.get(at + len(line) - len(line.lstrip()))
        lead = line[:60]
        if line_heading:
            heading = line_heading.text
            part, plan_level = _part_after(heading, line_heading.level, part, plan_level)
        elif part == "result" and (_PLAN_LEAD.match(lead) or (paragraph and _PLAN_OPENING.match(line))):
            part, plan_level = "plan", 9
        start = at
        for end in _sentence_ends(line, at):
            if text[start:end].strip():
                own = "plan" if _PLAN_LEAD.match(text[start:end]) else part
                found.append(Sentence(start, end, heading, own, paragraph))
                if (
                    own == "plan"
                    and part == "result"
                    and re.match(r"\s*(?:下一步|下步|明年|来年|新的一年)[,，]", text[start:end])
                ):
                    part, plan_level = "plan", 9
            start = end
        at += len(line)
    return found


def _part_after(heading: str, level: int, part: str, plan_level: int) -> tuple[str, int]:
    if _RESULT.search(heading) and not re.search(r"打算|思路|计划$|安排", heading):
        return "result", 0
    if _PLAN.search(heading):
        return "plan", level
    if part == "plan" and plan_level <= level:
        return part, plan_level
    return ("result", 0) if part == "plan" and level < plan_level < 9 else (part, plan_level)


def _sentence_ends(line: str, at: int) -> list[int]:
    """End offsets; a closing quote or bracket behind the stop belongs to the sentence, a stop inside brackets does not end it."""
    ends, depth = [], 0
    for i, char in enumerate(line):
        if char in "(（“《":
            depth += 1
        elif char in ")）”》":
            depth = max(0, depth - 1)
        elif char == "\n" or (_SENTENCE_END.match(char) and (depth == 0 or char in "。！")):
            ends.append(at + i + 1)
            depth = 0
    if not ends or ends[-1] != at + len(line):
        ends.append(at + len(line))
    return ends
