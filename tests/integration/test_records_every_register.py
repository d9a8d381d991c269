"""Every register that is declared runs the RegisterSuite: one added tomorrow is tested tomorrow."""

import pytest

from keqiao.core.records.declare import REGISTERS

from .suites.register_suite import RegisterSuite


@pytest.mark.django_db
@pytest.mark.parametrize("key", sorted(REGISTERS), scope="class")
class TestEveryRegister(RegisterSuite):
    @pytest.fixture(autouse=True)
    def _key(self, key: str) -> None:
        self.key = key

    @pytest.fixture
    def register(self, key: str):  # type: ignore[no-untyped-def]
        return REGISTERS[key]
