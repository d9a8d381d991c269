"""Checks on figures and anti-fake signals: planted faults are found, ordinary data are left alone."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from keqiao.engines.indicators import (
    Dated,
    Deal,
    Text,
    check_figures,
    circular_contracts,
    copied_text,
    last_day_spikes,
    robust_scores,
    roll_up,
    round_number_bias,
    seasonal_scores,
    split_contracts,
)
from keqiao.engines.indicators.tests.samples import define, small_tree, write

DAY = datetime.date(2024, 1, 1)


def rolled(tmp_path: Path, checks: str, rows: list[dict[str, object]], periods: list[str], grain: str = "year"):
    write(tmp_path, rows)
    d = define(
        f"id: x\nversion: 1\nname: x\ngrain: {grain}\nmeasure_unit: 元\ncomponents: {{n: {{register: deed, value: amount, date: day}}}}\nvalidate: {checks}\n"
    )
    other = define(
        "id: y\nversion: 1\nname: y\nmeasure_unit: 元\ncomponents: {n: {register: deed, value: cost, date: day}}\n"
    )
    return check_figures(roll_up([d, other], tmp_path, small_tree(), periods))


def deed(org: str, day: str, amount: float, cost: float = 0) -> dict[str, object]:
    return {
        "org_unit": org,
        "day": datetime.date.fromisoformat(day),
        "amount": Decimal(str(amount)),
        "cost": Decimal(str(cost)),
    }


def test_jumps_and_ranges(tmp_path: Path) -> None:
    rows = [
        deed("t1", "2023-05-01", 100),
        deed("t1", "2024-05-01", 300),
        deed("t2", "2023-05-01", 100),
        deed("t2", "2024-05-01", 110),
    ]
    found = rolled(tmp_path, "[{rule: yoy, max: 0.8}, {rule: range, high: 350}]", rows, ["2023", "2024"])
    assert [(f.rule, f.org, f.period) for f in found] == [
        ("range", "c", "2024"),
        ("yoy", "c", "2024"),
        ("yoy", "t1", "2024"),
    ]
    assert "+200.0%" in found[-1].reason


def test_a_fall_weighs_as_much_as_a_rise(tmp_path: Path) -> None:
    rows = [
        deed("t1", "2023-05-01", 300),
        deed("t1", "2024-05-01", 100),
        deed("t2", "2023-05-01", 100),
        deed("t2", "2024-05-01", 100),
    ]
    assert [f.org for f in rolled(tmp_path, "[{rule: yoy, max: 1}]", rows, ["2023", "2024"])] == ["t1"]


def test_sums_parts_and_registers_against_reports(tmp_path: Path) -> None:
    rows = [deed("t1", "2024-05-01", 5, 4), deed("t2", "2024-05-01", 5, 9), deed("c", "2024-05-01", 3)]
    found = rolled(
        tmp_path,
        "[{rule: sum_children}, {rule: not_above, other: y}, {rule: reconcile, other: y, tolerance: 0.1}]",
        rows,
        ["2024"],
    )
    assert {(f.rule, f.org) for f in found} == {
        ("sum_children", "c"),
        ("not_above", "t1"),
        ("reconcile", "t1"),
        ("reconcile", "t2"),
    }


def test_copied_months_are_noticed(tmp_path: Path) -> None:
    rows = [deed("t1", f"2024-0{m}-01", 7) for m in (1, 2, 3)] + [deed("t2", f"2024-0{m}-01", m) for m in (1, 2, 3)]
    found = rolled(tmp_path, "[{rule: repeated, times: 3}]", rows, ["2024-01", "2024-02", "2024-03"], "month")
    assert [(f.org, f.period) for f in found] == [("t1", "2024-03")]


def test_a_unit_slip_stands_out_among_peers_and_seasons() -> None:
    peers = np.array([101.0, 98, 103, 97, 99, 102, 10_000])
    assert abs(robust_scores(peers)[-1]) > 3.5
    assert np.all(np.abs(robust_scores(peers)[:-1]) < 3.5)
    months = np.tile([10.0, 20, 60, 15], 4) * np.repeat([1.0, 1.1, 1.2, 1.3], 4) * (1 + 0.02 * np.sin(np.arange(16)))
    planted = months.copy()
    planted[9] = 90
    scores = np.abs(seasonal_scores(planted, [1, 4, 7, 10] * 4))
    assert int(np.argmax(scores)) == 9
    assert scores[9] > 3.5
    assert abs(seasonal_scores(months, [1, 4, 7, 10] * 4)).max() < 3.5


def test_a_last_day_rush_counts_only_if_others_do_not_rush() -> None:
    steady = [Dated(f"{g}{i}", g, DAY + datetime.timedelta(days=i * 7)) for g in "abcd" for i in range(50)]
    deadline = DAY + datetime.timedelta(days=365)
    spike = [Dated(f"s{i}", "s", deadline - datetime.timedelta(days=i % 2)) for i in range(20)]
    found = last_day_spikes([*steady, *spike], deadline)
    assert [s.rows[0][0] for s in found] == ["s"]
    everybody = [Dated(f"{g}x{i}", g, deadline) for g in "abcd" for i in range(50)]
    assert last_day_spikes([*steady, *everybody], deadline) == ()


def test_copied_text_is_found_past_boilerplate() -> None:
    form = "根据有关规定，现将走访服务情况记录如下，请领导审阅。"
    topics = [
        "轴承磨损",
        "染料废水处理回用",
        "锂电池隔膜涂覆均匀",
        "注塑件翘曲变形",
        "纺机主轴振动噪声",
        "食用菌液体菌种",
        "数控系统误差补偿",
        "光伏胶膜老化",
        "中药材连作障碍",
        "压铸模具寿命偏短",
        "特种电缆阻燃",
        "伺服电机温升",
    ]
    rows = [
        Text(str(i), "g", form + f"企业反映{t}问题，建议对接高校院所{t}团队开展{t}联合攻关，{t}成本可望降低。")
        for i, t in enumerate(topics)
    ]
    copy = Text("copy", "h", rows[2].text.replace("企业反映", "该公司反映"))
    assert copied_text(rows) == ()
    assert [set(s.rows) for s in copied_text([*rows, copy])] == [{"2", "copy"}]


def deal(id_: str, seller: str, buyer: str, day: int, amount: str, subject: str = "") -> Deal:
    return Deal(id_, seller, buyer, DAY + datetime.timedelta(days=day), Decimal(amount), subject)


def test_split_contracts() -> None:
    parts = [deal(f"p{i}", "甲", "乙", i * 5, str(480000 + i), f"智能产线控制系统开发（第{i}部分）") for i in range(4)]
    ordinary = [
        deal("o1", "甲", "乙", 200, "90000", "水质检测"),
        deal("o2", "甲", "丙", 3, "480001", "智能产线控制系统开发"),
        deal("o3", "丁", "乙", 4, "5", "咨询"),
    ]
    found = split_contracts([*parts, *ordinary])
    assert [set(s.rows) for s in found] == [{"p0", "p1", "p2", "p3"}]


def test_circular_contracts() -> None:
    ring = [deal("r1", "甲", "乙", 0, "100"), deal("r2", "乙", "丙", 30, "95"), deal("r3", "丙", "甲", 60, "90")]
    chain = [deal("c1", "丁", "戊", 0, "100"), deal("c2", "戊", "己", 0, "100"), deal("c3", "己", "丁", 0, "10")]
    late = [deal("l1", "庚", "辛", 0, "100"), deal("l2", "辛", "庚", 500, "100")]
    assert [set(s.rows) for s in circular_contracts([*ring, *chain, *late])] == [{"r1", "r2", "r3"}]


def test_round_numbers() -> None:
    random = np.random.default_rng(1)
    honest = {
        g: [(f"{g}{i}", Decimal(str(round(float(v), 2)))) for i, v in enumerate(random.uniform(1000, 90000, 40))]
        for g in "abc"
    }
    made_up = {"m": [(f"m{i}", Decimal(str(1000 * (1 + i % 9)))) for i in range(20)]}
    found = round_number_bias({**honest, **made_up})
    assert [s.rows[0][0] for s in found] == ["m"]
    assert round_number_bias(honest) == ()
