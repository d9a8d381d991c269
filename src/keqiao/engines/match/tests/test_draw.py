"""The draw: same for everyone, bound to its promise, fair over secrets, and re-run by the published script."""

import subprocess
import sys
from collections import Counter

import pytest

from keqiao.engines.match import RERUN_SCRIPT, MatchError, draw, promise

NAMES = [f"专家{i}" for i in range(12)]
SECRET = "0123456789abcdef-secret"


def test_the_same_for_any_order_of_candidates_and_another_for_another_public_value():
    first = draw(NAMES, 3, SECRET, "彩票123", reserve_number=2)
    assert first == draw(NAMES[::-1], 3, SECRET, "彩票123", reserve_number=2)
    assert len(set(first.drawn + first.reserves)) == 5
    assert len({draw(NAMES, 3, SECRET, str(value)).drawn for value in range(20)}) > 10


def test_a_changed_list_or_secret_breaks_the_promise():
    published = promise(NAMES, SECRET).promise
    assert draw(NAMES, 1, SECRET, "1", published).promise == published
    for candidates, secret in ((NAMES[1:], SECRET), (NAMES, SECRET + "x")):
        with pytest.raises(MatchError, match="MATCH-PROMISE"):
            draw(candidates, 1, secret, "1", published)


def test_everyone_is_drawn_about_equally_often():
    counts = Counter(who for value in range(1200) for who in draw(NAMES, 3, SECRET, str(value)).drawn)
    assert all(240 < counts[who] < 360 for who in NAMES)


def test_the_published_script_confirms_the_record_and_catches_a_forged_one(tmp_path):
    record = draw(NAMES, 3, SECRET, "彩票123", reserve_number=2).to_json()
    (tmp_path / "rerun.py").write_text(RERUN_SCRIPT, encoding="utf-8")
    for text, code in ((record, 0), (record.replace("彩票123", "彩票124"), 1)):
        (tmp_path / "draw.json").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(tmp_path / "rerun.py"), str(tmp_path / "draw.json")], check=False, capture_output=True
        )
        assert done.returncode == code


def test_wrong_calls_are_refused_with_all_errors():
    with pytest.raises(MatchError) as caught:
        promise(["a", "a", ""], "short")
    assert {each.code for each in caught.value.problems} == {"MATCH-DUPLICATE-ID", "MATCH-NO-ID", "MATCH-SECRET"}
    for number in (0, 13):
        with pytest.raises(MatchError, match="MATCH-DRAW-NUMBER"):
            draw(NAMES, number, SECRET, "1")
