"""The demo city is the same every time, hangs together, and is as large and as uneven as promised."""

import datetime
from collections import Counter, defaultdict

import pytest

from keqiao import demo
from keqiao.demo import codes
from keqiao.demo.dice import Dice, years_later
from keqiao.demo.patents import next_anniversary
from keqiao.demo.workbooks import Column, UnknownFieldError, write
from keqiao.demo.world import Table

IDENTITY = {
    "institution": "code",
    "platform": "code",
    "enterprise": "uscc",
    "person": "code",
    "achievement": "code",
    "demand": "code",
    "patent": "number",
    "tech_contract": "number",
    "project": "number",
    "policy": "document_number",
}
REFERENCES = {
    "enterprise": "enterprise",
    "institution": "institution",
    "platform": "platform",
    "carrier": "platform",
    "lead_person": "person",
    "leader": "person",
    "broker": "person",
    "person": "person",
    "commissioner": "person",
    "expert": "person",
    "seller_enterprise": "enterprise",
    "buyer_enterprise": "enterprise",
    "seller_institution": "institution",
    "buyer_institution": "institution",
    "achievement": "achievement",
    "demand": "demand",
    "patent": "patent",
    "contract": "tech_contract",
    "project": "project",
    "policy": "policy",
}
AT_LEAST = {
    "enterprise": 1200,
    "enterprise_year": 3600,
    "institution": 60,
    "person": 800,
    "achievement": 600,
    "demand": 300,
    "patent": 3000,
    "platform": 150,
    "instrument": 300,
    "tech_contract": 1500,
    "project": 500,
    "policy": 60,
}


@pytest.fixture(scope="module")
def world():
    return demo.generate()


def test_is_as_large_as_promised(world):
    for register, fewest in AT_LEAST.items():
        assert len(world.rows(register)) >= fewest, register


def test_the_same_arguments_give_the_same_world(world):
    again = demo.generate()
    assert [table.rows for table in again.tables] == [table.rows for table in world.tables]
    other = demo.generate(seed=7)
    assert other.rows("enterprise")[0] != world.rows("enterprise")[0]


def test_stands_on_another_day_without_knowing_the_future():
    day = datetime.date(2026, 3, 2)
    world = demo.generate(today=day)
    assert max(row["signed_on"] for row in world.contracts) <= day
    assert max(row["issued_on"] for row in world.qualifications) <= day
    assert max(row["accepted_on"] for row in world.projects if row.get("accepted_on")) <= day


def test_every_reference_is_made_before_it_is_used(world):
    known: dict[str, set[str]] = defaultdict(set)
    dangling = []
    for table in world.tables:
        for row in table.rows:
            for name, register in REFERENCES.items():
                value = row.get(name)
                if name != table.register and isinstance(value, str) and value not in known[register]:
                    dangling.append((table.register, name, value))
        if table.register in IDENTITY:
            known[table.register] |= {row[IDENTITY[table.register]] for row in table.rows}
    assert dangling == []


def test_identities_are_unique(world):
    for register, key in IDENTITY.items():
        doubled = [value for value, times in Counter(row[key] for row in world.rows(register)).items() if times > 1]
        assert doubled == [], register


def test_units_exist_today(world):
    units = {unit["code"] for unit in world.material.org_units if not unit["valid_until"]}
    used = {
        row[name]
        for table in world.tables
        for row in table.rows
        for name in ("org_unit", "park", "commissioner_town")
        if row.get(name)
    }
    assert used <= units


def test_codes_are_valid_and_impossible(world):
    weights, letters = codes.USCC_WEIGHTS, codes.USCC_LETTERS
    for row in world.rows("enterprise"):
        code = row["uscc"]
        assert (
            sum(letters.index(char) * weight for char, weight in zip(code[:17], weights, strict=True)) % 31
            == (31 - letters.index(code[17])) % 31
        )
        assert code[2:4] == codes.REGION
    for row in world.rows("person"):
        assert row["id_number"][:2] == codes.REGION
        assert row["phone"].startswith("154")
        assert len(row["phone"]) == 11


def test_id_number_follows_the_published_example():
    # GB 11643 gives 11010519491231002X.
    total = sum(int(c) * w for c, w in zip("11010519491231002", codes.ID_WEIGHTS, strict=True))
    assert "10X98765432"[total % 11] == "X"
    number = codes.id_number("390102", 1980, True, Dice(1, "test"))
    assert number[6:10] == "1980"
    assert int(number[16]) % 2 == 0


def test_figures_hang_together(world):
    for row in world.rows("enterprise_year"):
        if None not in (row["total_assets"], row["liabilities"], row["net_assets"]):
            assert abs(row["total_assets"] - row["liabilities"] - row["net_assets"]) <= 1
        for part in ("hi_tech_revenue", "sales"):
            assert (row[part] or 0) <= row["total_income"]
        assert (row["new_product_revenue"] or 0) <= row["revenue"]
        if row["rd_hnte"] is not None:
            assert (row["rd_hnte_domestic"] or 0) <= row["rd_hnte"]
        for part in ("tech_staff", "rd_staff"):
            assert (row[part] or 0) <= row["staff"]


def test_some_figures_are_missing_and_some_are_wrong(world):
    rows = world.rows("enterprise_year")
    soft = [name for name in rows[0] if any(row.get(name) is None for row in rows)]
    missing = sum(row.get(name) is None for row in rows for name in soft) / (len(rows) * len(soft))
    assert 0.02 < missing < 0.3
    assert any(row["revenue"] < 30_000 for row in rows)  # one that was filled in in 万元


def test_the_hill_county_is_well_behind(world):
    county = {firm.uscc: firm.county for firm in world.firms}
    spent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in world.rows("enterprise_year"):
        if row["year"] == 2025:
            spent[county[row["enterprise"]]][0] += row["rd_statistics"]
            spent[county[row["enterprise"]]][1] += row["revenue"]
    share = {code: rd / revenue for code, (rd, revenue) in spent.items()}
    assert min(share, key=share.__getitem__) == "390121"
    assert share["390121"] < sorted(share.values())[1] * 0.75


def test_contracts_grow_but_not_everywhere(world):
    home = {firm.uscc: firm.county for firm in world.firms} | {one.code: one.county for one in world.institutes}
    amount: Counter = Counter()
    for row in world.contracts:
        place = home[row.get("seller_enterprise") or row.get("seller_institution")]
        amount[place, row["signed_on"].year] += row["technical_amount"]
    assert amount["390102", 2025] > amount["390102", 2023]
    assert amount["390121", 2025] < amount["390121", 2023]


def test_some_projects_are_overdue(world):
    late = [
        row
        for row in world.projects
        if row["stage"] == "running" and (row.get("extended_due_on") or row["due_on"]) < world.today
    ]
    assert 10 <= len(late) <= 80


def test_texts_were_written_one_by_one():
    material = demo.Material()
    assert len(material.demands) >= 150
    assert len(material.achievements) >= 300
    for rows in (material.demands, material.achievements):
        assert len({row["title"] for row in rows}) == len(rows)
        assert len({row["description"][:18] for row in rows}) >= len(rows) * 0.99
        assert all(6 <= len(row["title"]) <= 40 for row in rows)


def test_gold_pairs_point_to_texts_of_the_same_industry():
    material = demo.Material()
    demands = {row["key"]: row for row in material.demands}
    achievements = {row["key"]: row for row in material.achievements}
    for pair in material.gold_pairs:
        assert pair["grade"] in {1, 2}
        assert demands[pair["demand"]]
        assert achievements[pair["achievement"]]
    answered = {pair["demand"] for pair in material.gold_pairs if pair["grade"] == 2}
    assert len(answered) >= 50


def test_merged_and_split_units_name_their_successors():
    units = {unit["code"]: unit for unit in demo.Material().org_units}
    gone = [unit for unit in units.values() if unit["valid_until"]]
    assert {unit["change"] for unit in gone} == {"merge", "split"}
    for unit in gone:
        assert all(units[code]["valid_from"] == unit["valid_until"] for code in unit["succeeded_by"])
    assert all(unit["parent"] in units for unit in units.values() if unit["parent"])


def test_workbooks_are_the_same_bytes_and_refuse_unknown_fields(tmp_path):
    columns = [
        Column("name", "名称"),
        Column("kind", "类别", {"a": "甲"}),
        Column("on", "日期"),
        Column("yes", "是否"),
        Column("never", "空列"),
    ]
    rows = [
        {"name": "00123", "kind": "a", "on": datetime.date(2026, 1, 2), "yes": True},
        {"name": "乙", "kind": ["a", "b"], "yes": None},
    ]
    for name in ("one.xlsx", "two.xlsx"):
        write(tmp_path / name, rows, columns)
    first, second = (demo_rows(tmp_path / name) for name in ("one.xlsx", "two.xlsx"))
    assert first == second
    assert first[0] == ["名称", "类别", "日期", "是否"]
    assert first[1] == ["00123", "甲", datetime.date(2026, 1, 2), "是"]
    assert first[2][1] == "甲；b"
    with pytest.raises(UnknownFieldError, match="colour"):
        write(tmp_path / "three.xlsx", [{"colour": "red"}], columns)


def demo_rows(path):
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def test_workbook_files_are_identical(tmp_path):
    table = Table("thing", [{"name": "甲"}])
    paths = [
        demo.write_workbooks([table], tmp_path / name, lambda _: [Column("name", "名称")], lambda _: "物")[0][1]
        for name in ("a", "b")
    ]
    assert paths[0].name == "01_物.xlsx"
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("day", "after", "expected"),
    [
        (datetime.date(2020, 5, 4), datetime.date(2026, 5, 4), datetime.date(2026, 5, 4)),
        (datetime.date(2020, 5, 4), datetime.date(2026, 5, 5), datetime.date(2027, 5, 4)),
        (datetime.date(2020, 2, 29), datetime.date(2026, 3, 1), datetime.date(2026, 3, 1)),
    ],
)
def test_next_anniversary(day, after, expected):
    assert next_anniversary(day, after) == expected
    assert years_later(datetime.date(2024, 2, 29), 1) == datetime.date(2025, 3, 1)
