"""Runs of other search libraries as they come, for bench/match_quality.py. Needs its own environment, outside the project:

    python -m venv /tmp/peers && /tmp/peers/bin/pip install bm25s jieba tantivy numpy
    /tmp/peers/bin/python bench/match_peers.py {bm25s-jieba|tantivy|fts5} CORPUS.jsonl.gz QUERIES.jsonl OUT.jsonl

Character tokens are NFKC lower-case uni+bigrams with latin and digit runs whole, written here anew so that the comparison
does not rest on the engine's own code.
"""

import gzip
import json
import re
import sqlite3
import sys
import time
import unicodedata

RUNS = re.compile("([\u4e00-\u9fff\u3400-\u4dbf]+)|[a-z0-9]+")


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def grams(text):
    found = []
    for match in RUNS.finditer(unicodedata.normalize("NFKC", text).lower()):
        run = match.group()
        if match.group(1):
            found += list(run) + [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            found.append(run)
    return found


def bm25s_jieba(corpus, queries):
    import bm25s
    import jieba

    def cut(text):
        return [word for word in jieba.lcut(unicodedata.normalize("NFKC", text).lower()) if word.strip()]

    started = time.perf_counter()
    retriever = bm25s.BM25(k1=1.2, b=0.75)
    retriever.index([cut(row["text"]) for row in corpus], show_progress=False)
    built = time.perf_counter() - started
    for query in queries:
        started = time.perf_counter()
        words = [word for word in cut(query["text"]) if word in retriever.vocab_dict]
        found = retriever.retrieve([words], k=100, show_progress=False) if words else None
        spent = time.perf_counter() - started
        yield query, [corpus[at]["id"] for at in found[0][0]] if found else [], spent, built


def tantivy_grams(corpus, queries):
    import tantivy

    started = time.perf_counter()
    build = tantivy.SchemaBuilder()
    build.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    build.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    schema = build.build()
    index = tantivy.Index(schema)
    writer = index.writer()
    for row in corpus:
        document = tantivy.Document()
        document.add_text("id", row["id"])
        document.add_text("terms", " ".join(grams(row["text"])))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, built = index.searcher(), time.perf_counter() - started
    for query in queries:
        started = time.perf_counter()
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term, "freq"))
            for term in grams(query["text"])
        ]
        hits = searcher.search(tantivy.Query.boolean_query(parts), 100).hits if parts else []
        found = [searcher.doc(address).get_first("id") for _, address in hits]
        yield query, found, time.perf_counter() - started, built


def fts5(corpus, queries):
    started = time.perf_counter()
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table t using fts5(terms, tokenize='unicode61 remove_diacritics 0')")
    base.executemany(
        "insert into t(rowid, terms) values (?, ?)",
        ((at, " ".join(grams(row["text"]))) for at, row in enumerate(corpus)),
    )
    built = time.perf_counter() - started
    for query in queries:
        started = time.perf_counter()
        wanted = " OR ".join(f'"{term}"' for term in dict.fromkeys(grams(query["text"])))
        sql = "select rowid from t where t match ? order by bm25(t) limit 100"
        found = [corpus[at]["id"] for (at,) in base.execute(sql, (wanted,))] if wanted else []
        yield query, found, time.perf_counter() - started, built


def main():
    engine, corpus, queries, out = sys.argv[1:]
    run = {"bm25s-jieba": bm25s_jieba, "tantivy": tantivy_grams, "fts5": fts5}[engine]
    times, seconds = [], 0.0
    with open(out, "w", encoding="utf-8") as file:
        for query, found, spent, built in run(rows(corpus), rows(queries)):
            times.append(spent)
            seconds = built
            for rank, document in enumerate(found, 1):
                file.write(json.dumps({"query": query["id"], "doc": document, "rank": rank}) + "\n")
    times.sort()
    print(json.dumps({"p50": times[len(times) // 2] * 1000, "build": seconds}))


if __name__ == "__main__":
    main()
