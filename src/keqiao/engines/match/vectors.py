"""Vectors of document texts in one append-only file, found by the hash of the text.

Hides 8-bit storage, exact search and crash safety. A vector belongs to a text, not to a record: adding, deleting and
replacing records never touches this file, the same text is encoded once, and vectors may be filled in later, in the
background, while words alone already serve.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

Array = np.ndarray
_SCALE = 127.0
_EXACT_ROWS = 50_000
_KEPT = 4096
_BLOCK = 65_536


def text_key(text: str) -> int:
    """The 64-bit key of a text (first 8 bytes of BLAKE2b)."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class VectorStore:
    """Rows of `dimensions` signed bytes (cosines good to about ±0.005) and their keys, in `folder`.

    A row counts once its key is written; rows without key at the end, left by a crash, are cut off at the next write.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.dimensions = dimensions
        self._rows_file, self._keys_file = folder / "rows.i8", folder / "keys.u64"
        self._keys: Array = np.zeros(0, np.uint64)
        self._order: Array = np.zeros(0, np.int64)
        self._rows: Array = np.zeros((0, dimensions), np.int8)
        self._signs: Array = np.zeros((0, dimensions // 8), np.uint8)
        self._mean: Array = np.zeros(dimensions, np.float32)
        self._typical = 1.0
        self._load()

    def __len__(self) -> int:
        return len(self._keys)

    def missing(self, keys: Sequence[int]) -> list[int]:
        """Positions in `keys` that have no vector yet, first of equal ones only."""
        self._refresh()
        places = self._places(np.array(keys, dtype=np.uint64))
        first = {key: at for at, key in reversed(list(enumerate(keys)))}
        return [at for at, key in enumerate(keys) if places[at] < 0 and first[key] == at]

    def add(self, keys: Sequence[int], vectors: Array) -> None:
        """Append vectors (rows of length 1), durable when this returns."""
        largest = np.abs(vectors).max(axis=1, keepdims=True)
        packed = np.round(vectors / np.where(largest > 0, largest, 1.0) * _SCALE).astype(np.int8)
        with open(self._rows_file, "ab") as rows, open(self._keys_file, "ab") as names:
            rows.truncate(len(self) * self.dimensions)
            names.truncate(len(self) * 8)
            rows.write(packed.tobytes())
            rows.flush()
            os.fsync(rows.fileno())
            names.write(np.array(keys, dtype=np.uint64).tobytes())
            names.flush()
            os.fsync(names.fileno())
        self._load()

    def similarities(self, query: Array, keys: Sequence[int]) -> Array:
        """Centred cosine of each key's vector with the query; 0 for a key without vector.

        Centred: what all texts of the store have in common is taken off first, since encoders give any two texts a
        high cosine.
        """
        self._refresh()
        places = self._places(np.array(keys, dtype=np.uint64))
        known = places >= 0
        result = np.zeros(len(keys), np.float32)
        if known.any():
            result[known] = self._cosines(query, self._rows[places[known]])
        return result

    def nearest(self, query: Array, top: int) -> list[int]:
        """Keys of the `top` nearest vectors. Exact up to 50,000 rows; beyond, the 4,096 rows whose signs agree most
        with the query are compared exactly (recall: bench/results/match.md)."""
        self._refresh()
        if not len(self):
            return []
        if len(self) <= _EXACT_ROWS:
            chosen = np.arange(len(self))
        else:
            wanted = np.packbits(query - self._mean > 0).view(np.uint8)
            chosen = self._agreeing(wanted)
        cosines = self._cosines(query, self._rows[chosen])
        best = np.argsort(-cosines, kind="stable")[:top]
        return [int(key) for key in self._keys[chosen[best]]]

    def _cosines(self, query: Array, rows: Array) -> Array:
        centred = query - self._mean
        centred = centred / (float(np.linalg.norm(centred)) or 1.0)
        parts = []
        for at in range(0, len(rows), _BLOCK):
            block = rows[at : at + _BLOCK].astype(np.float32)
            block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
            block -= self._mean
            parts.append((block @ centred) / np.maximum(np.linalg.norm(block, axis=1), 1e-9))
        return np.concatenate(parts)

    def _agreeing(self, wanted: Array) -> Array:
        if len(self._signs) != len(self):
            signs = [
                np.packbits(self._rows[at : at + _BLOCK] > self._mean * self._typical, axis=1)
                for at in range(0, len(self), _BLOCK)
            ]
            self._signs = np.concatenate(signs)
        width = self.dimensions // 64 * 8
        differing = np.bitwise_count(self._signs[:, :width].view(np.uint64) ^ wanted[:width].view(np.uint64))
        return np.argpartition(differing.sum(axis=1, dtype=np.uint16), _KEPT)[:_KEPT]

    def _places(self, keys: Array) -> Array:
        if not len(self):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self._keys, keys, sorter=self._order), len(self) - 1)
        found = self._order[at]
        return np.where(self._keys[found] == keys, found, -1)

    def _refresh(self) -> None:
        if self._keys_file.exists() and self._keys_file.stat().st_size // 8 != len(self):
            self._load()

    def _load(self) -> None:
        size = min(_bytes(self._keys_file) // 8, _bytes(self._rows_file) // self.dimensions)
        shape = (size, self.dimensions)
        self._keys = np.fromfile(self._keys_file, np.uint64, size) if size else np.zeros(0, np.uint64)
        self._rows = np.memmap(self._rows_file, np.int8, "r", shape=shape) if size else np.zeros(shape, np.int8)
        self._order = np.argsort(self._keys, kind="stable")
        self._signs = np.zeros((0, self.dimensions // 8), np.uint8)
        sample = np.asarray(self._rows[:: max(size // 20_000, 1)], np.float32)
        lengths = np.maximum(np.linalg.norm(sample, axis=1, keepdims=True), 1e-9)
        self._mean = (sample / lengths).mean(axis=0) if size else np.zeros(self.dimensions, np.float32)
        self._typical = float(lengths.mean()) if size else 1.0


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
