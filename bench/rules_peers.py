"""zen-engine and openfisca-core on the eligibility part of the high-tech rule; run by bench/rules.py with the peers' interpreter. Prints JSON."""

import json
import time

RESULTS = []


def zen() -> None:
    import zen

    expression = (
        "days >= 365 and ip >= 1 and rd_staff / staff >= 0.1 and rd / sales >= (last <= 50000000 ? 0.05 : (last <= 200000000 ? 0.04 : 0.03))"
        " and domestic / rd >= 0.6 and hitech / income >= 0.6 and not accident"
    )
    row = {
        "days": 4000, "ip": 3, "rd_staff": 12, "staff": 100, "rd": 6_000_000, "sales": 120_000_000, "last": 50_000_000, "domestic": 5_000_000,
        "hitech": 36_000_000, "income": 50_000_000, "accident": False,
    }  # fmt: skip
    compiled = zen.compile_expression(expression)
    count = 40_000
    start = time.perf_counter()
    for _ in range(count):
        compiled.evaluate(row)
    seconds = time.perf_counter() - start
    RESULTS.append(
        {
            "name": f"zen-engine, 1 rule × {count:,}",
            "seconds": seconds,
            "rate": count / seconds,
            "note": "complete rows only; null raises; no Chinese names",
        }
    )
    try:
        compiled.evaluate({**row, "ip": None})
        note = "null >= 1 gave a value"
    except Exception as error:
        note = f"null >= 1 raises {type(error).__name__}"
    RESULTS[-1]["note"] += f" ({note})"


def openfisca() -> None:
    import numpy as np
    from openfisca_core.entities import Entity
    from openfisca_core.periods import YEAR
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    firm = Entity("firm", "firms", "firm", "")
    system = TaxBenefitSystem([firm])
    names = ("days", "ip", "rd_staff", "staff", "rd", "sales", "last", "domestic", "hitech", "income", "accident")
    for name in names:
        system.add_variable(
            type(name, (Variable,), {"value_type": float, "entity": firm, "definition_period": YEAR, "label": name})
        )

    def formula(firms, period):
        v = {name: firms(name, period) for name in names}
        bar = np.where(v["last"] <= 5e7, 0.05, np.where(v["last"] <= 2e8, 0.04, 0.03))
        with np.errstate(all="ignore"):
            return (
                (v["days"] >= 365) * (v["ip"] >= 1) * (v["rd_staff"] / v["staff"] >= 0.1) * (v["rd"] / v["sales"] >= bar)
                * (v["domestic"] / v["rd"] >= 0.6) * (v["hitech"] / v["income"] >= 0.6) * (v["accident"] == 0)
            )  # fmt: skip

    rules = 34
    for number in range(rules):
        name = f"eligible_{number}"
        system.add_variable(
            type(
                name,
                (Variable,),
                {"value_type": bool, "entity": firm, "definition_period": YEAR, "label": name, "formula": formula},
            )
        )
    count = 100_000
    builder = SimulationBuilder()
    simulation = builder.build_default_simulation(system, count)
    random = np.random.default_rng(1)
    for name in names:
        simulation.set_input(name, "2025", random.integers(0, 1000, count).astype(float))
    start = time.perf_counter()
    for number in range(rules):
        simulation.calculate(f"eligible_{number}", "2025")
    seconds = time.perf_counter() - start
    note = "float32, two-valued: a missing input is 0; no reasons, no gaps"
    RESULTS.append(
        {
            "name": f"openfisca-core, {rules} rules × {count:,}",
            "seconds": seconds,
            "rate": rules * count / seconds,
            "note": note,
        }
    )


for peer in (zen, openfisca):
    try:
        peer()
    except Exception as error:  # a peer that cannot run is a result too
        RESULTS.append(
            {
                "name": peer.__name__,
                "seconds": 0.0,
                "rate": 0.0,
                "note": f"could not run: {type(error).__name__}: {error}"[:150],
            }
        )
print(json.dumps(RESULTS, ensure_ascii=False))
