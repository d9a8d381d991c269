"""Each rule against its own examples, and the scan over a small tree of files."""

from pathlib import Path

import pytest

from keqiao_checks import rules


def test_every_rule_passes_its_good_lines_and_catches_its_bad_ones():
    assert rules.self_test() == []


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_a_rule_without_its_finder_is_noticed(rule, monkeypatch):
    blind = rules.Rule(rule.name, rule.reason, rule.covers, lambda text: iter(()), rule.sample, rule.good, rule.bad)
    monkeypatch.setattr(rules, "RULES", (blind,))
    assert len(rules.self_test()) == len(rule.bad)


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Path(name)


def test_scan_names_file_line_and_rule(tmp_path):
    paths = [
        write(tmp_path, "src/keqiao/market/views.py", "def close(deal):\n    deal.save()\n"),
        write(tmp_path, "src/keqiao/market/actions.py", "def close(deal):\n    deal.save()\n"),
        write(tmp_path, "src/keqiao/core/utils.py", "deal.save()\n"),
        write(tmp_path, "picture.png", ""),
    ]
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    found = rules.scan(tmp_path, paths)
    assert [line.split(": ")[:2] for line in found] == [
        ["src/keqiao/core/utils.py", "name-the-noun"],
        ["src/keqiao/market/views.py:2", "writes-in-actions"],
    ]


@pytest.mark.parametrize(
    ("comment", "is_excused"),
    [
        ("# allow: writes-in-actions – moved here with its action", True),
        ("# allow: writes-in-actions", False),
        ("# allow: scoped-reads – moved here with its action", False),
    ],
)
def test_an_excuse_names_its_rule_and_its_reason(comment, is_excused):
    rule = next(rule for rule in rules.RULES if rule.name == "writes-in-actions")
    assert (rules.violations(rule, f"deal.save()  {comment}") == []) is is_excused
    assert (rules.violations(rule, f"{comment}\ndeal.save()") == []) is is_excused


def test_a_file_that_does_not_parse_is_a_finding():
    rule = next(rule for rule in rules.RULES if rule.name == "literal-gettext")
    assert rules.violations(rule, "x = 1\ndef (:\n") == [2]
