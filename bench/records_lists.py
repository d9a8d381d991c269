"""Lists, filters, search and paging over a million enterprises: `python bench/records_lists.py [--rows N] [--database URL] [--folder F]`.

Times are of whole answers as a page gets them (query, rows, cells under the lens), p50 and p95 of 15 calls after one to warm up.
"""

import random
import statistics
import time
from typing import Any

import records_setup as setup

CASES: list[tuple[str, str, str]] = [
    ("first page", "officer", ""),
    ("page 200 (last numbered)", "officer", "page=200"),
    ("one town", "officer", "org_unit=990102005"),
    ("choice filter", "officer", "size=medium"),
    ("rare number range", "officer", "registered_capital.min=10400000"),
    ("contains", "officer", "name=12345"),
    ("sort by name", "officer", "sort=name"),
    ("sort by capital", "officer", "sort=-registered_capital"),
    ("search, rare", "officer", "q=泵业123456"),
    ("search, two characters (6 %)", "officer", "q=仪表"),
    ("search, everywhere", "officer", "q=有限公司"),
    ("search and filter", "officer", "q=仪表&org_unit=990102005"),
    ("town officer, first page", "town", ""),
    ("town officer, search", "town", "q=仪表"),
]


def main() -> None:
    parser = setup.options(__doc__ or "")
    parser.add_argument("--indexed", type=int, default=0, help="index only the newest N rows (default: all)")
    args = parser.parse_args()
    setup.start(args)
    from django.db import connection, transaction
    from django.http import QueryDict

    from keqiao.core.records import bulk, search
    from keqiao.core.records.declare import REGISTERS
    from keqiao.core.records.listing import Listing
    from keqiao.registers.models import Enterprise

    rows = args.rows or 1_000_000
    officer, town, units = setup.people()
    users = {"officer": officer, "town": town}
    register, rng = REGISTERS["enterprise"], random.Random(7)
    present = Enterprise.objects.unscoped("bench").count()
    began = time.perf_counter()
    for start in range(present, rows, 5000):
        with transaction.atomic():
            bulk.insert(
                [Enterprise(**setup.enterprise(number, units, rng)) for number in range(start, min(start + 5000, rows))]
            )
    filled = time.perf_counter() - began
    began = time.perf_counter()
    held = search.search_all(officer, "有限公司", ["enterprise"])
    if present < rows or not held:
        ids = Enterprise.objects.unscoped("bench").order_by("-pk").values_list("pk", flat=True)[: args.indexed or rows]
        search.index(register, ids)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(
        f"{setup.machine()}; {rows:,} enterprises, {args.indexed or rows:,} in the index (filled in {filled:.0f} s, indexed in {time.perf_counter() - began:.0f} s)",
        flush=True,
    )

    def measure(name: str, call: Any, times: int = 15) -> None:
        call()
        spans = []
        for _time in range(times):
            began = time.perf_counter()
            result = call()
            spans.append((time.perf_counter() - began) * 1000)
            if sum(spans) > 12_000:
                break
        spans.sort()
        print(
            f"| {name} | {statistics.median(spans):.0f} | {spans[min(len(spans) - 1, int(len(spans) * 0.95))]:.0f} | {result} |",
            flush=True,
        )

    def page(user: Any, query: str) -> str:
        found = Listing(register, user, QueryDict(query)).page()
        return f"{len(found)} of {found.count}"

    def cursor_page(after: str) -> str:
        return f"{len(Listing(register, officer, {'after': after}).page())} rows"

    print("| case | p50 ms | p95 ms | rows |\n| --- | --- | --- | --- |")
    for name, who, query in CASES:
        measure(name, lambda who=who, query=query: page(users[who], query))
    middle = Listing(register, officer)
    record = register.rows().unscoped("bench").order_by("pk")[rows // 2]
    from keqiao.core.records import paging

    after = paging.write_cursor(middle.order.keys, record)
    measure("next page by cursor, in the middle", lambda: cursor_page(after))
    for text in ("泵业123456", "仪表", "有限公司"):
        measure(
            f"search all: {text}",
            lambda text=text: f"{sum(len(group.hits) for group in search.search_all(officer, text))} hits",
        )


if __name__ == "__main__":
    main()
