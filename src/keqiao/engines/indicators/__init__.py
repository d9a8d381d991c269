"""Indicators, composites, targets: what is behind, who is behind, what would lift us most. Plain Python over snapshots.

Composites:   framework = read_framework(path); table = read_table(path, framework)
              compute(framework, table, settings) -> Composite;  Pipeline(...) for its stages
              run_draws, draw_at_random, draw_for_sobol, sobol_indices: how firm the ranking is
Advice:       short_board(ShortBoardCase(...)) -> ShortBoardAdvice
Targets:      decompose(total, step, [Share(...)]) -> Decomposition
"""

from keqiao.engines.indicators.aggregate import aggregate_children
from keqiao.engines.indicators.composite import Composite, Pipeline, Step, compute
from keqiao.engines.indicators.framework import Element, Framework, framework_from_rows, read_framework
from keqiao.engines.indicators.outranking import copeland, kemeny_orders, outranking_matrix
from keqiao.engines.indicators.prepare import Table, read_table, table_from_rows
from keqiao.engines.indicators.problems import IndexProblem, Problem
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
from keqiao.engines.indicators.targets import Decomposition, Share, decompose, exact

__all__ = [
    "Composite",
    "Decomposition",
    "Element",
    "Framework",
    "IndexProblem",
    "Parameter",
    "Pipeline",
    "Plan",
    "Problem",
    "Share",
    "ShortBoardAdvice",
    "ShortBoardCase",
    "SobolIndex",
    "Step",
    "Table",
    "Uncertainty",
    "aggregate_children",
    "compute",
    "copeland",
    "decompose",
    "draw_at_random",
    "draw_for_sobol",
    "exact",
    "framework_from_rows",
    "kemeny_orders",
    "mean_rank_shift",
    "noisy_weights",
    "outranking_matrix",
    "read_framework",
    "read_table",
    "run_draws",
    "short_board",
    "sobol_indices",
    "table_from_rows",
    "without_each",
]
