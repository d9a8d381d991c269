"""The commands on plain files: what they write, and their exit codes."""

import json

import pytest

from keqiao.engines.match.command import main


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def built(tmp_path):
    corpus = lines(
        tmp_path / "c.jsonl",
        [{"id": "a", "text": "压电陶瓷驱动器", "industry": "装备"}, {"id": 2, "text": "印染废水处理"}],
    )
    assert main(["index", corpus, "--out", str(tmp_path / "i")]) == 0
    return tmp_path


def test_index_search_explain_and_eval(built, capsys):
    queries = lines(built / "q.jsonl", [{"id": "q", "text": "废水处理"}])
    qrels = lines(built / "r.jsonl", [{"query": "q", "doc": "2", "rel": 1}])
    for mode in ("lexical", "full"):
        out = built / f"{mode}.jsonl"
        assert (
            main(["search", str(built / "i"), "--queries", queries, "--out", str(out), "--mode", mode, "--explain"])
            == 0
        )
        first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
        assert (first["query"], first["doc"], first["rank"]) == ("q", "2", 1)
        assert first["reasons"]["phrases"][0]["text"] == "废水处理"
    assert main(["eval", str(out), qrels, "--against", str(built / "lexical.jsonl")]) == 0
    assert main(["eval", str(out), qrels]) == 0
    assert "mrr@10   1.0000" in capsys.readouterr().out


def test_add_and_delete(built, capsys):
    assert main(["add", str(built / "i"), lines(built / "n.jsonl", [{"id": "n", "text": "新的"}])]) == 0
    assert main(["delete", str(built / "i"), "a", "nobody"]) == 0
    assert "1 of 2 documents deleted, 2 left" in capsys.readouterr().out


def test_a_corpus_with_errors_is_not_taken_and_all_errors_are_named(tmp_path, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"id": "a", "text": "x"}\nnonsense\n{"text": "x"}\n{"id": "a"}\n{"id": "b", "text": 5}\n', encoding="utf-8"
    )
    assert main(["index", str(path), "--out", str(tmp_path / "i")]) == 1
    told = capsys.readouterr().err
    for code in (
        "MATCH-NOT-JSON: line 2",
        "MATCH-NO-ID: line 3",
        "MATCH-DUPLICATE-ID: line 4",
        "MATCH-FIELD-KIND: line 5",
    ):
        assert code in told
    assert not (tmp_path / "i").exists()


def test_assign_draw_and_experts(tmp_path, capsys):
    problem = {"people": [{"id": "e", "load": 1}], "items": [{"id": "p", "number": 1}], "scores": {"e": {"p": 0.5}}}
    (tmp_path / "p.json").write_text(json.dumps(problem))
    assert main(["assign", str(tmp_path / "p.json"), "--out", str(tmp_path / "r.json")]) == 0
    assert json.loads((tmp_path / "r.json").read_text())["pairs"] == [{"person": "e", "item": "p", "score": 0.5}]
    problem["items"][0]["number"] = 2
    (tmp_path / "p.json").write_text(json.dumps(problem))
    assert main(["assign", str(tmp_path / "p.json"), "--out", str(tmp_path / "r.json")]) == 1
    (tmp_path / "c.json").write_text('["a", "b", "c"]')
    secret = "0123456789abcdef"
    assert (
        main(["draw", str(tmp_path / "c.json"), "--secret", secret, "--number", "2", "--out", str(tmp_path / "d")]) == 0
    )
    assert len(json.loads((tmp_path / "d" / "draw.json").read_text())["drawn"]) == 2
    for name, content in (("t", {"w": "压电陶瓷", "q": "压电"}), ("pr", {"e": ["w"]}), ("q", ["q"])):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    files = [
        f"{option}={tmp_path / name}.json"
        for option, name in (("--texts", "t"), ("--profiles", "pr"), ("--queries", "q"), ("--out", "s"))
    ]
    assert main(["experts", *files]) == 0
    assert 0 < json.loads((tmp_path / "s.json").read_text())["e"]["q"] < 1


def test_wrong_calls_end_with_2(tmp_path):
    assert main(["dance"]) == 2
    assert main(["eval", str(tmp_path / "none"), str(tmp_path / "none")]) == 2
    assert main(["search", str(tmp_path)]) == 2
