"""Roles (角色): which actions each may do on which registers, and how far its arm reaches.

A power's reach is one of
- "all": every row;
- "units": rows of the unit the role was granted for, and of all units under it;
- "own": rows that belong to the account's own enterprise, institution or person;
- "published": approved rows of public registers, public fields only.
The three administrators are kept apart (三员分立): none of them reads business data by that role.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VIEW, ADD, CHANGE, REMOVE = "view", "add", "change", "remove"
IMPORT, EXPORT, REVIEW, MERGE, BULK, PERSONAL = "import", "export", "review", "merge", "bulk", "personal"
SUBMIT = "submit"
ACTIONS = (VIEW, ADD, CHANGE, REMOVE, SUBMIT, IMPORT, EXPORT, REVIEW, MERGE, BULK, PERSONAL)
STAFF_WORK = frozenset({VIEW, ADD, CHANGE, REMOVE, SUBMIT, IMPORT, EXPORT, REVIEW, MERGE, BULK, PERSONAL})
OWN_WORK = frozenset({VIEW, ADD, CHANGE, SUBMIT, EXPORT, PERSONAL})


# Division code -> its name; filled from the classification of divisions (科室) when the registers start.
DIVISIONS: dict[str, str | Promise] = {}


@dataclass(frozen=True)
class Power:
    """`actions` on `registers` (None: all; by division: those of the grant's division) as far as `reach`."""

    actions: frozenset[str]
    reach: str
    registers: frozenset[str] | None = None
    by_division: bool = False


@dataclass(frozen=True)
class Role:
    label: str | Promise
    powers: tuple[Power, ...]
    functions: frozenset[str] = frozenset()
    is_staff: bool = False


LOOK = Power(frozenset({VIEW, EXPORT}), "units")
PUBLISHED = Power(frozenset({VIEW, EXPORT}), "published")
ENTERPRISE_OWN = frozenset(
    {
        "enterprise",
        "enterprise_year",
        "demand",
        "achievement",
        "patent",
        "project",
        "tech_contract",
        "instrument",
        "platform",
        "qualification",
        "person",
        "rd_project",
        "rd_cost",
        "rd_hours",
    }
)
INSTITUTION_OWN = frozenset(
    {"institution", "person", "achievement", "demand", "patent", "project", "tech_contract", "instrument", "platform"}
)
PERSON_OWN = frozenset({"person", "achievement", "patent"})

ROLES: dict[str, Role] = {
    "system_admin": Role(
        _("系统管理员"), (), frozenset({"units.manage", "packs.load", "jobs.manage", "system.view"}), True
    ),
    "security_admin": Role(_("安全管理员"), (), frozenset({"users.manage", "access.explain"}), True),
    "audit_admin": Role(_("审计管理员"), (), frozenset({"audit.read"}), True),
    "bureau_leader": Role(
        _("局领导"),
        (LOOK,),
        frozenset({"cockpit.view", "targets.set", "report.write", "report.publish", "funnel.view", "cases.review"}),
        True,
    ),
    "officer": Role(
        _("局科室人员"),
        (LOOK, Power(STAFF_WORK, "units", by_division=True)),
        frozenset(
            {
                "cockpit.view",
                "targets.set",
                "report.write",
                "figures.confirm",
                "figures.approve",
                "cases.review",
                "access.explain",
                "funnel.view",
                "policies.rehearse",
                "policies.notify",
            }
        ),
        True,
    ),
    "town_officer": Role(
        _("乡镇（街道）科技员"),
        (
            LOOK,
            Power(
                frozenset({ADD, CHANGE, SUBMIT, IMPORT}),
                "units",
                frozenset({"enterprise", "enterprise_year", "demand"}),
            ),
        ),
        frozenset({"cockpit.view", "figures.report"}),
        True,
    ),
    "park_officer": Role(
        _("园区科技员"),
        (
            LOOK,
            Power(
                frozenset({ADD, CHANGE, SUBMIT, IMPORT}),
                "units",
                frozenset({"enterprise", "enterprise_year", "demand", "platform"}),
            ),
        ),
        frozenset({"cockpit.view", "figures.report"}),
        True,
    ),
    "enterprise": Role(
        _("企业"), (PUBLISHED, Power(OWN_WORK, "own", ENTERPRISE_OWN)), frozenset({"subject.work", "enterprise.list"})
    ),
    "institution": Role(
        _("高校院所"), (PUBLISHED, Power(OWN_WORK, "own", INSTITUTION_OWN)), frozenset({"subject.work"})
    ),
    "expert": Role(
        _("专家"), (PUBLISHED, Power(OWN_WORK, "own", PERSON_OWN)), frozenset({"subject.work", "reviews.write"})
    ),
    "broker": Role(
        _("技术经纪人"), (PUBLISHED, Power(OWN_WORK, "own", PERSON_OWN)), frozenset({"subject.work", "deals.broker"})
    ),
    "public": Role(_("公众"), (PUBLISHED,)),
}


def role_choices() -> list[tuple[str, str | Promise]]:
    """Choices of `Grant.role`: all but the public, which needs no grant."""
    return [(code, role.label) for code, role in ROLES.items() if code != "public"]
