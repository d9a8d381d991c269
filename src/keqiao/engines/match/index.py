"""A searchable collection of documents in one folder: add, delete, commit, search with reasons.

Hides how words (`store`), meaning (`vectors`, `encoders`), order (`rank`) and reasons (`explain`) work together. What
is committed survives a crash at any moment. The registers stay the truth: the folder can always be built anew.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from keqiao.engines.match.documents import Document, Filter, MatchError
from keqiao.engines.match.encoders import Encoder, load_encoder
from keqiao.engines.match.explain import FieldMatch, Reasons, explain
from keqiao.engines.match.rank import Candidate, QueryProfile, full_order, lexical_order
from keqiao.engines.match.store import Store, searched_text
from keqiao.engines.match.tokens import terms
from keqiao.engines.match.vectors import VectorStore, text_key
from keqiao.engines.match.weights import FORMAT, FieldWeights, weighted_terms

Mode = Literal["lexical", "full"]
_SETTINGS = "keqiao-match.json"
_ENCODE_BLOCK = 256


@dataclass(frozen=True)
class Hit:
    """One answer. `score` orders the answers; `lexical` is its part from words in common, `semantic` its part from
    likeness of meaning (0 without an encoder). `reasons` is None where none were asked for."""

    id: str
    rank: int
    score: float
    lexical: float
    semantic: float
    document: Document
    reasons: Reasons | None


@dataclass(frozen=True)
class Answer:
    """Hits of one query, best first; `encoder` names what judged meaning ("" = nothing did)."""

    hits: tuple[Hit, ...]
    mode: Mode
    encoder: str
    milliseconds: float


class Index:
    """An index folder. Reading needs no lock; one process at a time may write (a second one gets a MatchError).

    >>> index = Index.create(folder)                                               # doctest: +SKIP
    >>> index.add([Document("a1", "压电陶瓷驱动器的非线性补偿")]); index.commit()      # doctest: +SKIP
    >>> index.search("压电驱动器").hits[0].id                                        # doctest: +SKIP
    'a1'
    """

    def __init__(self, folder: Path, weights: FieldWeights) -> None:
        self.folder = folder
        self._store = Store(folder, weights)
        self._encoder: Encoder | None = None
        self._vectors: VectorStore | None = None
        self._encoder_looked_for = False

    @classmethod
    def create(cls, folder: Path | str, weights: FieldWeights | None = None) -> Self:
        """Make an empty index in a new or empty folder. Raises MatchError when the folder holds something."""
        path, chosen = Path(folder), weights or FieldWeights()
        if path.exists() and any(path.iterdir()):
            raise MatchError.of(
                "MATCH-FOLDER-USED", "folder", path, "the folder is not empty.", "Choose a new one, or delete it first."
            )
        path.mkdir(parents=True, exist_ok=True)
        Store.create(path)
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
            raise MatchError.of(
                "MATCH-NO-INDEX",
                "folder",
                path,
                f"holds no index of format {FORMAT}.",
                "Build it with `keqiao match index`.",
            )
        return cls(path, weights)

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, documents: Iterable[Document]) -> int:
        """Add or replace documents by id; returns how many. Visible to nobody before `commit`."""
        count = 0
        for count, document in enumerate(documents, 1):  # noqa: B007 (the last count is the answer)
            self._store.put(document)
        return count

    def delete(self, ids: Iterable[str]) -> int:
        """Remove documents by id (unknown ids do nothing); returns how many ids were given."""
        count = 0
        for count, identity in enumerate(ids, 1):  # noqa: B007 (the last count is the answer)
            self._store.remove(identity)
        return count

    def commit(self) -> None:
        """Make all additions and deletions since the last commit durable and visible, at once and together."""
        self._store.commit()

    def close(self) -> None:
        """Give back the writing lock; what was not committed is forgotten. Waits for merging of files to end."""
        self._store.close()

    def backfill(
        self, encoder: Encoder, most: int | None = None, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Encode committed documents that have no vector yet, at most `most`; returns how many. Every block is durable,
        so it can be stopped at any time and run beside searches. `progress(done, all)` is called per block."""
        self._store.refresh()
        vectors = VectorStore(self.folder / "vectors" / encoder.name, encoder.dimensions)
        addresses = self._store.addresses()
        keys = self._store.keys(addresses)
        todo = vectors.missing(keys)[:most]
        for at in range(0, len(todo), _ENCODE_BLOCK):
            block = todo[at : at + _ENCODE_BLOCK]
            texts = [searched_text(self._store.document(addresses[each])) for each in block]
            vectors.add([keys[each] for each in block], encoder.encode(texts))
            if progress:
                progress(at + len(block), len(todo))
        self._encoder, self._vectors, self._encoder_looked_for = encoder, vectors, True
        return len(todo)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ---------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        self._store.refresh()
        return self._store.count()

    def get(self, identity: str) -> Document | None:
        """The stored document of an id, or None."""
        self._store.refresh()
        return self._store.get(identity)

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

        `accept` drops hits after retrieval (access rules of the caller); ten times `top` are looked at to fill it. A
        text without any term gives no hits. Equal scores are ordered by id. Cost: see bench/results/match.md.
        """
        started = time.perf_counter()
        self._store.refresh()
        wanted = top if accept is None else top * 10
        encoder = self._use_encoder() if mode == "full" else None
        if mode == "lexical":
            candidates = lexical_order(self._store, text, filters, wanted)
        else:
            candidates = full_order(self._store, text, filters, wanted, encoder, self._vectors)
        kept = [each for each in candidates if accept is None or accept(each.document)][:top]
        hits = tuple(self._hit(at, each, text, filters, mode, at <= reasons) for at, each in enumerate(kept, 1))
        return Answer(hits, mode, encoder.name if encoder else "", (time.perf_counter() - started) * 1000)

    def explain(self, text: str, identity: str, filters: Sequence[Filter] = ()) -> Reasons | None:
        """Why one document stands where it does for a text, found or not ("why not higher"); None for an unknown id."""
        self._store.refresh()
        document = self._store.get(identity)
        if document is None:
            return None
        found = self._store.by_keys([text_key(searched_text(document))], terms(text), ())
        return self._reasons(text, Candidate(found[0].address, document, 0.0, 0.0), filters, "full")

    def _hit(
        self, rank: int, candidate: Candidate, text: str, filters: Sequence[Filter], mode: Mode, explained: bool
    ) -> Hit:
        reasons = self._reasons(text, candidate, filters, mode) if explained else None
        parts = (candidate.score, candidate.lexical, candidate.semantic)
        return Hit(candidate.document.id, rank, *parts, candidate.document, reasons)

    def _reasons(self, text: str, candidate: Candidate, filters: Sequence[Filter], mode: Mode) -> Reasons:
        fields = tuple(FieldMatch.of(each, candidate.document) for each in filters)
        statistics = self._store.statistics(candidate.address)
        query_terms = terms(text) if mode == "full" else self._store.quick_terms(text)
        points = statistics.contributions(query_terms, weighted_terms(candidate.document, self._store.weights))
        if mode == "full":
            points = QueryProfile.of(query_terms, statistics).points(points)
        return explain(text, candidate.document, points, candidate.semantic, fields)

    def _use_encoder(self) -> Encoder | None:
        """The installed encoder that this index has vectors of, looked for once."""
        if not self._encoder_looked_for:
            self._encoder_looked_for = True
            for folder in sorted((self.folder / "vectors").glob("*")):
                if (found := load_encoder(folder.name)) is not None:
                    self._encoder, self._vectors = found, VectorStore(folder, found.dimensions)
                    break
        return self._encoder
