"""What every Django test has: a small tree of units, one account per role, and rows made through actions."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest

DAY = datetime.date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Any, settings: Any) -> None:
    """Files, snapshots, indexes and job progress of a test stay with the test; the business date stands still."""
    settings.DATA = tmp_path
    settings.BUSINESS_DATE = DAY.isoformat()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path / "files")}},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def units(db: Any) -> SimpleNamespace:
    """Province → city → two counties → three towns and a park that cuts across two of them."""
    from keqiao.core.models import OrgUnit

    def unit(code: str, name: str, level: str, parent: Any = None) -> Any:
        return OrgUnit.objects.create(code=code, name=name, name_en=name, level=level, parent=parent)

    province = unit("990000", "测试省", "province")
    city = unit("990100", "测试市", "city", province)
    east, west = unit("990102", "东区", "county", city), unit("990103", "西县", "county", city)
    river, hill = unit("990102001", "临河街道", "street", east), unit("990102002", "靠山镇", "town", east)
    lake = unit("990103001", "湖口镇", "town", west)
    park = unit("990102901", "高新园", "park", east)
    park.covers.set([river, hill])
    return SimpleNamespace(
        province=province, city=city, east=east, west=west, river=river, hill=hill, lake=lake, park=park
    )


ROLE_OF = {
    "system": ("system_admin", None),
    "security": ("security_admin", None),
    "auditor": ("audit_admin", None),
    "leader": ("bureau_leader", "city"),
    "officer": ("officer", "city"),
    "east_officer": ("officer", "east"),
    "town": ("town_officer", "river"),
    "park": ("park_officer", "park"),
    "enterprise": ("enterprise", None),
    "institution": ("institution", None),
    "expert": ("expert", None),
    "broker": ("broker", None),
    "nobody": (None, None),
}


@pytest.fixture
def people(units: SimpleNamespace) -> SimpleNamespace:
    """One account per role; "nobody" is signed in without any."""
    from keqiao.core.models import Grant, User

    accounts = {}
    for name, (role, place) in ROLE_OF.items():
        account = User.objects.create_user(username=name, password="a-long-test-password", display_name=name)
        if role:
            Grant.objects.create(user=account, role=role, org_unit=getattr(units, place) if place else None)
        accounts[name] = account
    return SimpleNamespace(**accounts)


@pytest.fixture
def act() -> Any:
    """The system's own act: needs no permission, leaves its trace."""
    from keqiao.core.act import Act

    return Act(None, "command", "test")
