"""All demands against all achievements on Spark, when one machine is not enough: the embedded ranking, in batch.

Hides the joins. Documents and queries become rows of terms; a document's saturated term weight meets the query's
rarity and count, and the sum is the BM25 that the embedded store gives (equal within float rounding). Needs the extra
package `pyspark` and a Java runtime.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keqiao.engines.match.documents import Document, Query
from keqiao.engines.match.tokens import terms
from keqiao.engines.match.weights import K1, B, FieldWeights, stored_length, weighted_terms


@dataclass(frozen=True)
class BatchMatch:
    """One line of the result: a query, a document, its place and BM25 score."""

    query: str
    document: str
    rank: int
    score: float


def match_all(
    spark: Any, documents: Iterable[Document], queries: Sequence[Query], top: int, weights: FieldWeights | None = None
) -> list[BatchMatch]:
    """The `top` documents of every query, equal scores by id. `spark` is a running SparkSession."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    chosen = weights or FieldWeights()
    context = spark.sparkContext
    counted = (
        context.parallelize(list(documents))
        .map(lambda each: (each.id, weighted_terms(each, chosen)))
        .toDF("document string, terms array<string>")
        .cache()
    )
    totals = counted.agg(f.count("*").alias("n"), f.avg(f.size("terms")).alias("mean")).first()
    length = f.udf(stored_length, "int")(f.size("terms"))
    postings = (
        counted.select("document", length.alias("length"), f.explode("terms").alias("term"))
        .groupBy("document", "length", "term")
        .agg(f.count("*").alias("count"))
    )
    found = postings.groupBy("term").agg(f.count("*").alias("found"))
    rarity = found.select(
        "term", f.log(1 + (totals["n"] - f.col("found") + 0.5) / (f.col("found") + 0.5)).alias("rarity")
    )
    asked = (
        context.parallelize(list(queries))
        .flatMap(lambda each: [(each.id, term) for term in terms(each.text)])
        .toDF("query string, term string")
        .groupBy("query", "term")
        .agg(f.count("*").alias("asked"))
    )
    norm = f.lit(K1) * (1 - B + B * f.col("length") / f.lit(float(totals["mean"])))
    points = f.col("asked") * f.col("rarity") * f.col("count") * (K1 + 1) / (f.col("count") + norm)
    scores = (
        asked.join(rarity, "term").join(postings, "term").groupBy("query", "document").agg(f.sum(points).alias("score"))
    )
    order = Window.partitionBy("query").orderBy(f.round("score", 9).desc(), "document")
    best = scores.withColumn("rank", f.row_number().over(order)).where(f.col("rank") <= top).orderBy("query", "rank")
    return [BatchMatch(row["query"], row["document"], int(row["rank"]), float(row["score"])) for row in best.collect()]
