"""Indicators, composites, targets: what is behind, who is behind, what would lift us most. Plain Python over snapshots.

Composites:   framework = read_framework(path); table = read_table(path, framework)
              compute(framework, table, settings) -> Composite;  Pipeline(...) for its stages
              run_draws, draw_at_random, draw_for_sobol, sobol_indices: how firm the ranking is
Advice:       short_board(ShortBoardCase(...)) -> ShortBoardAdvice
Figures:      definitions = load_definitions(Path("packs/national/indicators")); tree = read_tree(path)
              roll = roll_up(definitions, snapshot_dir, tree, ["2024", "2025Q3", "2025-01..09"]) -> RollUp
              roll.table (Arrow), roll.figure(indicator, org, period) -> Figure, roll.problems
              rows_of(figure, roll) -> rows per component; trace(figure, roll); trace_id("id@1:unit:2024", …)
Targets:      decompose(total, step, [Share(...)]) -> Decomposition; negotiate(...); pressure(...); over_allocation(...)
              attainment(Target(...), actual, period, data_date, profile, thresholds, coverage) -> Attainment
Ranks:        read_spec(path) -> IndexSpec; table_from_figures(spec, roll, period) -> Table; rank_movement(...); lift(...)
Checks:       check_figures(definitions, roll, …), outliers(…), and the anti-fake signals of `authenticity`
"""

from keqiao.engines.indicators.aggregate import aggregate_children
from keqiao.engines.indicators.attainment import (
    STATUS_NAMES,
    Attainment,
    Status,
    Target,
    Thresholds,
    TimeProfile,
    attainment,
    profile_from_history,
)
from keqiao.engines.indicators.authenticity import (
    Dated,
    Deal,
    Suspect,
    Text,
    circular_contracts,
    copied_text,
    last_day_spikes,
    round_number_bias,
    split_contracts,
)
from keqiao.engines.indicators.composite import Composite, Pipeline, Step, compute
from keqiao.engines.indicators.definition import (
    Component,
    Definition,
    Disclosure,
    Missing,
    definition_of,
    in_force,
    load_definitions,
)
from keqiao.engines.indicators.framework import Element, Framework, framework_from_rows, read_framework
from keqiao.engines.indicators.lift import Lever, Lift, lift
from keqiao.engines.indicators.movement import RankMovement, rank_movement, shapley
from keqiao.engines.indicators.outranking import copeland, kemeny_orders, outranking_matrix
from keqiao.engines.indicators.period import Period
from keqiao.engines.indicators.prepare import Table, read_table, table_from_rows
from keqiao.engines.indicators.problems import IndexProblem, Problem
from keqiao.engines.indicators.rollup import FIGURES, Figure, RollUp, roll_up
from keqiao.engines.indicators.sensitivity import (
    Parameter,
    SobolIndex,
    Uncertainty,
    draw_at_random,
    draw_for_sobol,
    mean_rank_shift,
    noisy_weights,
    run_draws,
    sobol_indices,
    without_each,
)
from keqiao.engines.indicators.shortboard import Plan, ShortBoardAdvice, ShortBoardCase, short_board
from keqiao.engines.indicators.snapshot import Snapshot
from keqiao.engines.indicators.spec import IndexSpec, read_spec, table_from_figures
from keqiao.engines.indicators.targets import (
    Decomposition,
    Past,
    Pressure,
    RatioDecomposition,
    Round,
    Share,
    decompose,
    decompose_ratio,
    exact,
    negotiate,
    over_allocation,
    pressure,
    weights_equal_growth,
    weights_mixed,
    weights_proportional,
)
from keqiao.engines.indicators.trace import ComponentRows, Trace, rows_of, trace, trace_id
from keqiao.engines.indicators.tree import Unit, UnitTree, read_tree, tree_from_rows
from keqiao.engines.indicators.validation import FigureFinding, check_figures, robust_scores, seasonal_scores

__all__ = [
    "FIGURES",
    "STATUS_NAMES",
    "Attainment",
    "Component",
    "ComponentRows",
    "Composite",
    "Dated",
    "Deal",
    "Decomposition",
    "Definition",
    "Disclosure",
    "Element",
    "Figure",
    "FigureFinding",
    "Framework",
    "IndexProblem",
    "IndexSpec",
    "Lever",
    "Lift",
    "Missing",
    "Parameter",
    "Past",
    "Period",
    "Pipeline",
    "Plan",
    "Pressure",
    "Problem",
    "RankMovement",
    "RatioDecomposition",
    "RollUp",
    "Round",
    "Share",
    "ShortBoardAdvice",
    "ShortBoardCase",
    "Snapshot",
    "SobolIndex",
    "Status",
    "Step",
    "Suspect",
    "Table",
    "Target",
    "Text",
    "Thresholds",
    "TimeProfile",
    "Trace",
    "Uncertainty",
    "Unit",
    "UnitTree",
    "aggregate_children",
    "attainment",
    "check_figures",
    "circular_contracts",
    "compute",
    "copeland",
    "copied_text",
    "decompose",
    "decompose_ratio",
    "definition_of",
    "draw_at_random",
    "draw_for_sobol",
    "exact",
    "framework_from_rows",
    "in_force",
    "kemeny_orders",
    "last_day_spikes",
    "lift",
    "load_definitions",
    "mean_rank_shift",
    "negotiate",
    "noisy_weights",
    "outranking_matrix",
    "over_allocation",
    "pressure",
    "profile_from_history",
    "rank_movement",
    "read_framework",
    "read_spec",
    "read_table",
    "read_tree",
    "robust_scores",
    "roll_up",
    "round_number_bias",
    "rows_of",
    "run_draws",
    "seasonal_scores",
    "shapley",
    "short_board",
    "sobol_indices",
    "split_contracts",
    "table_from_figures",
    "table_from_rows",
    "trace",
    "trace_id",
    "tree_from_rows",
    "weights_equal_growth",
    "weights_mixed",
    "weights_proportional",
    "without_each",
]
