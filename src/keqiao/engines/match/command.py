"""`keqiao match …`: index, add, delete, embed, search, experts, assign, draw, eval, on plain files.

Exit codes: 0 done, 1 the input has errors (all are printed), 2 the call itself is wrong. File formats: docs/matching.md.
"""

import argparse
import json
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from keqiao.engines.match.assign import assign
from keqiao.engines.match.documents import (
    Document,
    MatchError,
    Problem,
    parse_document,
    problem,
    read_documents,
    read_lines,
    read_queries,
)
from keqiao.engines.match.draw import RERUN_SCRIPT, draw, promise
from keqiao.engines.match.encoders import installed_encoder, load_encoder
from keqiao.engines.match.evaluate import compare, evaluate
from keqiao.engines.match.index import Hit, Index, Mode
from keqiao.engines.match.people import People, Work
from keqiao.engines.match.problem_file import read_assignment

_COMMIT_EVERY = 50_000


def main(argv: Sequence[str]) -> int:
    """Run one command; see the module's docstring for exit codes."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code in (0, None) else 2
    try:
        return int(arguments.run(arguments))
    except MatchError as error:
        for each in error.problems:
            print(each, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"MATCH-NO-FILE: {error.filename}: there is no such file.", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keqiao match", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    made = command("index", _index, "build an index from a corpus")
    made.add_argument("corpus", type=Path)
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--encoder", default="", help="also encode meaning with this encoder (use, e5)")
    made.add_argument("--replace", action="store_true", help="delete an index that stands in --out")
    made = command("add", _add, "add or replace documents")
    made.add_argument("folder", type=Path)
    made.add_argument("corpus", type=Path)
    made = command("delete", _delete, "delete documents by id")
    made.add_argument("folder", type=Path)
    made.add_argument("ids", nargs="*")
    made.add_argument("--from", dest="ids_file", type=Path, help='a file with one id or {"id": …} per line')
    made = command("embed", _embed, "encode documents that have no vector yet; can be stopped and run again")
    made.add_argument("folder", type=Path)
    made.add_argument("--encoder", default="", help="use or e5; the best installed one if left out")
    made.add_argument("--most", type=int)
    made = command("search", _search, "search with a file of queries")
    made.add_argument("folder", type=Path)
    made.add_argument("--queries", type=Path, required=True)
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--top", type=int, default=100)
    made.add_argument("--mode", choices=["lexical", "full"], default="full")
    made.add_argument("--explain", action="store_true")
    made = command("experts", _experts, "score experts by their works")
    made.add_argument("--texts", type=Path, required=True)
    made.add_argument("--profiles", type=Path, required=True)
    made.add_argument("--queries", type=Path, required=True)
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--encoder", default="", help="use or e5; words alone if left out")
    made = command("assign", _assign, "assign people to items")
    made.add_argument("problem", type=Path)
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--seconds", type=float, default=60.0)
    made = command("draw", _draw, "promise or carry out a verifiable draw")
    made.add_argument("candidates", type=Path, nargs="?", help="a JSON list of ids")
    made.add_argument("--new-secret", action="store_true", help="print a fresh secret and stop")
    made.add_argument("--promise-only", action="store_true", help="print the promise to publish before the draw")
    made.add_argument("--number", type=int, default=1)
    made.add_argument("--reserves", type=int, default=0)
    made.add_argument("--secret", default="")
    made.add_argument("--public-value", default="", help="a number nobody could know when the promise was published")
    made.add_argument("--promise", default=None, help="the published promise, to be checked")
    made.add_argument("--out", type=Path, help="folder for draw.json and rerun_draw.py")
    made = command("eval", _eval, "MRR@10, nDCG@10 and R@100 of a run, with 95 %% intervals")
    made.add_argument("run_file", type=Path, metavar="RUN")
    made.add_argument("qrels", type=Path)
    made.add_argument("--against", type=Path, help="another run: print the difference RUN minus this, paired")
    return parser


# -- indexing --------------------------------------------------------------------------------------------------------


def _index(arguments: argparse.Namespace) -> int:
    _check_encoder(arguments.encoder)
    _checked(arguments.corpus)
    if arguments.replace and (arguments.out / "keqiao-match.json").exists():
        shutil.rmtree(arguments.out)
    with Index.create(arguments.out) as index:
        _load(index, arguments.corpus)
    return _encode(arguments.out, arguments.encoder, None) if arguments.encoder else 0


def _add(arguments: argparse.Namespace) -> int:
    _checked(arguments.corpus)
    with Index.open(arguments.folder) as index:
        _load(index, arguments.corpus)
    return 0


def _checked(corpus: Path) -> None:
    """Read everything once before anything is written: a file is taken whole or not at all."""
    problems: list[Problem] = []
    for _ in read_documents(corpus, problems):
        pass
    if problems:
        raise MatchError(problems)


def _load(index: Index, corpus: Path) -> None:
    started, total = time.perf_counter(), 0
    for block in _blocks(corpus):
        total += index.add(block)
        index.commit()
        speed = total / (time.perf_counter() - started)
        print(f"{total} documents committed, {speed:.0f} a second", file=sys.stderr, flush=True)
    index.commit()
    print(f"{len(index)} documents in the index, {time.perf_counter() - started:.1f} s")


def _blocks(corpus: Path) -> Iterator[list[Document]]:
    block: list[Document] = []
    for line, row in read_lines(corpus):
        if (document := parse_document(row, line, [])) is not None:
            block.append(document)
        if len(block) == _COMMIT_EVERY:
            yield block
            block = []
    if block:
        yield block


def _delete(arguments: argparse.Namespace) -> int:
    ids = list(arguments.ids)
    if arguments.ids_file:
        for _, row in read_lines(arguments.ids_file):
            ids.append(str(row["id"] if isinstance(row, dict) else row))
    with Index.open(arguments.folder) as index:
        before = len(index)
        index.delete(ids)
        index.commit()
        print(f"{before - len(index)} of {len(ids)} documents deleted, {len(index)} left")
    return 0


def _embed(arguments: argparse.Namespace) -> int:
    _check_encoder(arguments.encoder)
    return _encode(arguments.folder, arguments.encoder, arguments.most)


def _encode(folder: Path, name: str, most: int | None) -> int:
    encoder = load_encoder(name) if name else installed_encoder()
    if encoder is None:
        raise MatchError.of("MATCH-NO-ENCODER", "encoder", name, "is not installed.", "See docs/matching.md, Encoders.")
    started = time.perf_counter()

    def progress(done: int, total: int) -> None:
        print(
            f"{done} of {total} encoded, {done / (time.perf_counter() - started):.0f} a second",
            file=sys.stderr,
            flush=True,
        )

    print(f"{Index.open(folder).backfill(encoder, most, progress)} texts encoded with {encoder.name}")
    return 0


def _check_encoder(name: str) -> None:
    if name and load_encoder(name) is None:
        raise MatchError.of(
            "MATCH-NO-ENCODER",
            "encoder",
            name,
            "is unknown or not installed.",
            "Use `use` or `e5` and install its package (docs/matching.md, Encoders).",
        )


# -- searching and judging -------------------------------------------------------------------------------------------


def _search(arguments: argparse.Namespace) -> int:
    problems: list[Problem] = []
    queries = read_queries(arguments.queries, problems)
    if problems:
        raise MatchError(problems)
    index, mode = Index.open(arguments.folder), cast(Mode, arguments.mode)
    index.search("预热", 1, mode=mode)
    times, encoder = [], ""
    with open(arguments.out, "w", encoding="utf-8") as out:
        for query in queries:
            answer = index.search(
                query.text, arguments.top, mode=mode, reasons=arguments.top if arguments.explain else 0
            )
            times.append(answer.milliseconds)
            encoder = answer.encoder
            out.writelines(json.dumps(_run_line(query.id, hit), ensure_ascii=False) + "\n" for hit in answer.hits)
    p50, p95 = np.percentile(times, [50, 95]) if times else (0.0, 0.0)
    meaning = f", encoder {encoder or 'none'}" if mode == "full" else ""
    print(f"{len(queries)} queries, mode {mode}{meaning}: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    return 0


def _run_line(query: str, hit: Hit) -> dict[str, Any]:
    line: dict[str, Any] = {"query": query, "doc": hit.id, "rank": hit.rank, "score": round(hit.score, 6)}
    if hit.reasons is not None:
        line |= {"lexical": round(hit.lexical, 6), "semantic": round(hit.semantic, 6), "reasons": asdict(hit.reasons)}
    return line


def _experts(arguments: argparse.Namespace) -> int:
    texts, profiles, queries = (_json(path) for path in (arguments.texts, arguments.profiles, arguments.queries))
    unknown = [(expert, work) for expert, works in profiles.items() for work in works if work not in texts]
    if unknown:
        raise MatchError(
            problem("MATCH-UNKNOWN-ID", f"profiles.{expert}", work, "has no text.", "Add it to --texts.")
            for expert, work in unknown
        )
    _check_encoder(arguments.encoder)
    works = {expert: [Work(work, texts[work]) for work in owned] for expert, owned in profiles.items()}
    people = People(works, load_encoder(arguments.encoder) if arguments.encoder else None)
    asked = queries if isinstance(queries, dict) else {each: texts[each] for each in queries}
    scores: dict[str, dict[str, float]] = {expert: {} for expert in profiles}
    for query, text in asked.items():
        for each in people.rank(text):
            scores[each.person][query] = round(each.score, 6)
    arguments.out.write_text(json.dumps(scores, ensure_ascii=False), encoding="utf-8")
    print(f"{len(scores)} experts scored for {len(asked)} queries")
    return 0


def _eval(arguments: argparse.Namespace) -> int:
    judged: dict[str, dict[str, float]] = {}
    for _, row in read_lines(arguments.qrels):
        line = cast(dict[str, Any], row)
        judged.setdefault(str(line["query"]), {})[str(line["doc"])] = float(line.get("rel", 1))
    run = _ranked(arguments.run_file)
    measures = compare(_ranked(arguments.against), run, judged) if arguments.against else evaluate(run, judged)
    print(f"{len(judged)} queries" + (", difference to the other run" if arguments.against else ""))
    for each in measures:
        print(f"{each.metric:8} {each.mean:.4f}  95 % [{each.low:.4f}, {each.high:.4f}]")
    return 0


def _ranked(path: Path) -> dict[str, list[str]]:
    places: dict[str, list[tuple[int, str]]] = {}
    for _, row in read_lines(path):
        line = cast(dict[str, Any], row)
        places.setdefault(str(line["query"]), []).append((int(line["rank"]), str(line["doc"])))
    return {query: [document for _, document in sorted(found)] for query, found in places.items()}


# -- assigning and drawing -------------------------------------------------------------------------------------------


def _assign(arguments: argparse.Namespace) -> int:
    result = assign(read_assignment(_json(arguments.problem)), arguments.seconds)
    arguments.out.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1), encoding="utf-8")
    if result.pairs or (result.proven and not result.clash):
        state = "proven optimum" if result.proven else f"best found, total at most {result.bound:.4f}"
        print(
            f"{len(result.pairs)} pairs, total {result.total:.4f}, worst item {result.worst:.4f}, {state}, {result.seconds:.1f} s"
        )
        return 0
    print("No assignment meets all rules. These cannot hold together:", file=sys.stderr)
    for rule in result.clash:
        print(f"  {rule.kind} {rule.subject}".rstrip(), file=sys.stderr)
    print("Cheapest way to make room:", file=sys.stderr)
    for change in result.relaxation:
        print(f"  {change.text} (cost {change.cost:g})", file=sys.stderr)
    return 1


def _draw(arguments: argparse.Namespace) -> int:
    if arguments.new_secret:
        print(secrets.token_hex(32))
        return 0
    if arguments.candidates is None:
        print("keqiao match draw: give a file of candidates, or --new-secret", file=sys.stderr)
        return 2
    candidates = [str(each) for each in _json(arguments.candidates)]
    if arguments.promise_only:
        print(promise(candidates, arguments.secret).promise)
        return 0
    done = draw(
        candidates, arguments.number, arguments.secret, arguments.public_value, arguments.promise, arguments.reserves
    )
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "draw.json").write_text(done.to_json(), encoding="utf-8")
        (arguments.out / "rerun_draw.py").write_text(RERUN_SCRIPT, encoding="utf-8")
    print("\n".join(done.drawn))
    return 0


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MatchError.of("MATCH-NOT-JSON", str(path), error, "the file is no JSON.", "Correct it.") from error
