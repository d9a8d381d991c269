"""One million short documents: build time, disk, memory, latency with reasons, update visibility.

    python bench/match_scale.py CORPUS.jsonl.gz QUERIES.jsonl… [--documents 1000000] [--folder /tmp/scale]

CORPUS and QUERIES are any JSONL with `text`. Documents are made of two random 40-character slices of different corpus
texts: real vocabulary, made-up documents. Prints Markdown for bench/results/match.md.
"""

import argparse
import gzip
import json
import platform
import random
import resource
import shutil
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from keqiao.engines.match import Document, Index


def texts_of(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def documents(texts: list[str], count: int):
    chance = random.Random(7)
    for number in range(count):
        parts = []
        for _ in range(2):
            text = chance.choice(texts)
            start = chance.randrange(max(len(text) - 40, 1))
            parts.append(text[start : start + 40])
        yield Document(f"d{number}", "。".join(parts), labels={"industry": (f"行业{number % 20}",)})


def build(folder: Path, texts: list[str], count: int) -> None:
    started = time.perf_counter()
    with Index.create(folder) as index:
        block = []
        for document in documents(texts, count):
            block.append(document)
            if len(block) == 100_000:
                index.add(block)
                index.commit()
                block = []
                print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        index.add(block)
        index.commit()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"build {time.perf_counter() - started:.0f} s, disk {size / 1e6:.0f} MB")


def latency(index: Index, queries: list[str], mode: str, top: int, reasons: int) -> str:
    times = [index.search(text, top, mode=mode, reasons=reasons).milliseconds for text in queries]
    p50, p95 = np.percentile(times, [50, 95])
    return f"{p50:.1f} / {p95:.1f}"


def update(index: Index, folder: Path) -> None:
    reader, waits = Index.open(folder), []
    for number in range(5):
        started = time.perf_counter()
        index.add([Document(f"new{number}", f"柯桥验证词{number}号更新可见")])
        index.commit()
        while not any(
            hit.id == f"new{number}" for hit in reader.search(f"柯桥验证词{number}号", 5, mode="lexical").hits
        ):
            time.sleep(0.005)
        waits.append(time.perf_counter() - started)
    print(
        f"update visible to another reader: median {np.median(waits) * 1000:.0f} ms, worst {max(waits) * 1000:.0f} ms"
    )
    index.delete([f"new{number}" for number in range(5)])
    index.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("queries", type=Path, nargs="+")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/keqiao-scale"))
    parser.add_argument("--keep", action="store_true", help="reuse a folder that was built before")
    arguments = parser.parse_args()
    texts = texts_of(arguments.corpus)
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {arguments.documents} documents"
    )
    if not (arguments.keep and arguments.folder.exists()):
        shutil.rmtree(arguments.folder, ignore_errors=True)
        build(arguments.folder, texts, arguments.documents)
    index = Index.open(arguments.folder)
    print(
        "| queries | lexical top 20 + 20 reasons | lexical top 100 + 20 reasons | full top 20 + 20 reasons |\n|---|---|---|---|"
    )
    for path in arguments.queries:
        queries = texts_of(path)[:300]
        for mode in ("lexical", "full"):
            latency(index, queries[:30], mode, 20, 20)
        cells = [
            latency(index, queries, "lexical", 20, 20),
            latency(index, queries, "lexical", 100, 20),
            latency(index, queries, "full", 20, 20),
        ]
        print(f"| {path.name} | " + " | ".join(cells) + " |", flush=True)
    with index:
        update(index, arguments.folder)
    print(f"memory of the process (peak): {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
