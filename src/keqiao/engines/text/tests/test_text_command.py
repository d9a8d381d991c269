import json
from pathlib import Path

import pytest

from keqiao.engines.text.command import main

TEXT = "科学技术局工作总结篇一\n认定高新技术企业71家,同比增长12%。\n科学技术局工作总结篇二\n新增平台xx家。\n"


def test_read_then_facts(tmp_path: Path) -> None:
    source = tmp_path / "report.txt"
    source.write_bytes(TEXT.encode("gb18030"))
    assert main(["read", str(source), "--out", str(tmp_path / "out")]) == 0
    articles = json.loads((tmp_path / "out" / "articles.json").read_text(encoding="utf-8"))["articles"]
    assert [(a["id"], a["clean"]) for a in articles] == [
        ("一", "认定高新技术企业71家,同比增长12%。"),
        ("二", "新增平台xx家。"),
    ]
    facts = tmp_path / "facts.jsonl"
    assert main(["facts", str(tmp_path / "out" / "articles.json"), "--out", str(facts)]) == 0
    records = [json.loads(line) for line in facts.read_text(encoding="utf-8").splitlines()]
    assert [(r["article"], r["value"], r["kind"]) for r in records] == [
        ("一", 71, "actual"),
        ("一", 12, "yoy"),
        ("二", None, "masked"),
    ]
    for record in records:
        clean = next(a["clean"] for a in articles if a["id"] == record["article"])
        assert clean[record["start"] : record["end"]] == record["span"]


def test_clean_passes_bytes_through(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = tmp_path / "a.txt"
    data = "全市研发投入3亿元。\r\n第二行".encode("gb18030")
    source.write_bytes(data)
    assert main(["clean", str(source)]) == 0
    assert capfdbinary.readouterr().out == data


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["clean", str(tmp_path / "absent")]) == 1
    assert main(["--help"]) == 0
    capsys.readouterr()
