"""Documents and their terms on disk: written in atomic commits, read while another process writes.

Hides tantivy: its schema, query objects, locks and statistics. Terms of all fields stand in one weighted field, which
keeps the engine's pruned union of plain terms (the difference between 3 and 30 ms at a million documents).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tantivy

from keqiao.engines.match.documents import NUMBERS, Document, Filter, MatchError
from keqiao.engines.match.tokens import terms
from keqiao.engines.match.vectors import text_key
from keqiao.engines.match.weights import FieldWeights, Statistics, weighted_terms

_WRITER_MEMORY = 128_000_000
_LARGE = 200_000
_MUST, _SHOULD = tantivy.Occur.Must, tantivy.Occur.Should


@dataclass(frozen=True)
class Found:
    """A document the store has found, by its address (valid until the next commit), and its BM25 score."""

    address: Any
    bm25: float


def searched_text(document: Document) -> str:
    """All text of a document that is searched, title first: what vectors are made of and hits are explained by."""
    return "\n".join(part for part in (document.title, "；".join(document.keywords), document.text) if part)


class Store:
    """The documents of one folder. Reading needs no lock; one process at a time may write."""

    def __init__(self, folder: Path, weights: FieldWeights) -> None:
        self.folder, self.weights = folder, weights
        self._engine = tantivy.Index.open(str(folder))
        self._schema = self._engine.schema
        self._writer: tantivy.IndexWriter | None = None
        self._seen_commit = -1
        self._searcher: Any = None
        self._statistics: Statistics | None = None

    @classmethod
    def create(cls, folder: Path) -> None:
        """Make an empty store in an existing folder."""
        build = tantivy.SchemaBuilder()
        build.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        build.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
        build.add_text_field("label", tokenizer_name="raw", index_option="basic")
        for name in NUMBERS:
            build.add_float_field(name, indexed=True, fast=True)
        build.add_unsigned_field("key", indexed=True, fast=True)
        build.add_bytes_field("source", stored=True)
        tantivy.Index(build.build(), path=str(folder))

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, document: Document) -> None:
        """Add a document, or replace the one with its id."""
        row = tantivy.Document()
        row.add_text("id", document.id)
        row.add_text("terms", " ".join(weighted_terms(document, self.weights)))
        for name, values in document.labels.items():
            for value in values:
                row.add_text("label", f"{name}={value}")
        for name, number in document.numbers.items():
            row.add_float(name, number)
        row.add_unsigned("key", text_key(searched_text(document)))
        row.add_bytes("source", json.dumps(asdict(document), ensure_ascii=False, separators=(",", ":")).encode())
        self.remove(document.id)
        self._writing().add_document(row)

    def remove(self, identity: str) -> None:
        """Remove the document of an id, if there is one."""
        self._writing().delete_documents_by_term("id", identity)

    def commit(self) -> None:
        """Make all changes since the last commit durable and visible, together."""
        if self._writer is not None:
            self._writer.commit()

    def close(self) -> None:
        """Forget what was not committed, let file merges end, give back the lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.rollback()
            writer.wait_merging_threads()

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            try:
                self._writer = self._engine.writer(_WRITER_MEMORY, 1)
            except ValueError as error:
                raise MatchError.of(
                    "MATCH-LOCKED",
                    "folder",
                    self.folder,
                    "another process is writing to it.",
                    "Wait for it to end, then try again.",
                ) from error
        return self._writer

    # -- reading ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """See the latest commit, of whatever process."""
        commit = (self.folder / "meta.json").stat().st_mtime_ns
        if commit != self._seen_commit or self._searcher is None:
            self._engine.reload()
            self._searcher = self._engine.searcher()
            self._seen_commit, self._statistics = commit, None

    def count(self) -> int:
        """Number of documents."""
        return int(self._searcher.num_docs)

    def get(self, identity: str) -> Document | None:
        """The document of an id, or None."""
        query = tantivy.Query.term_query(self._schema, "id", identity, "basic")
        found = self._searcher.search(query, 1, count=False).hits
        return self.document(found[0][1]) if found else None

    def document(self, address: Any) -> Document:
        """The stored document at an address."""
        row = json.loads(self._searcher.doc(address).get_first("source"))
        labels = {name: tuple(values) for name, values in row["labels"].items()}
        return Document(row["id"], row["text"], row["title"], tuple(row["keywords"]), labels, row["numbers"])

    def keys(self, found: Sequence[Any]) -> list[int]:
        """Text keys of addresses."""
        return [int(key or 0) for key in self._searcher.fast_field_values("key", list(found))] if found else []

    def addresses(self) -> list[Any]:
        """All documents, in no order."""
        hits = self._searcher.search(tantivy.Query.all_query(), max(self.count(), 1), count=False).hits
        return [address for _, address in hits]

    def quick_terms(self, text: str) -> list[str]:
        """The terms of a query that lexical mode looks for. In a large store, single characters that more than one in
        fifty documents has are left out where longer terms remain: a fifth of the time for a little less quality
        (measured in bench/results/match.md). Full mode keeps them."""
        found = terms(text)
        if self.count() <= _LARGE or all(len(term) == 1 for term in found):
            return found
        common = self.count() / 50
        return [term for term in found if len(term) > 1 or self._searcher.doc_freq("terms", term) <= common]

    def by_terms(self, query_terms: Sequence[str], filters: Sequence[Filter], top: int) -> list[Found]:
        """The documents with the highest BM25 for some terms, best first."""
        if not query_terms:
            return []
        return self._search(self._filtered(self._union(query_terms), filters), top)

    def by_keys(self, keys: Sequence[int], query_terms: Sequence[str], filters: Sequence[Filter]) -> list[Found]:
        """The documents with one of some text keys, with their BM25 for the terms."""
        if not keys:
            return []
        wanted = tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, "key", list(keys)), 0.0)
        parts = [(_MUST, wanted)] + ([(_SHOULD, self._union(query_terms))] if query_terms else [])
        return self._search(self._filtered(tantivy.Query.boolean_query(parts), filters), len(keys) * 4)

    def statistics(self, example: Any) -> Statistics:
        """Collection statistics as of the commit being read; `example` is the address of any document."""
        if self._statistics is None:
            self._statistics = self._read_statistics(example)
        return self._statistics

    def _search(self, query: tantivy.Query, top: int) -> list[Found]:
        return [Found(address, float(score)) for score, address in self._searcher.search(query, top, count=False).hits]

    def _union(self, query_terms: Sequence[str]) -> tantivy.Query:
        # A repeated term stands twice in the union: that is its weight, and keeps the pruned union of plain terms.
        return tantivy.Query.boolean_query(
            [(_SHOULD, tantivy.Query.term_query(self._schema, "terms", term, "freq")) for term in query_terms]
        )

    def _filtered(self, query: tantivy.Query, filters: Iterable[Filter]) -> tantivy.Query:
        kept = [(_MUST, tantivy.Query.const_score_query(self._filter(each), 0.0)) for each in filters]
        return tantivy.Query.boolean_query([(_MUST, query), *kept]) if kept else query

    def _filter(self, wanted: Filter) -> tantivy.Query:
        if wanted.field in NUMBERS:
            return tantivy.Query.range_query(
                self._schema, wanted.field, tantivy.FieldType.Float, wanted.minimum, wanted.maximum
            )
        if wanted.minimum is not None or wanted.maximum is not None:
            raise MatchError.of(
                "MATCH-FILTER",
                wanted.field,
                (wanted.minimum, wanted.maximum),
                "only numbers have limits.",
                f"Use one of {', '.join(NUMBERS)}, or any_of.",
            )
        values = [f"{wanted.field}={value}" for value in wanted.any_of]
        return tantivy.Query.term_set_query(self._schema, "label", values)

    def _read_statistics(self, example: Any) -> Statistics:
        """The engine tells its mean length only inside the explanation of a term, so one is asked for."""
        term = next(iter(weighted_terms(self.document(example), self.weights)), "")
        explanation = tantivy.Query.term_query(self._schema, "terms", term, "freq").explain(self._searcher, example)
        parts = json.loads(explanation.to_json())["details"]
        values = {
            each["description"].split(",")[0]: each["value"] for part in parts for each in part.get("details", ())
        }
        searcher, known = self._searcher, {}

        def frequency(asked: str) -> int:
            if asked not in known:
                known[asked] = int(searcher.doc_freq("terms", asked))
            return known[asked]

        return Statistics(int(values["N"]), float(values["avgdl"]), frequency)
