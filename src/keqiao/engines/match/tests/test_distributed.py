"""Milvus and Spark give the embedded ranking, within ties and float rounding."""

import itertools
import os
import random
import shutil
import sys

import pytest

from keqiao.engines.match import Document, FieldWeights, Index, Query
from keqiao.engines.match.milvus import MilvusIndex, freeze, term_dimension
from keqiao.engines.match.spark import match_all

WORDS = [
    "压电",
    "陶瓷",
    "驱动",
    "迟滞",
    "补偿",
    "印染",
    "废水",
    "臭氧",
    "氧化",
    "膜",
    "回用",
    "焊接",
    "疲劳",
    "裂纹",
    "育种",
    "水稻",
    "图像",
    "识别",
    "缺陷",
    "检测",
    "pzt",
    "cod",
]


def corpus(count=120):
    chance = random.Random(3)
    return [
        Document(
            f"d{at:03}",
            "".join(chance.choices(WORDS, k=chance.randint(4, 30))) + "。",
            "".join(chance.choices(WORDS, k=2)),
        )
        for at in range(count)
    ]


QUERIES = [
    Query("q1", "压电陶瓷驱动"),
    Query("q2", "印染废水cod"),
    Query("q3", "焊接裂纹检测 pzt"),
    Query("q4", "氧化氧化膜"),
]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    with Index.create(tmp_path_factory.mktemp("match") / "index") as index:
        index.add(corpus())
        index.commit()
        yield {
            each.id: [(hit.id, hit.score) for hit in index.search(each.text, 30, mode="lexical", reasons=0).hits]
            for each in QUERIES
        }


def same_within_ties(expected, found):
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], rel=2e-4)
    last = expected[-1][1]
    sure = {name for name, score in expected if score > last * 1.001}
    assert sure <= {name for name, _ in found}
    place = {name: at for at, (name, _) in enumerate(found)}
    for (one, high), (two, low) in itertools.pairwise(expected):
        if high > low * 1.001 and one in place and two in place:
            assert place[one] < place[two]


def test_terms_of_a_normal_corpus_have_their_own_dimensions():
    grams = {
        a + b for a in "压电陶瓷驱动迟滞补偿印染废水臭氧氧化膜回用焊接疲劳裂纹" for b in "育种水稻图像识别缺陷检测"
    }
    assert len({term_dimension(each) for each in grams}) == len(grams)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_milvus_gives_the_embedded_ranking(embedded, tmp_path, socket_enabled):
    pymilvus = pytest.importorskip("pymilvus")
    client = pymilvus.MilvusClient(str(tmp_path / "milvus.db"))
    documents = corpus()
    remote = MilvusIndex(client, "achievements", freeze(documents, FieldWeights()), FieldWeights())
    remote.add(documents)
    for query in QUERIES:
        same_within_ties(embedded[query.id], [(hit.id, hit.score) for hit in remote.by_words(query.text, 30)])
    first = embedded["q1"][0][0]
    remote.delete([first])
    assert first not in [hit.id for hit in remote.by_words(QUERIES[0].text, 30)]
    client.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_embedded_ranking(embedded, socket_enabled, monkeypatch):
    if not shutil.which("java"):
        pytest.skip("Spark needs a Java runtime")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    sql = pytest.importorskip("pyspark.sql")
    spark = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    try:
        lines = match_all(spark, corpus(), QUERIES, 30)
    finally:
        spark.stop()
    for query in QUERIES:
        found = [(line.document, line.score) for line in lines if line.query == query.id]
        same_within_ties(embedded[query.id], found)
