"""The demo city goes through the import without a fault, a second load changes nothing, and its accounts can sign in."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from keqiao import demo
from keqiao.core.models import AuditEntry, Grant, OrgUnit, User
from keqiao.core.records.declare import REGISTERS
from keqiao.core.roles import ROLES
from keqiao.portal import demo_city

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def load() -> str:
    said = StringIO()
    call_command("load_demo", figures=False, stdout=said)
    return said.getvalue()


def test_loads_through_the_import_and_only_once(client: Any, tmp_path: Any) -> None:
    load()
    world = demo.generate()
    held = {key: REGISTERS[key].rows().unscoped("test").count() for key in {table.register for table in world.tables}}
    expected = {key: len(world.rows(key)) for key in held}
    expected["demand"] += len(demo_city.UNFINISHED)
    assert held == expected
    assert len(list((tmp_path / "demo-workbooks").glob("*.xlsx"))) == len(world.tables)
    assert OrgUnit.objects.count() == len(world.material.org_units)
    assert set(Grant.objects.values_list("role", flat=True)) == set(ROLES) - {"public"}
    entries = AuditEntry.objects.count()

    assert all("+0 ~0" in line for line in load().splitlines() if "[" in line)
    assert AuditEntry.objects.count() <= entries + 1  # the unit tree is looked over again

    assert all(User.objects.get(username=one.username).check_password(demo_city.PASSWORD) for one in demo_city.ACCOUNTS)
    told = StringIO()
    call_command("demo_accounts", stdout=told)
    assert len(told.getvalue().splitlines()) == len(demo_city.ACCOUNTS)

    own = REGISTERS["demand"].rows().visible_to(User.objects.get(username="enterprise"))
    assert own.exclude(review_state="approved").count() == len(demo_city.UNFINISHED)


def test_a_refused_workbook_names_its_faults(tmp_path: Any) -> None:
    tables = [demo.Table("institution", [{"code": "12390000MA00000000", "name": "某院", "kind": "no_such_kind"}])]
    written = demo.write_workbooks(tables, tmp_path, demo_city.columns_of, demo_city.title_of)
    with pytest.raises(demo_city.LoadError, match="no_such_kind"):
        demo_city.load_workbook("institution", written[0][1])
