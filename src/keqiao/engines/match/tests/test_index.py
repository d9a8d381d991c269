"""The index: finding, reasons, filters, updates seen by other readers, and survival of a killed writer."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.match import Document, FieldWeights, Filter, Index, MatchError
from keqiao.engines.match.vectors import text_key
from keqiao.engines.match.weights import stored_length

PIEZO = Document(
    "a1",
    "提出压电陶瓷驱动器迟滞非线性的前馈补偿方法,定位误差降到0.1%。",
    "压电驱动器的迟滞补偿",
    labels={"industry": ("装备",), "region": ("绍兴",)},
    numbers={"maturity": 6, "price": 300000},
)
DYE = Document(
    "a2",
    "研究涤纶织物印染废水的臭氧催化氧化处理,COD降到50mg/L以下。",
    "印染废水深度处理",
    labels={"industry": ("纺织", "环保"), "region": ("柯桥",)},
    numbers={"maturity": 8},
)
STEEL = Document("a3", "分析高强钢焊接接头的疲劳裂纹扩展。", labels={"industry": ("装备",)})
FILL = [Document(f"f{i}", f"一般性研究第{i}号,讨论方法与应用。") for i in range(40)]


@pytest.fixture
def index(tmp_path):
    with Index.create(tmp_path / "index") as made:
        made.add([PIEZO, DYE, STEEL, *FILL])
        made.commit()
        yield made


@pytest.mark.parametrize("mode", ["lexical", "full"])
def test_finds_the_document_and_its_phrases_add_up_to_the_lexical_score(index, mode):
    hits = index.search("压电陶瓷驱动器的迟滞", mode=mode).hits
    assert hits[0].id == "a1"
    for hit in hits:
        assert sum(each.points for each in hit.reasons.phrases) == pytest.approx(hit.lexical, rel=1e-4)
        assert hit.score == pytest.approx(hit.lexical + hit.semantic)


def test_says_which_phrases_stand_there_which_are_missing_and_where(index):
    reasons = index.search("印染废水的膜生物反应器").hits[0].reasons
    assert reasons.phrases[0].text == "印染废水的"
    assert reasons.phrases[0].literal
    assert any("生物反应器" in each for each in reasons.missing)
    start, end = reasons.passage.marks[0]
    assert "印染废水" in reasons.passage.text[start:end]


def test_why_not_higher_is_answered_for_a_document_that_was_not_found(index):
    assert index.explain("印染废水", "a3").missing == ("印染废水",)
    assert index.explain("印染废水", "nobody") is None


def test_filters_keep_only_what_is_known_to_fit(index):
    def ids(*filters):
        return {hit.id for hit in index.search("研究方法焊接废水压电", filters=filters).hits}

    assert ids(Filter("industry", ("环保",))) == {"a2"}
    assert ids(Filter("industry", ("装备", "环保"))) == {"a1", "a2", "a3"}
    assert ids(Filter("maturity", minimum=7)) == {"a2"}
    assert ids(Filter("price", maximum=500000)) == {"a1"}
    assert ids(Filter("industry", ("装备",)), Filter("region", ("绍兴",))) == {"a1"}
    match = index.search("压电", filters=(Filter("maturity", minimum=5),)).hits[0].reasons.fields[0]
    assert (match.wanted, match.found, match.fits) == ("5–", "6", True)
    with pytest.raises(MatchError, match="MATCH-FILTER"):
        ids(Filter("industry", minimum=1))


def test_the_callers_access_rule_drops_hits_and_the_rest_moves_up(index):
    hits = index.search("压电 废水", accept=lambda document: document.id != "a1").hits
    assert "a1" not in [hit.id for hit in hits]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_replacing_and_deleting_take_effect_at_commit_only_and_for_all_readers(index):
    reader = Index.open(index.folder)
    index.add([Document("a1", "完全不同的内容:水稻育种。")])
    index.delete(["a3", "unknown"])
    assert reader.search("压电").hits
    assert reader.get("a3")
    index.commit()
    assert not reader.search("压电", mode="lexical").hits
    assert reader.get("a3") is None
    assert reader.search("水稻育种").hits[0].id == "a1"
    assert len(reader) == 42


def test_a_title_word_weighs_more_than_a_text_word(tmp_path):
    with Index.create(tmp_path / "i", FieldWeights(title=3)) as made:
        made.add([Document("title", "其他文字内容等等", "石墨烯"), Document("text", "石墨烯其他文字内容等等")])
        made.commit()
        assert [hit.id for hit in made.search("石墨烯", mode="lexical").hits] == ["title", "text"]


def test_texts_without_terms_and_an_empty_index_give_no_hits(index, tmp_path):
    assert index.search("，。!").hits == ()
    assert index.search("").hits == ()
    assert Index.create(tmp_path / "empty").search("压电").hits == ()


def test_equal_scores_are_ordered_by_id(tmp_path):
    with Index.create(tmp_path / "i") as made:
        made.add([Document(name, "同样的文字") for name in "cab"])
        made.commit()
        for mode in ("lexical", "full"):
            assert [hit.id for hit in made.search("文字", mode=mode).hits] == ["a", "b", "c"]


def test_a_second_writer_is_refused_with_a_remedy(index):
    index.add([STEEL])
    with pytest.raises(MatchError, match="MATCH-LOCKED"):
        Index.open(index.folder).add([STEEL])


def test_wrong_folders_are_refused(tmp_path, index):
    with pytest.raises(MatchError, match="MATCH-NO-INDEX"):
        Index.open(tmp_path / "nothing")
    with pytest.raises(MatchError, match="MATCH-FOLDER-USED"):
        Index.create(index.folder)


class LetterEncoder:
    """A stand-in for a language model: two topics, told by single characters in either language."""

    name, dimensions = "letters", 64

    def encode(self, texts):
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = np.random.default_rng(text_key(text)).normal(size=64)
            row[0] += 30 * ("废" in text or "waste" in text)
            row[1] += 30 * ("压" in text or "piezo" in text)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def encode_query(self, text):
        return self.encode([text])[0]


def test_meaning_finds_a_document_without_a_word_in_common_and_is_shown_apart(index):
    calls = []
    assert index.backfill(LetterEncoder(), progress=lambda *done: calls.append(done)) == 43
    assert calls[-1] == (43, 43)
    assert index.backfill(LetterEncoder()) == 0
    hit = index.search("waste water").hits[0]
    assert hit.id == "a2"
    assert hit.lexical == 0
    assert hit.semantic == hit.reasons.semantic > 0
    assert index.search("waste water", mode="lexical").hits == ()
    assert [each.id for each in index.search("waste", filters=(Filter("industry", ("环保",)),)).hits] == ["a2"]


def test_a_document_without_vector_is_ranked_by_words(index):
    index.backfill(LetterEncoder())
    index.add([Document("new", "纳米纤维膜的静电纺丝")])
    index.commit()
    assert index.search("静电纺丝").hits[0].id == "new"


@given(st.integers(0, 100_000))
@settings(max_examples=200)
def test_stored_length_rounds_down_by_less_than_an_eighth(length):
    assert stored_length(length) <= length < stored_length(length) * 1.125 + 1


WRITER = """
import sys
from keqiao.engines.match import Document, Index
index = Index.open(sys.argv[1])
for batch in range(10_000):
    index.add(Document(f"{batch}-{i}", f"第{batch}批文献第{i}篇") for i in range(50))
    index.commit()
    print(batch, flush=True)
    index.add(Document(f"lost-{batch}-{i}", "没有提交的内容") for i in range(50))
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_committed(tmp_path):
    Index.create(tmp_path / "i")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for patience in (0.05, 0.2, 0.33):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "i")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            try:
                assert writer.stdout.readline() == "0\n"
                time.sleep(patience)
            finally:
                writer.send_signal(signal.SIGKILL)
            last = max(map(int, writer.stdout.read().split()), default=0)
        with Index.open(tmp_path / "i") as index:
            assert index.get(f"{last}-0")
            assert index.get(f"{last}-49")
            assert len(index) % 50 == 0
            assert len(index) >= (last + 1) * 50
            index.delete(["nobody"])
            index.commit()


def test_the_folder_keeps_its_weights(tmp_path):
    Index.create(tmp_path / "i", FieldWeights(title=5))
    assert json.loads((tmp_path / "i" / "keqiao-match.json").read_text())["title"] == 5
    assert Index.open(tmp_path / "i").folder == tmp_path / "i"
