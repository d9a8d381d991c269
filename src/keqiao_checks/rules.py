"""The rules, each with its reason and with good and bad lines, and the scan over the files.

A line may be excused by a comment on it or above it that names the rule and says why:
`# allow: writes-in-actions – the action's own tail`, in a template `{# allow: … #}`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keqiao_checks import finders

APPS = ("registers", "matters", "market", "services", "control", "portal", "conf")
_EXCUSE = re.compile(r"(?:#|//)\s*allow: (?P<rule>[\w-]+)\s+[–-]\s+\S")


@dataclass(frozen=True)
class Rule:
    """`covers` picks the files, `find` yields line numbers; `sample` is the path under which good and bad lines are tried."""

    name: str
    reason: str
    covers: Callable[[Path], bool]
    find: Callable[[str], Iterator[int]]
    sample: str
    good: tuple[str, ...]
    bad: tuple[str, ...]


@dataclass(frozen=True)
class NameRule:
    """A rule about the path itself; good and bad are paths."""

    name: str
    reason: str
    is_bad: Callable[[Path], bool]
    good: tuple[str, ...]
    bad: tuple[str, ...]


def _python(path: Path) -> bool:
    return path.suffix == ".py"


def _in_apps(path: Path) -> bool:
    return (
        _python(path)
        and path.parts[:2] == ("src", "keqiao")
        and len(path.parts) > 3
        and path.parts[2] in APPS
        and not _is_test(path)
    )


def _is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name in {"conftest.py"}


def _may_not_write(path: Path) -> bool:
    is_action = path.name == "actions.py" or path.name.endswith("_actions.py")
    return _in_apps(path) and not is_action and not {"actions", "migrations"}.intersection(path.parts)


def _shows_rows(path: Path) -> bool:
    """Pages, API, exports and search: wherever rows reach a person."""
    names = {"views", "api", "excel_out", "search", "list", "detail", "exports"}
    return _python(path) and path.parts[0] == "src" and bool(names & {path.stem, *path.parts}) and not _is_test(path)


def _any(path: Path) -> bool:
    return True


RULES: tuple[Rule, ...] = (
    Rule(
        "writes-in-actions",
        "a write outside actions.py and core/ escapes the access check and the audit trail: call an action",
        _may_not_write,
        finders.model_writes,
        "src/keqiao/market/views.py",
        good=(
            "actions.update(demand, {'title': title}, actor=user)",
            "form.save(commit=False)",
            "document.save(buffer)",
            "hash.update(block)",
            "settings.update(colour=1)",
            "cache.delete('key')",
        ),
        bad=(
            "demand.save()",
            "demand.save(update_fields=['title'])",
            "Demand.objects.create(title=title)",
            "Demand.objects.filter(pk=1).update(title='')",
            "demand.deals.get_or_create(kind='x')",
            "Demand.objects.bulk_create(rows)",
            "demand.delete()",
        ),
    ),
    Rule(
        "migrations-stand-alone",
        "a migration that imports the application breaks when the application changes: use apps.get_model, or write it out",
        lambda path: _python(path) and "migrations" in path.parts,
        finders.application_imports,
        "src/keqiao/core/migrations/0001_initial.py",
        good=("from django.db import migrations, models", "Unit = apps.get_model('core', 'OrgUnit')"),
        bad=("from keqiao.core.models import OrgUnit", "import keqiao.core.models.user", "from keqiao import core"),
    ),
    Rule(
        "literal-gettext",
        "a text built before gettext is in no catalogue: gettext('…%(name)s…') % {'name': name}",
        _python,
        finders.built_messages,
        "src/keqiao/market/views.py",
        good=("_('共 %(n)s 条') % {'n': n}", "_('共' '多条')", "_('共 {n} 条').format(n=n)"),
        bad=(
            "_(f'共 {n} 条')",
            "_('共 %s 条' % n)",
            "gettext_lazy('共' + n)",
            "_('共 {n} 条'.format(n=n))",
            "ngettext('一条', f'{n} 条', n)",
        ),
    ),
    Rule(
        "lazy-at-import",
        "gettext called while a module loads freezes the text in one language: import gettext_lazy there",
        _python,
        finders.eager_messages,
        "src/keqiao/market/models.py",
        good=(
            "from django.utils.translation import gettext_lazy as _\nNAME = _('需求')",
            "from django.utils.translation import gettext as _\ndef name(): return _('需求')",
            "from django.utils.translation import gettext as _\nNAME = lambda: _('需求')",
        ),
        bad=(
            "from django.utils.translation import gettext as _\nNAME = _('需求')",
            "from django.utils.translation import gettext as _\nclass A:\n    name = _('需求')",
        ),
    ),
    Rule(
        "scoped-reads",
        "objects.all() shows rows to people who may not see them: use visible_to(user)",
        _shows_rows,
        finders.unscoped_reads,
        "src/keqiao/portal/views.py",
        good=("Demand.objects.visible_to(user).all()", "visible_to(user, Demand)"),
        bad=("Demand.objects.all()", "rows = Demand._base_manager.all()", "Demand._default_manager.all()"),
    ),
    Rule(
        "no-status-no-type",
        "`status` and `type` mean everything: call it stage, review_state or kind",
        lambda path: _python(path) and path.parts[:2] == ("src", "keqiao") and not _is_test(path),
        finders.vague_fields,
        "src/keqiao/market/models.py",
        good=(
            "class Deal:\n    stage = models.CharField(max_length=1)",
            "class Row:\n    type: str",
            "def f():\n    status = 200",
        ),
        bad=(
            "class Deal:\n    status = models.CharField(max_length=1)",
            "class Deal:\n    type: models.CharField = models.CharField()",
            "class Deal:\n    type = ForeignKey('x')",
        ),
    ),
    Rule(
        "no-hosts",
        "a tracked file must not name a package registry or content network: versions come from locks, addresses from the user's own settings",
        _any,
        finders.matching(finders.REGISTRIES),
        "requirements.lock",
        good=("django==5.2.19 \\", "pip config set global.index-url <mirror>", '"integrity": "sha512-…"'),
        bad=(
            "https://py" + "pi.org/simple",
            "https://registry.npm" + "js.org/x",
            '<script src="https://cdn.js' + 'delivr.net/npm/x"></script>',
            "--extra-index" + "-url file:///x",
            "--find" + "-links /x",
        ),
    ),
    Rule(
        "no-machine-paths",
        "a path of one developer's machine means nothing elsewhere: make it relative, or a setting",
        _any,
        finders.matching(finders.MACHINE_PATHS),
        "docs/operator.md",
        good=("/opt/keqiao/var", "path/work/mains", "/srv/keqiao"),
        bad=("/work" + "/main/var", "cd /ro" + "ot/.cache", "/ho" + "me/zhang/keqiao"),
    ),
    Rule(
        "known-icons",
        "the sprite has no such icon, so nothing would be shown: add the name to assets/icons.txt",
        lambda path: path.parts[:2] == ("src", "keqiao") or path.parts[0] == "packs",
        finders.unknown_icons,
        "src/keqiao/portal/templates/home.html",
        good=('{% icon "search" %}', 'icon = "building"', "icon: star-filled", "    icon: str", "{% icon card.icon %}"),
        bad=('{% icon "serach" %}', 'Panel(icon="no-such-icon")', "icon: nothing"),
    ),
    Rule(
        "translated-templates",
        "Chinese text in a template outside {% translate %} never appears in English",
        lambda path: path.suffix in {".html", ".txt"} and "templates" in path.parts and not _is_test(path),
        finders.untranslated_text,
        "src/keqiao/portal/templates/home.html",
        good=(
            '<h1>{% translate "需求" %}</h1>',
            "{% blocktranslate count n=rows %}{{ n }} 条{% plural %}{{ n }} 条{% endblocktranslate %}",
            "{# 说明 #}{{ name }}",
            "{% comment %}说明{% endcomment %}",
            '{{ name|default:_("无") }}',
            '{% include "x.html" with title=_("需求") %}',
        ),
        bad=(
            "<h1>需求</h1>",
            '{{ name|default:"无" }}',
            '{% include "x.html" with title="需求" %}',
            '<a title="查看"></a>',
        ),
    ),
)

NAME_RULES: tuple[NameRule, ...] = (
    NameRule(
        "name-the-noun",
        "a drawer collects everything: name the file after what it is about (the write layer is actions.py)",
        lambda path: (
            _python(path)
            and path.stem.strip("_")
            in {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "services"}
        ),
        good=("src/keqiao/core/access.py", "src/keqiao/services/views.py", "docs/utils.md"),
        bad=(
            "src/keqiao/core/utils.py",
            "src/keqiao/market/services.py",
            "tests/helpers.py",
            "src/keqiao/core/common.py",
        ),
    ),
)


def scan(root: Path, paths: list[Path]) -> list[str]:
    """Findings as `path:line: rule: reason`, in path order."""
    found = [f"{path}: {rule.name}: {rule.reason}" for path in paths for rule in NAME_RULES if rule.is_bad(path)]
    for path in paths:
        wanted = [rule for rule in RULES if rule.covers(path)]
        text = _text(root / path) if wanted else None
        if text is None:
            continue
        for rule in wanted:
            found += [f"{path}:{line}: {rule.name}: {rule.reason}" for line in violations(rule, text)]
    return found


def violations(rule: Rule, text: str) -> list[int]:
    """The line numbers that break the rule and are not excused."""
    lines = text.splitlines()
    try:
        numbers = sorted(set(rule.find(text)))
    except SyntaxError as error:
        return [error.lineno or 1]
    return [
        number for number in numbers if not any(_excuses(rule, line) for line in lines[max(0, number - 2) : number])
    ]


def _excuses(rule: Rule, line: str) -> bool:
    match = _EXCUSE.search(line)
    return bool(match and match.group("rule") == rule.name)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture or an archive
        return None


def self_test() -> list[str]:
    """Every rule must pass its good lines and catch its bad ones: a rule that finds nothing would look like clean code."""
    wrong = []
    for rule in RULES:
        if not rule.covers(Path(rule.sample)):
            wrong.append(f"{rule.name}: does not cover its own sample path {rule.sample}")
        wrong += [f"{rule.name}: rejects its good line {line!r}" for line in rule.good if violations(rule, line)]
        wrong += [f"{rule.name}: accepts its bad line {line!r}" for line in rule.bad if not violations(rule, line)]
    for name_rule in NAME_RULES:
        wrong += [f"{name_rule.name}: rejects {path}" for path in name_rule.good if name_rule.is_bad(Path(path))]
        wrong += [f"{name_rule.name}: accepts {path}" for path in name_rule.bad if not name_rule.is_bad(Path(path))]
    return wrong
