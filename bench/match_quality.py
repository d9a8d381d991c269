"""Ranking quality, one run side by side: Keqiao lexical and full against search libraries as they come.

    python bench/match_quality.py CORPUS.jsonl.gz DEV_FOLDER --peers /tmp/peers/bin/python [--encoder e5]

DEV_FOLDER holds `<set>.queries.jsonl` and `<set>.qrels.jsonl`. Prints Markdown for bench/results/match.md; every
difference is a paired bootstrap over queries against plain tantivy.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from keqiao.engines.match import Index, load_encoder
from keqiao.engines.match.documents import read_documents, read_queries
from keqiao.engines.match.evaluate import compare, evaluate

SETS = ("kw", "title", "kw2", "kwabsent")
PEERS = ("bm25s-jieba", "fts5", "tantivy")


def judgements(path: Path) -> dict[str, dict[str, float]]:
    judged: dict[str, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        judged.setdefault(row["query"], {})[row["doc"]] = row["rel"]
    return judged


def peer_run(python: str, engine: str, corpus: Path, queries: Path) -> tuple[dict[str, list[str]], float]:
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl", encoding="utf-8") as out:
        script = str(Path(__file__).with_name("match_peers.py"))
        command = [python, script, engine, str(corpus), str(queries), out.name]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        run: dict[str, list[str]] = {}
        for line in out:
            row = json.loads(line)
            run.setdefault(row["query"], []).append(row["doc"])
    return run, told["p50"]


def own_run(index: Index, queries: Path, mode: str) -> tuple[dict[str, list[str]], float]:
    run, times = {}, []
    for query in read_queries(queries, []):
        answer = index.search(query.text, 100, mode=mode, reasons=10)
        run[query.id] = [hit.id for hit in answer.hits]
        times.append(answer.milliseconds)
    return run, float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--encoder", action="append", default=[])
    parser.add_argument("--folder", type=Path, help="an index with vectors, built before")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp()) / "index"
    if not folder.exists():
        with Index.create(folder) as index:
            index.add(read_documents(arguments.corpus, []))
            index.commit()
    judged = {name: judgements(arguments.dev / f"{name}.qrels.jsonl") for name in SETS}
    queries = Path(tempfile.mkdtemp()) / "queries.jsonl"
    queries.write_text(
        "".join((arguments.dev / f"{name}.queries.jsonl").read_text(encoding="utf-8") for name in SETS),
        encoding="utf-8",
    )
    runs = {peer: peer_run(arguments.peers, peer, arguments.corpus, queries) for peer in PEERS}
    for label, mode in {"Keqiao lexical": "lexical", "Keqiao full, no encoder": "full"}.items():
        index = Index.open(folder)
        index._encoder_looked_for = True  # measured without meaning, whatever vectors the folder has
        runs[label] = own_run(index, queries, mode)
    for name in arguments.encoder:
        index, encoder = Index.open(folder), load_encoder(name)
        if encoder is None:
            sys.exit(f"encoder {name} is not installed")
        index.backfill(encoder)
        runs[f"Keqiao full, {name}"] = own_run(index, queries, "full")
    print("| set | system | MRR@10 [95 %] | nDCG@10 | R@100 | MRR@10 − tantivy [95 %] |\n|---|---|---|---|---|---|")
    for name in SETS:
        for label, (run, _) in runs.items():
            mrr, ndcg, recall = evaluate(run, judged[name])
            gain = compare(runs["tantivy"][0], run, judged[name])[0]
            print(
                f"| {name} | {label} | {mrr.mean:.3f} [{mrr.low:.3f}; {mrr.high:.3f}] | {ndcg.mean:.3f} | {recall.mean:.3f} "
                f"| {gain.mean:+.3f} [{gain.low:+.3f}; {gain.high:+.3f}] |"
            )
    print("p50 per query: " + ", ".join(f"{label} {p50:.1f} ms" for label, (_, p50) in runs.items()))


if __name__ == "__main__":
    main()
