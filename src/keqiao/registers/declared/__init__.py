"""One Register class per model. Importing this package declares them all; their order is the menu's."""

from keqiao.registers.declared import (  # isort: skip
    enterprise,
    qualification,
    institution,
    person,
    achievement,
    demand,
    policy,
    patent,
    platform,
    instrument,
    tech_contract,
    project,
)

__all__ = [
    "achievement",
    "demand",
    "enterprise",
    "institution",
    "instrument",
    "patent",
    "person",
    "platform",
    "policy",
    "project",
    "qualification",
    "tech_contract",
]
