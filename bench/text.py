"""Reading reports and checking drafts, measured: figures, names, masks, cleaning, drafts, speed; peers beside.

    PYTHONPATH=src python bench/text.py --gold FOLDER [--peers PYTHON] [--out bench/results/text.md]

FOLDER holds annotated articles (articles*.json with "clean" text, gold_*.jsonl, cleaning_gold.jsonl, draft_check.jsonl);
they are not part of this repository. PYTHON is an interpreter with the peers (see text_peers.py).
"""

import argparse
import json
import platform
import random
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from keqiao.engines.reports import check_draft, load_ledger
from keqiao.engines.text import clean, extract_facts

SETS = (("gold_dev", "articles"), ("gold_filled_dev", "articles_filled"), ("gold_challenge_dev", "articles_challenge"))
UNITS = {"项目": "项", "台套": "台", "台(套)": "台", "百分点": "个百分点", "平米": "平方米"}
NEUTRAL = ("ignore", "none", "masked")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def unit(text):
    return UNITS.get(text or "", text or "")


def name_alike(left, right):
    def bare(text):
        return re.sub(r"(总数|数量|数|总量)$", "", re.sub(r"[\s“”\"《》、,，()（）的]", "", (text or "").lower()))

    a, b = Counter(bare(left)), Counter(bare(right))
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 0.0


def score(found, gold):
    """Counts of hits: value, value and unit, with kind, with name (bag of characters F1 ≥ .6); invented values on masks."""
    hits = Counter()
    used = set()
    for wanted in gold:
        if wanted["kind"] in NEUTRAL:
            continue
        hits["gold"] += 1
        for i, fact in enumerate(found):
            overlaps = (
                fact["article"] == wanted["article"] and fact["start"] < wanted["end"] and wanted["start"] < fact["end"]
            )
            if i in used or not overlaps or abs(fact["value"] - wanted["value"]) > 1e-6 * max(1, abs(wanted["value"])):
                continue
            used.add(i)
            hits["value"] += 1
            if unit(fact["unit"]) == unit(wanted["unit"]):
                hits["unit"] += 1
                hits["kind"] += fact.get("kind") == wanted["kind"]
                hits["name"] += name_alike(fact.get("indicator"), wanted.get("indicator")) >= 0.6
            break
    neutral = [g for g in gold if g["kind"] in NEUTRAL]
    articles = {g["article"] for g in gold}
    for i, fact in enumerate(found):
        if fact["article"] not in articles:
            continue
        near = [
            g
            for g in neutral
            if g["article"] == fact["article"] and g["start"] < fact["end"] and fact["start"] < g["end"]
        ]
        hits["invented"] += any(g["kind"] == "masked" for g in near)
        hits["found"] += i in used or not any(g["kind"] == "ignore" for g in near)
    return hits


def f1(hit, hits):
    return 2 * hit / (hits["found"] + hits["gold"]) if hits["found"] + hits["gold"] else 0.0


def own_facts(articles):
    return [
        {
            "article": a["id"],
            "span": f.span,
            "start": f.start,
            "end": f.end,
            "value": float(f.value),
            "unit": f.unit,
            "kind": f.kind,
            "indicator": f.indicator,
        }
        for a in articles
        for f in extract_facts(a["clean"], a["id"])
        if f.value is not None
    ]


def peer_facts(python, name, path):
    result = subprocess.run(
        [python, str(Path(__file__).with_name("text_peers.py")), name], input=path.read_text(encoding="utf-8"),
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if result.returncode:
        print(result.stderr[-500:], file=sys.stderr)
        return None
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def figures(folder, peers, say):
    say("## Figures\n")
    say("F1 against development gold, seen while the rules were written; expect less on unseen text.\n")
    say("| set | system | value | value+unit | +kind | +indicator | values on masks |\n|---|---|---|---|---|---|---|")
    for gold_name, articles_name in SETS:
        path = folder / f"{articles_name}.json"
        gold = lines(folder / f"{gold_name}.jsonl")
        named = any(g.get("indicator") for g in gold)
        systems = {"keqiao": own_facts(json.loads(path.read_text(encoding="utf-8"))["articles"])}
        for name in ("recognizers", "jionlp", "cn2an") if peers else ():
            systems[name] = peer_facts(peers, name, path)
        for name, found in systems.items():
            if found is None:
                say(f"| {gold_name} | {name} | failed to run | | | | |")
                continue
            hits = score(found, gold)
            own = name == "keqiao"
            row = [
                f"{f1(hits['value'], hits):.3f}",
                f"{f1(hits['unit'], hits):.3f}",
                f"{f1(hits['kind'], hits):.3f}" if own else "–",
            ]
            row += [f"{f1(hits['name'], hits):.3f}" if own and named else "–", str(hits["invented"])]
            say(f"| {gold_name} | {name} | " + " | ".join(row) + " |")
    masked = lines(folder / "gold_masked_dev.jsonl")
    found = own_facts(json.loads((folder / "articles.json").read_text(encoding="utf-8"))["articles"])
    invented = sum(
        any(f["article"] == m["article"] and f["start"] < m["end"] and m["start"] < f["end"] for f in found)
        for m in masked
    )
    say(f"\nMasked placeholders: {invented} of {len(masked)} given a value.\n")


def cleaning(folder, say):
    say("## Cleaning\n")
    fold = str.maketrans({"，": ",", "；": ";", "（": "(", "）": ")", "：": ":", "？": "?"})
    classes = {}
    for entry in lines(folder / "cleaning_gold.jsonl"):
        done = clean(entry["corrupted"]).text.translate(fold)
        right = "".join(done.split()) == "".join(entry["restored"].translate(fold).split())
        seen = classes.setdefault(entry["cls"], [0, 0])
        seen[0] += right
        seen[1] += 1
    say("| class | exact |\n|---|---|")
    for name, (right, total) in classes.items():
        say(f"| {name} | {right}/{total} |")
    same = sum(
        clean(a["clean"]).text == a["clean"]
        for a in json.loads((folder / "articles.json").read_text(encoding="utf-8"))["articles"]
    )
    say(
        f"\nname-mask and lost-digits are left as they stand on purpose: masks are not repaired. Clean articles passed through unchanged: {same}.\n"
    )


def drafts(folder, say):
    say("## Draft check\n")
    gold = lines(folder / "gold_dev.jsonl")
    wanted = lines(folder / "draft_check.jsonl")
    say(
        "| ledger | mismatches found | false alarms on untouched figures | rounded, precision lost |\n|---|---|---|---|"
    )
    for label, drop in (("with sentences", ()), ("names and values only", ("sentence", "span", "start", "end"))):
        ledger = load_ledger(
            json.dumps({k: v for k, v in g.items() if k not in drop}, ensure_ascii=False) for g in gold
        )
        found = total = false = untouched = graded = grades = 0
        for entry in wanted:
            for finding in check_draft(entry["draft"], ledger):
                if finding.start < entry["end"] and entry["start"] < finding.end:
                    total += entry["label"] == "mismatch"
                    found += entry["label"] == "mismatch" == finding.verdict
                    if entry["label"] in ("rounded", "precision"):
                        grades += 1
                        graded += finding.verdict.startswith(entry["label"])
                    if entry["label"] == "ok":
                        untouched += 1
                        false += finding.verdict == "mismatch"
                else:
                    untouched += 1
                    false += finding.verdict == "mismatch"
        say(f"| {label} | {found}/{total} | {false}/{untouched} | {graded}/{grades} |")
    mutated(folder, gold, say)


def mutated(folder, gold, say):
    """Every figure of the gold articles once with a wrong first digit; and every ledger entry once left out."""
    articles = {
        a["id"]: a["clean"] for a in json.loads((folder / "articles.json").read_text(encoding="utf-8"))["articles"]
    }
    ledger = load_ledger(json.dumps(g, ensure_ascii=False) for g in gold)
    positive = [g for g in gold if g["kind"] not in NEUTRAL and g["span"][0].isdigit()]
    chance = random.Random(7)
    found = false = others = left_out = 0
    for entry in positive:
        digit = chance.choice([d for d in "123456789" if d != entry["span"][0]])
        text = articles[entry["article"]]
        draft = text[: entry["start"]] + digit + text[entry["start"] + 1 :]
        for finding in check_draft(draft, ledger):
            hit = finding.start == entry["start"]
            found += hit and finding.verdict == "mismatch"
            others += not hit
            false += not hit and finding.verdict == "mismatch"
        without = [e for e in ledger if e.id != entry["id"]]
        left_out += any(
            f.start == entry["start"] and f.verdict == "mismatch" for f in check_draft(entry["sentence"], without)
        ) or any(f.verdict == "mismatch" for f in check_draft(entry["sentence"], without))
    say(
        f"\nOne wrong digit per draft, every figure in turn: {found}/{len(positive)} found, {false}/{others} false alarms on the other figures of the article."
    )
    say(
        f"Ledger without the figure in question: {left_out}/{len(positive)} sentences raise a mismatch although the ledger only lacks the figure.\n"
    )


def speed(folder, say):
    text = "\n".join(a["clean"] for a in json.loads((folder / "articles.json").read_text(encoding="utf-8"))["articles"])
    text = text * (120_000 // len(text) + 1)
    begin = time.perf_counter()
    facts = extract_facts(text)
    extraction = time.perf_counter() - begin
    ledger = load_ledger(json.dumps(g, ensure_ascii=False) for g in lines(folder / "gold_dev.jsonl"))
    begin = time.perf_counter()
    check_draft(text, ledger)
    say(
        f"## Speed\n\n{len(text):,} characters (about 200 pages), {len(facts):,} figures: extraction {extraction:.1f} s, extraction and check {time.perf_counter() - begin:.1f} s."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--peers", help="Python interpreter that has recognizers-text-suite, jionlp and cn2an")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = []

    def say(line):
        out.append(line)
        print(line)

    say(
        f"# Reading and checking reports\n\nMeasured {date.today().isoformat()}, Python {platform.python_version()}, {platform.machine()}, one core. Command: `bench/text.py`.\n"
    )
    figures(options.gold, options.peers, say)
    cleaning(options.gold, say)
    drafts(options.gold, say)
    speed(options.gold, say)
    if options.out:
        options.out.write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
