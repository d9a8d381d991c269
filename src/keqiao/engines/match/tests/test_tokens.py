"""Terms: what counts as one, and that positions point at them."""

from hypothesis import given
from hypothesis import strategies as st

from keqiao.engines.match.tokens import fold, is_word, normalise, spans, terms, whole_word


def test_chinese_becomes_characters_and_pairs_and_other_runs_stay_whole():
    assert terms("压电陶瓷PZT-5H，２０２５年") == [
        "压",
        "电",
        "陶",
        "瓷",
        "压电",
        "电陶",
        "陶瓷",
        "pzt",
        "5h",
        "2025",
        "年",
    ]


def test_pairs_do_not_cross_punctuation_or_latin():
    assert "瓷驱" not in terms("陶瓷，驱动")
    assert "陶动" not in terms("陶a动")


def test_other_scripts_are_words_not_characters():
    assert terms("Привет мир 한국어") == ["привет", "мир", "한국어"]


def test_a_word_is_found_only_whole_but_next_to_chinese():
    assert whole_word("pzt").search("用pzt做")
    assert not whole_word("pzt").search("pzt5")
    assert is_word("pzt")
    assert not is_word("压电")


@given(st.text(max_size=60))
def test_spans_carry_the_same_terms_as_terms_and_point_at_them(text):
    shown = normalise(text)
    found = spans(shown)
    assert [each.term for each in found] == terms(text)
    assert all(fold(shown)[each.start : each.end].startswith(each.term) for each in found)


@given(st.text(max_size=60))
def test_folding_keeps_the_length(text):
    assert len(fold(text)) == len(text)
