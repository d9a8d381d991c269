"""Matching: find the achievements, people and institutions for a need, say why, and assign people under constraints.

This is the front door; everything else in the package is private.
"""

from keqiao.engines.match.assign import assign
from keqiao.engines.match.assignment import (
    Assignment,
    AssignmentProblem,
    Balance,
    Change,
    Item,
    Pair,
    Person,
    Rule,
)
from keqiao.engines.match.coach import Coaching, Question, Slot, coach
from keqiao.engines.match.conflicts import Conflict, Party, Relation, find_conflicts
from keqiao.engines.match.documents import Document, Filter, MatchError, Problem, Query
from keqiao.engines.match.draw import RERUN_SCRIPT, Draw, Promise, draw, promise
from keqiao.engines.match.encoders import Encoder, installed_encoder, load_encoder
from keqiao.engines.match.explain import FieldMatch, Passage, Phrase, Reasons
from keqiao.engines.match.feedback import AnsweredPair, Correction
from keqiao.engines.match.feedback import learn as learn_from_answers
from keqiao.engines.match.funnel import ANSWERS, STAGES, Event, Funnel, StageCount, funnels
from keqiao.engines.match.index import Answer, Hit, Index
from keqiao.engines.match.people import Evidence, People, PersonScore, Work, rank_people
from keqiao.engines.match.weights import FieldWeights

__all__ = [
    "ANSWERS",
    "RERUN_SCRIPT",
    "STAGES",
    "Answer",
    "AnsweredPair",
    "Assignment",
    "AssignmentProblem",
    "Balance",
    "Change",
    "Coaching",
    "Conflict",
    "Correction",
    "Document",
    "Draw",
    "Encoder",
    "Event",
    "Evidence",
    "FieldMatch",
    "FieldWeights",
    "Filter",
    "Funnel",
    "Hit",
    "Index",
    "Item",
    "MatchError",
    "Pair",
    "Party",
    "Passage",
    "People",
    "Person",
    "PersonScore",
    "Phrase",
    "Problem",
    "Promise",
    "Query",
    "Question",
    "Reasons",
    "Relation",
    "Rule",
    "Slot",
    "StageCount",
    "Work",
    "assign",
    "coach",
    "draw",
    "find_conflicts",
    "funnels",
    "installed_encoder",
    "learn_from_answers",
    "load_encoder",
    "promise",
    "rank_people",
]
