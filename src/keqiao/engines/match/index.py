"""A searchable store of documents in one folder: add, delete, commit, search with reasons.

Hides tantivy, its file layout, field weighting, filters and reading while another process writes. What is committed
survives a crash at any moment; what is not committed is gone, and only that. The registers stay the truth: the folder
can always be built anew from them.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import tantivy

from keqiao.engines.match.documents import NUMBERS, Document, Filter, MatchError, problem
from keqiao.engines.match.explain import FieldMatch, Reasons, explain
from keqiao.engines.match.rank import Candidate
from keqiao.engines.match.tokens import terms
from keqiao.engines.match.weights import FORMAT, FieldWeights, Statistics, weighted_terms

Mode = Literal["lexical", "full"]
_SETTINGS = "keqiao-match.json"
_WRITER_MEMORY = 64_000_000


@dataclass(frozen=True)
class Hit:
    """One answer. `score` orders the answers; `lexical` is the part from words in common, `semantic` the part from
    likeness of meaning (0 in lexical mode). `reasons` is None where none were asked for."""

    id: str
    rank: int
    score: float
    lexical: float
    semantic: float
    document: Document
    reasons: Reasons | None


@dataclass(frozen=True)
class Answer:
    """Hits of one query, best first; `mode` is what really served it (full falls back to lexical), in `milliseconds`."""

    hits: tuple[Hit, ...]
    mode: Mode
    milliseconds: float


def _schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    build.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    build.add_text_field("label", tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        build.add_float_field(name, indexed=True, fast=True)
    build.add_bytes_field("source", stored=True)
    return build.build()


class Index:
    """An index folder. Reading needs no lock; one process at a time may write (a second one gets a MatchError).

    >>> index = Index.create(folder)                                    # doctest: +SKIP
    >>> index.add([Document("a1", "压电陶瓷驱动器的非线性补偿")]); index.commit()   # doctest: +SKIP
    >>> index.search("压电驱动器").hits[0].id                              # doctest: +SKIP
    'a1'
    """

    def __init__(self, folder: Path, weights: FieldWeights) -> None:
        self.folder = folder
        self.weights = weights
        self._tantivy = tantivy.Index.open(str(folder))
        self._schema = self._tantivy.schema
        self._writer: tantivy.IndexWriter | None = None
        self._seen_commit = -1
        self._statistics: Statistics | None = None

    @classmethod
    def create(cls, folder: Path | str, weights: FieldWeights | None = None) -> Self:
        """Make an empty index in a new or empty folder. Raises MatchError when the folder holds something."""
        path, chosen = Path(folder), weights or FieldWeights()
        if path.exists() and any(path.iterdir()):
            raise MatchError(
                [
                    problem(
                        "MATCH-FOLDER-USED",
                        "folder",
                        path,
                        "the folder is not empty.",
                        "Choose a new one, or delete it first.",
                    )
                ]
            )
        path.mkdir(parents=True, exist_ok=True)
        tantivy.Index(_schema(), path=str(path))
        (path / _SETTINGS).write_text(json.dumps(asdict(chosen)), encoding="utf-8")
        return cls(path, chosen)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open an index made by `create`. Raises MatchError when there is none, or one of another format."""
        path = Path(folder)
        try:
            weights = FieldWeights(**json.loads((path / _SETTINGS).read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError):
            weights = FieldWeights(format=-1)
        if weights.format != FORMAT:
            raise MatchError(
                [
                    problem(
                        "MATCH-NO-INDEX",
                        "folder",
                        path,
                        f"holds no index of format {FORMAT}.",
                        "Build it with `keqiao match index`.",
                    )
                ]
            )
        return cls(path, weights)

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, documents: Iterable[Document]) -> int:
        """Add or replace documents by id; returns how many. Not visible to anyone before `commit`."""
        writer, count = self._writing(), 0
        for document in documents:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(self._stored(document))
            count += 1
        return count

    def delete(self, ids: Iterable[str]) -> int:
        """Remove documents by id (unknown ids do nothing); returns how many ids were given."""
        writer, count = self._writing(), 0
        for identity in ids:
            writer.delete_documents_by_term("id", identity)
            count += 1
        return count

    def commit(self) -> None:
        """Make all additions and deletions since the last commit durable and visible, at once and together."""
        if self._writer is not None:
            self._writer.commit()
            self._reload()

    def close(self) -> None:
        """Give back the writing lock; what was not committed is forgotten. Waits for merging of files to end."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.rollback()
            writer.wait_merging_threads()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        self._refresh()
        return int(self._tantivy.searcher().num_docs)

    def get(self, identity: str) -> Document | None:
        """The stored document of an id, or None."""
        self._refresh()
        searcher = self._tantivy.searcher()
        found = searcher.search(tantivy.Query.term_query(self._schema, "id", identity, "basic"), 1, count=False).hits
        return _document(searcher.doc(found[0][1])) if found else None

    def search(
        self,
        text: str,
        top: int = 20,
        filters: Sequence[Filter] = (),
        mode: Mode = "full",
        reasons: int = 20,
        accept: Callable[[Document], bool] | None = None,
    ) -> Answer:
        """The `top` best documents for a text. The first `reasons` of them carry their reasons.

        `accept` drops hits after retrieval (access rules of the caller); enough are fetched to fill `top` unless more
        than nine in ten are dropped. A text without any term gives no hits. Cost: see bench/results/match.md.
        """
        started = time.perf_counter()
        self._refresh()
        searcher = self._tantivy.searcher()
        query_terms = terms(text)
        wanted = top if accept is None else top * 10
        candidates, served = self._candidates(searcher, query_terms, filters, mode, wanted)
        hits: list[Hit] = []
        for candidate in candidates:
            document = _document(searcher.doc(candidate.address))
            if accept is not None and not accept(document):
                continue
            rank = len(hits) + 1
            why = self._reasons(searcher, text, document, candidate, filters) if rank <= reasons else None
            hits.append(Hit(document.id, rank, candidate.score, candidate.lexical, candidate.semantic, document, why))
            if rank == top:
                break
        return Answer(tuple(hits), served, (time.perf_counter() - started) * 1000)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            try:
                self._writer = self._tantivy.writer(_WRITER_MEMORY, 1)
            except ValueError as error:
                raise MatchError(
                    [
                        problem(
                            "MATCH-LOCKED",
                            "folder",
                            self.folder,
                            "another process is writing to it.",
                            "Wait for it to end, then try again.",
                        )
                    ]
                ) from error
        return self._writer

    def _stored(self, document: Document) -> tantivy.Document:
        row = tantivy.Document()
        row.add_text("id", document.id)
        row.add_text("terms", " ".join(weighted_terms(document, self.weights)))
        for name, values in document.labels.items():
            for value in values:
                row.add_text("label", f"{name}={value}")
        for name, number in document.numbers.items():
            row.add_float(name, number)
        row.add_bytes("source", json.dumps(asdict(document), ensure_ascii=False, separators=(",", ":")).encode())
        return row

    def _refresh(self) -> None:
        commit = (self.folder / "meta.json").stat().st_mtime_ns
        if commit != self._seen_commit:
            self._seen_commit = commit
            self._reload()

    def _reload(self) -> None:
        self._tantivy.reload()
        self._statistics = None

    def _candidates(
        self, searcher: Any, query_terms: list[str], filters: Sequence[Filter], mode: Mode, top: int
    ) -> tuple[list[Candidate], Mode]:
        query = self._query(query_terms, filters)
        if query is None:
            return [], mode
        found = searcher.search(query, top, count=False).hits
        return [Candidate(address, score, score) for score, address in found], "lexical"

    def _query(self, query_terms: list[str], filters: Sequence[Filter]) -> tantivy.Query | None:
        query_of, must, should = tantivy.Query, tantivy.Occur.Must, tantivy.Occur.Should
        if not query_terms:
            return None
        # A repeated term stands twice in the union: that is its weight, and keeps the fast pruned union of plain terms.
        union = query_of.boolean_query(
            [(should, query_of.term_query(self._schema, "terms", term, "freq")) for term in query_terms]
        )
        if not filters:
            return union
        kept = [(must, query_of.const_score_query(self._filter(each), 0.0)) for each in filters]
        return query_of.boolean_query([(must, union), *kept])

    def _filter(self, wanted: Filter) -> tantivy.Query:
        query_of = tantivy.Query
        if wanted.field in NUMBERS:
            return query_of.range_query(
                self._schema, wanted.field, tantivy.FieldType.Float, wanted.minimum, wanted.maximum
            )
        if wanted.minimum is not None or wanted.maximum is not None:
            raise MatchError(
                [
                    problem(
                        "MATCH-FILTER",
                        wanted.field,
                        wanted.minimum or wanted.maximum,
                        "only numbers have limits.",
                        f"Use one of {', '.join(NUMBERS)}, or any_of.",
                    )
                ]
            )
        return query_of.term_set_query(self._schema, "label", [f"{wanted.field}={value}" for value in wanted.any_of])

    def _reasons(
        self, searcher: Any, text: str, document: Document, candidate: Candidate, filters: Sequence[Filter]
    ) -> Reasons:
        if self._statistics is None:
            self._statistics = self._read_statistics(searcher, document, candidate.address)
        fields = tuple(FieldMatch.of(each, document) for each in filters)
        return explain(text, document, self.weights, self._statistics, candidate.semantic, fields)

    def _read_statistics(self, searcher: Any, document: Document, address: Any) -> Statistics:
        """The store tells its mean length only inside the explanation of a term, so one is asked for."""
        term = weighted_terms(document, self.weights)[0]
        query = tantivy.Query.term_query(self._schema, "terms", term, "freq")
        details = json.loads(query.explain(searcher, address).to_json())["details"]
        values = {
            part["description"].split(",")[0]: part["value"] for group in details for part in group.get("details", [])
        }
        known: dict[str, int] = {}

        def frequency(asked: str) -> int:
            if asked not in known:
                known[asked] = int(searcher.doc_freq("terms", asked))
            return known[asked]

        return Statistics(int(values["N"]), float(values["avgdl"]), frequency)


def _document(stored: Any) -> Document:
    row = json.loads(stored.get_first("source"))
    labels = {name: tuple(values) for name, values in row["labels"].items()}
    return Document(row["id"], row["text"], row["title"], tuple(row["keywords"]), labels, row["numbers"])
