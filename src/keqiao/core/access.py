"""Who may do what to which rows, and how much of a row they see. The only such decision in the product.

Pages, API, export, search and counts all go through `may` (one target), `lens` (many rows) or `RecordQuerySet.visible_to`.
Nothing is allowed that no power in `core.roles` grants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from keqiao.core.clock import today
from keqiao.core.models.org_unit import OrgUnit
from keqiao.core.models.record import ReviewState
from keqiao.core.models.user import Grant
from keqiao.core.records import declare
from keqiao.core.records.fields import Field, mask, show
from keqiao.core.roles import EXPORT, PERSONAL, ROLES, VIEW, Power

NEVER = Q(pk__in=[])
ALWAYS = ~NEVER  # unlike Q(), it stays true when joined by "or"


@dataclass(frozen=True)
class Decision:
    """The answer and the reason for it, in the user's language."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class HeldPower:
    """A power of a user: whose role, over which unit, for which division."""

    power: Power
    role: str
    grant: Grant | None
    unit_ids: frozenset[int]

    def covers(self, register: declare.Register, action: str) -> bool:
        if action not in self.power.actions or (self.power.reach == "published" and not register.is_public):
            return False
        if (
            self.power.registers is not None
            and register.key not in self.power.registers
            and self.role not in register.open_to
        ):
            return False
        division = self.grant.division if self.grant else ""
        return not (self.power.by_division and division and register.division and register.division != division)

    def describe(self) -> str:
        return str(self.grant) if self.grant else str(ROLES[self.role].label)


class Powers:
    """All that one user holds today; made once per request and kept on the user object."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.is_known = bool(user and user.is_authenticated and user.is_active)
        grants = (
            list(Grant.objects.filter(user_id=user.pk).valid_on(today()).select_related("org_unit"))
            if self.is_known
            else []
        )
        self.grants = grants
        self.held: list[HeldPower] = []
        for grant in grants:
            unit_ids = self._units(grant)
            self.held += [HeldPower(power, grant.role, grant, unit_ids) for power in ROLES[grant.role].powers]
        # What is published comes last: `reaches` gives the first power that covers a row, which must be the strongest reason.
        self.held += [HeldPower(power, "public", None, frozenset()) for power in ROLES["public"].powers]
        self.held.sort(key=lambda one: one.power.reach == "published")
        self.functions = (
            frozenset().union(*(ROLES[grant.role].functions for grant in grants)) if grants else frozenset()
        )
        self.roles = frozenset(grant.role for grant in grants)
        self.is_staff = any(ROLES[grant.role].is_staff for grant in grants)

    @staticmethod
    def _units(grant: Grant) -> frozenset[int]:
        if grant.org_unit is None:
            return frozenset()
        units = set(OrgUnit.objects.below(grant.org_unit).values_list("pk", flat=True))
        # A town merged away leaves its rows to its successor's officers.
        units |= set(OrgUnit.objects.filter(successors__in=units).values_list("pk", flat=True))
        return frozenset(units)

    @cached_property
    def all_unit_ids(self) -> frozenset[int]:
        return frozenset(OrgUnit.objects.values_list("pk", flat=True))

    @cached_property
    def subject(self) -> tuple[str, int | None]:
        return (self.user.subject_kind, self.user.subject_id) if self.is_known else ("", None)


def powers(user: Any) -> Powers:
    """The user's powers; `forget_powers` after a grant changed within one request."""
    held = getattr(user, "_keqiao_powers", None)
    if held is None:
        held = Powers(user)
        if user is not None:
            user._keqiao_powers = held
    return held


def forget_powers(user: Any) -> None:
    user.__dict__.pop("_keqiao_powers", None)


@dataclass(frozen=True)
class RowSight:
    """How a user sees one row: its fields that are not public, and its personal ones."""

    reads: bool
    reads_personal: bool

    def of(self, field: Field) -> str:
        if not self.reads:
            return "full" if field.public and not field.personal else "hidden"
        return "masked" if field.personal and not self.reads_personal else "full"


class Lens:
    """What one user sees of one register under one action: a filter for many rows, and a verdict for each row and field."""

    def __init__(self, user: Any, register: declare.Register, action: str) -> None:
        self.register, self.action, self.mine = register, action, powers(user)
        self.held = [held for held in self.mine.held if held.covers(register, action)]
        self._seers = [
            held for held in self.mine.held if held.covers(register, VIEW) and held.power.reach != "published"
        ]
        self._personal = [held for held in self.mine.held if held.covers(register, PERSONAL)]

    @cached_property
    def q(self) -> Q:
        """Rows the action may touch."""
        return self._any(self.held)

    def _reach(self, held: HeldPower) -> Q:
        reach = held.power.reach
        if reach == "all":
            return ALWAYS
        if reach == "units":
            return self._in_units(held)
        if reach == "own":
            return self._own()
        return Q(review_state=ReviewState.APPROVED) if self.register.is_public else NEVER

    def _in_units(self, held: HeldPower) -> Q:
        if self._is_whole_tree(held):
            return self._not_outside(self.mine.all_unit_ids - held.unit_ids)
        found = NEVER
        for name in self.register.units:
            found |= Q(**{f"{name}__in": sorted(held.unit_ids)})
        # Rows that belong to no unit (national institutions, policies) are seen by the top of the tree only.
        if (held.grant and held.grant.org_unit and held.grant.org_unit.parent_id is None) or self._is_whole_tree(held):
            found |= Q(**{f"{name}__isnull": True for name in self.register.units})
        return found

    def _not_outside(self, outside: frozenset[int]) -> Q:
        """The same rows said the other way round: without a long list of units the database walks the list's own index."""
        if not outside:
            return ALWAYS
        elsewhere, somewhere = Q(), Q()
        for name in self.register.units:
            elsewhere &= Q(**{f"{name}__in": sorted(outside)}) | Q(**{f"{name}__isnull": True})
            somewhere |= Q(**{f"{name}__isnull": False})
        return ~(elsewhere & somewhere)

    @staticmethod
    def _is_whole_tree(held: HeldPower) -> bool:
        unit = held.grant.org_unit if held.grant else None
        return bool(unit and unit.level in {OrgUnit.Level.CITY, OrgUnit.Level.PROVINCE})

    def _own(self) -> Q:
        kind, pk = self.mine.subject
        found = Q(created_by_id=self.mine.user.pk) if self.mine.is_known else NEVER
        path = self.register.own.get(kind)
        return found | Q(**{path: pk}) if path and pk else found

    def reaches(self, row: Any, held: list[HeldPower] | None = None) -> HeldPower | None:
        """The first power that covers this very row, or None: the same test as `q`, on a row already read."""
        for one in self.held if held is None else held:
            if self._covers_row(one, row):
                return one
        return None

    def sees_inside(self, row: Any) -> bool:
        """Whether the user sees the row as one of the office or its owner does: with its files and history, not only what is published."""
        return self.reaches(row, self._seers) is not None

    def _covers_row(self, held: HeldPower, row: Any) -> bool:
        reach = held.power.reach
        if reach == "all":
            return True
        if reach == "published":
            return self.register.is_public and row.review_state == ReviewState.APPROVED
        if reach == "own":
            return self._owns(row)
        ids = [_id_at(row, name) for name in self.register.units]
        if any(unit_id in held.unit_ids for unit_id in ids if unit_id):
            return True
        return not any(ids) and self._is_whole_tree(held)

    def _owns(self, row: Any) -> bool:
        if self.mine.is_known and row.created_by_id == self.mine.user.pk:
            return True
        kind, pk = self.mine.subject
        path = self.register.own.get(kind)
        if not path or not pk:
            return False
        target: Any = row
        for part in path.split("__"):
            target = getattr(target, part, None)
        return bool(target == pk)

    def over(self, row: Any) -> "RowSight":
        """What the user sees of one row; ask once per row where many fields follow."""
        return RowSight(self.reaches(row, self._seers) is not None, self.reaches(row, self._personal) is not None)

    def sees(self, field: Field, row: Any) -> str:
        """ "full", "masked" or "hidden" for one field of one row."""
        return self.over(row).of(field)

    def may_see_column(self, field: Field) -> bool:
        """Whether the user can see the field on any row at all: what columns, filters, sorting and search may use."""
        return bool(self._seers) or (field.public and not field.personal)

    def may_filter(self, field: Field) -> bool:
        """Filtering and sorting by a masked value would give it away bit by bit, so it needs the right to see it."""
        return self.may_see_column(field) and (not field.personal or bool(self._personal))

    def reads(self, field: Field) -> Q:
        """Rows on which the field is read in full: what a filter or search by it may range over, so that its answer gives nothing away."""
        if field.public and not field.personal:
            return ALWAYS
        found = self._any(self._seers)
        return found & self._any(self._personal) if field.personal else found

    def reads_all(self, field: Field) -> bool:
        """Whether the user reads the field in full on all rows of the register."""
        if field.public and not field.personal:
            return True
        held = self._personal if field.personal else self._seers
        return any(
            one.power.reach == "all" or (one.power.reach == "units" and self._is_whole_tree(one)) for one in held
        )

    def _any(self, powers_held: list[HeldPower]) -> Q:
        found = NEVER
        for held in powers_held:
            found |= self._reach(held)
        return found

    def shown(self, field: Field, row: Any) -> str:
        """The value as this user may read it on this row, as text."""
        sight = self.sees(field, row)
        if sight == "hidden":
            return ""
        value = field.get(row)
        if field.reference and value is not None:
            return self._shown_reference(value)
        return mask(field, value) if sight == "masked" else show(field, value)

    def _shown_reference(self, target: Any) -> str:
        register = declare.register_of(target)
        title = register.fields.get(register.title_field)
        inner = lens(self.mine.user, register, VIEW)
        return inner.shown(title, target) if title else register.title(target)


def _id_at(row: Any, path: str) -> int | None:
    """The unit id at "org_unit" or "enterprise__org_unit" of a row."""
    *relations, last = path.split("__")
    for relation in relations:
        row = getattr(row, relation, None)
    return getattr(row, f"{last}_id", None)


def lens(user: Any, register: Any, action: str = VIEW) -> Lens:
    """The lens of a user on a register (its key, model, or declaration)."""
    found = register if isinstance(register, declare.Register) else declare.register_of(register)
    cache: dict[tuple[str, str], Lens] = powers(user).__dict__.setdefault("lenses", {})
    return cache.setdefault((found.key, action), Lens(user, found, action))


def may(user: Any, action: str, target: Any = None) -> Decision:
    """Whether the user may do `action`: a function ("cockpit.view"), or a record action on a register or on one row."""
    mine = powers(user)
    if "." in action:
        return _may_function(mine, action)
    register = target if isinstance(target, declare.Register) else declare.register_of(target)
    sight = lens(user, register, action)
    if not sight.held:
        who = "、".join(sorted({str(ROLES[role].label) for role in mine.roles})) or _("访客")
        return Decision(
            False,
            _("%(who)s没有对“%(register)s”的此项权限（%(action)s）")
            % {"who": who, "register": register.verbose_name, "action": action},
        )
    if isinstance(target, str | type | declare.Register):
        return Decision(True, _("依据：%(power)s") % {"power": sight.held[0].describe()})
    held = sight.reaches(target)
    if held is None:
        return Decision(False, _("这条记录不在您的管辖范围内，也不属于您本单位"))
    return Decision(
        True, _("依据：%(power)s，范围：%(reach)s") % {"power": held.describe(), "reach": reach_label(held.power.reach)}
    )


def _may_function(mine: Powers, function: str) -> Decision:
    for grant in mine.grants:
        if function in ROLES[grant.role].functions:
            return Decision(True, _("依据：%(power)s") % {"power": grant})
    return Decision(False, _("您的角色不能使用此功能"))


def reach_label(reach: str) -> str:
    labels: Mapping[str, str] = {
        "all": _("全部"),
        "units": _("所辖单位"),
        "own": _("本单位（本人）"),
        "published": _("已公开"),
    }
    return labels[reach]


def explain(user: Any, row: Any) -> list[tuple[str, Decision]]:
    """Why this user can (or can't) do each thing to a row: the page "why can this person see this record"."""
    actions = (VIEW, PERSONAL, "change", "review", EXPORT, "remove")
    return [(action, may(user, action, row)) for action in actions]
