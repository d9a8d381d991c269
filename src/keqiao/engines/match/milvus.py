"""The same search on Milvus, when one machine is not enough: same terms, same weights, same order within ties.

Hides how BM25 becomes a dot product. Milvus's own BM25 cuts text itself and knows no field weights, so the saturated
term weights are computed here, from the same statistics as the embedded store, and sent as sparse vectors (term weight
of the document × rarity and count in the query). Statistics are frozen when `freeze` is called; refresh them when the
collection has grown by a tenth or so. Needs the extra package `pymilvus` (`pymilvus[milvus-lite]` for tests).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keqiao.engines.match.documents import Document
from keqiao.engines.match.encoders import Encoder
from keqiao.engines.match.store import searched_text
from keqiao.engines.match.tokens import terms
from keqiao.engines.match.weights import FieldWeights, Statistics, weighted_terms

_BLOCK = 500


@dataclass(frozen=True)
class RemoteHit:
    """An id and its score from one search."""

    id: str
    score: float


def freeze(documents: Iterable[Document], weights: FieldWeights) -> Statistics:
    """Collection statistics of some documents, as the embedded store would count them."""
    frequency: Counter[str] = Counter()
    count = length = 0
    for document in documents:
        counted = weighted_terms(document, weights)
        frequency.update(set(counted))
        count, length = count + 1, length + len(counted)
    return Statistics(count, length / count if count else 1.0, lambda term: frequency[term])


def term_dimension(term: str) -> int:
    """The sparse dimension of a term: 31 bits of its hash, so that no dictionary has to be shared between machines."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "little") & 0x7FFFFFFE


class MilvusIndex:
    """A collection in Milvus with a sparse field (words) and, with an encoder, a dense field (meaning)."""

    def __init__(
        self, client: Any, name: str, statistics: Statistics, weights: FieldWeights, encoder: Encoder | None = None
    ) -> None:
        """`client` is a `pymilvus.MilvusClient`; the collection is made when it does not exist."""
        self._client, self._name, self._statistics, self._weights = client, name, statistics, weights
        self._encoder = encoder
        if not client.has_collection(name):
            self._make()

    def add(self, documents: Iterable[Document]) -> int:
        """Add or replace documents by id; returns how many."""
        rows, count = [], 0
        for document in documents:
            rows.append(self._row(document))
            count += 1
            if len(rows) == _BLOCK:
                self._client.upsert(self._name, rows)
                rows = []
        if rows:
            self._client.upsert(self._name, rows)
        return count

    def delete(self, ids: Sequence[str]) -> None:
        """Remove documents by id."""
        self._client.delete(self._name, ids=list(ids))

    def by_words(self, text: str, top: int = 100) -> list[RemoteHit]:
        """Best documents by BM25, with the embedded store's scores (float32), equal ones by id."""
        query = {
            term_dimension(term): self._statistics.rarity(term) * count for term, count in Counter(terms(text)).items()
        }
        return self._search("words", query, "IP", top) if query else []

    def by_meaning(self, text: str, top: int = 100) -> list[RemoteHit]:
        """Nearest documents by cosine; nothing without an encoder."""
        if self._encoder is None:
            return []
        return self._search("meaning", self._encoder.encode_query(text).tolist(), "COSINE", top)

    def _search(self, field: str, query: Any, metric: str, top: int) -> list[RemoteHit]:
        found = self._client.search(
            self._name,
            data=[query],
            anns_field=field,
            limit=top,
            search_params={"metric_type": metric},
            output_fields=["id"],
            consistency_level="Strong",
        )[0]
        hits = [RemoteHit(str(each["id"]), float(each["distance"])) for each in found]
        return sorted(hits, key=lambda each: (-each.score, each.id))

    def _row(self, document: Document) -> dict[str, Any]:
        counted = weighted_terms(document, self._weights)
        shares = self._statistics.saturations(counted)
        words: dict[int, float] = {}
        for term, share in shares.items():
            words[term_dimension(term)] = words.get(term_dimension(term), 0.0) + share
        row: dict[str, Any] = {"id": document.id, "words": words or {0: 1e-9}}
        if self._encoder is not None:
            row["meaning"] = np.asarray(self._encoder.encode([searched_text(document)])[0]).tolist()
        return row

    def _make(self) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=256)
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        indexes = self._client.prepare_index_params()
        indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        if self._encoder is not None:
            schema.add_field("meaning", DataType.FLOAT_VECTOR, dim=self._encoder.dimensions)
            indexes.add_index("meaning", index_type="FLAT", metric_type="COSINE")
        self._client.create_collection(self._name, schema=schema, index_params=indexes, consistency_level="Strong")
