"""Vectors: exact neighbours, repair after a torn write, one vector per text."""

import numpy as np

from keqiao.engines.match import vectors as module
from keqiao.engines.match.vectors import VectorStore, text_key


def _unit(count, seed=0, dimensions=128):
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32) + 0.5
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_similarities_are_centred_cosines_to_within_one_percent(tmp_path):
    store, rows = VectorStore(tmp_path, 128), _unit(500)
    store.add(list(range(500)), rows)
    query = _unit(1, seed=9)[0]
    middle = rows - rows.mean(axis=0)
    asked = query - rows.mean(axis=0)
    exact = middle @ asked / np.linalg.norm(middle, axis=1) / np.linalg.norm(asked)
    assert np.abs(store.similarities(query, list(range(500))) - exact).max() < 0.01
    assert store.similarities(query, [999]).tolist() == [0.0]
    assert set(store.nearest(query, 10)[:5]) <= set(np.argsort(-exact)[:10].tolist())


def test_a_torn_write_is_cut_off_and_the_rest_stays(tmp_path):
    store, rows = VectorStore(tmp_path, 128), _unit(20)
    store.add(range(10), rows[:10])
    with open(tmp_path / "rows.i8", "ab") as file:
        file.write(b"torn")
    with open(tmp_path / "keys.u64", "ab") as file:
        file.write(b"abc")
    again = VectorStore(tmp_path, 128)
    assert len(again) == 10
    again.add(range(10, 20), rows[10:])
    assert VectorStore(tmp_path, 128).nearest(rows[15], 1) == [15]


def test_only_texts_without_vector_are_missing_each_once(tmp_path):
    store = VectorStore(tmp_path, 128)
    store.add([text_key("a")], _unit(1))
    assert store.missing([text_key("a"), text_key("b"), text_key("b")]) == [1]


def test_the_sign_filter_for_large_stores_finds_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_EXACT_ROWS", 100)
    monkeypatch.setattr(module, "_KEPT", 200)
    store, rows = VectorStore(tmp_path, 128), _unit(2000)
    store.add(range(2000), rows)
    for at in range(0, 2000, 97):
        assert store.nearest(rows[at], 1) == [at]


def test_another_process_sees_new_vectors(tmp_path):
    writer, reader = VectorStore(tmp_path, 128), VectorStore(tmp_path, 128)
    writer.add([7], _unit(1))
    assert reader.nearest(_unit(1)[0], 1) == [7]
