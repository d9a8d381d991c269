"""RegisterSuite: what must hold for every register, core or ledger. A test class that sets `key` inherits all of it."""

import io
import json
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from keqiao.core import access, tokens
from keqiao.core.act import Act
from keqiao.core.models import AuditEntry
from keqiao.core.records import actions, excel_in, excel_out, importing, search
from keqiao.core.records.declare import REGISTERS, Register
from keqiao.core.records.listing import Listing

from .samples import make

SYSTEM = Act(None, "command", "test")


class RegisterSuite:
    key = ""

    @pytest.fixture
    def register(self) -> Register:
        return REGISTERS[self.key]

    @pytest.fixture
    def rows(self, register: Register, people: Any, units: Any, django_capture_on_commit_callbacks: Any) -> list[Any]:
        with django_capture_on_commit_callbacks(execute=True):
            for number in (1, 2, 3):
                make(register, number)
        return list(
            register.rows().unscoped("test").order_by("pk")
        )  # a ledger on a schedule plans further rows by itself

    def everything(self, register: Register) -> list[dict[str, Any]]:
        return list(register.rows().unscoped("test").order_by("pk").values())

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_export_then_import_changes_nothing(
        self, register: Register, rows: list[Any], people: Any, kind: str
    ) -> None:
        officer = self.keeper(register, people)
        before, entries = self.everything(register), AuditEntry.objects.filter(verb__in=("create", "change")).count()
        content = excel_out.export(Listing(register, officer, action="export"), kind, Act(officer))
        table = excel_in.read(register, f"x.{kind}", content)
        plan = importing.plan(register, table, Act(officer, "import"))
        assert plan.problems == [], plan.problems[:3]
        assert plan.counts == {"new": 0, "changed": 0, "unchanged": len(rows), "faulty": 0}, plan.counts
        importing.carry_out(plan, Act(officer, "import"))
        assert self.everything(register) == before
        assert AuditEntry.objects.filter(verb__in=("create", "change")).count() == entries

    def test_an_export_into_an_empty_register_brings_the_rows_back(
        self, register: Register, rows: list[Any], people: Any
    ) -> None:
        officer = self.keeper(register, people)
        values = [{name: one.get(row) for name, one in register.fields.items()} for row in rows]
        content = excel_out.export(Listing(register, officer, action="export"), "xlsx", Act(officer))
        for row in rows:
            actions.remove(row, SYSTEM)
        plan = importing.plan(register, excel_in.read(register, "x.xlsx", content), Act(officer, "import"))
        assert plan.problems == [], plan.problems[:3]
        assert importing.carry_out(plan, Act(officer, "import"))["new"] == len(rows)
        found = [
            {name: one.get(row) for name, one in register.fields.items()} for row in register.rows().unscoped("test")
        ]
        assert sorted(map(str, found)) == sorted(map(str, values)), [
            pair for pair in zip(found, values, strict=True) if pair[0] != pair[1]
        ][:1]

    def test_the_template_names_every_field(self, register: Register, db: Any) -> None:
        book = openpyxl.load_workbook(io.BytesIO(excel_out.template(register)))
        headers = [str(cell.value).rstrip("*") for cell in book.worksheets[0][1]]
        assert headers == [register.fields[name].header for name in actions.editable(register)]

    def test_create_change_and_read_by_api(self, register: Register, rows: list[Any], people: Any) -> None:
        officer = self.keeper(register, people)
        client, headers = Client(), {"Authorization": f"Bearer {tokens.issue(officer, 'test', SYSTEM)[1]}"}
        place = f"/api/v1/registers/{register.key}/records"
        listed = client.get(place, headers=headers).json()["items"]
        assert {item["id"] for item in listed} == {row.pk for row in rows}
        one = client.get(f"{place}/{rows[0].pk}", headers=headers)
        assert one.status_code == 200
        same = client.patch(
            f"{place}/{rows[0].pk}", json.dumps({"values": one.json()["values"]}), "application/json", headers=headers
        )
        assert same.status_code == 200, same.content
        assert same.json()["edition"] == one.json()["edition"]
        values = {name: value for name, value in one.json()["values"].items() if not register.fields[name].read_only}
        assert client.delete(f"{place}/{rows[0].pk}", headers=headers).status_code == 204
        again = client.post(place, json.dumps({"values": values}), "application/json", headers=headers)
        assert again.status_code == 201, again.content
        assert again.json()["values"] == one.json()["values"]

    def test_each_row_is_found_by_its_title(self, register: Register, rows: list[Any], people: Any) -> None:
        officer = self.keeper(register, people)
        for row in rows:
            title = register.title(row)
            found = [
                hit.pk for group in search.search_all(officer, title, [register.key], limit=20) for hit in group.hits
            ]
            if register.fields[register.title_field].personal:
                assert found == []
            elif register.fields[register.title_field].kind in {"text", "long_text"}:
                assert row.pk in found
                assert row.pk in [one.pk for one in Listing(register, officer, {"q": title}).page()]

    def test_personal_fields_stay_hidden_from_who_may_not_read_them(
        self, register: Register, rows: list[Any], people: Any
    ) -> None:
        personal = {
            name: str(one.get(rows[0])) for name, one in register.fields.items() if one.personal and one.get(rows[0])
        }
        for user in (people.leader, people.town, AnonymousUser()):
            if not access.lens(user, register).held:
                continue
            content = excel_out.export(Listing(register, user, action="export"), "csv", Act(user)).decode("utf-8-sig")
            cells = {
                cell.text
                for row in Listing(register, user, {"columns": ",".join(register.fields)}).page()
                for cell in row.cells
            }
            for name, value in personal.items():
                assert value not in content, name
                assert value not in cells, name

    def test_all_ways_show_each_role_the_same_rows(self, register: Register, rows: list[Any], people: Any) -> None:
        for name in (
            "officer",
            "east_officer",
            "leader",
            "town",
            "park",
            "enterprise",
            "institution",
            "expert",
            "system",
        ):
            user = getattr(people, name)
            seen = set(register.rows().visible_to(user).values_list("pk", flat=True))
            listing = Listing(register, user)
            assert {row.pk for row in listing.page()} == seen, name
            assert int(listing.count) == len(seen)
            if not listing.sight.held:
                continue
            headers = {"Authorization": f"Bearer {tokens.issue(user, 'test', SYSTEM)[1]}"}
            answer = Client().get(f"/api/v1/registers/{register.key}/records", headers=headers).json()
            assert {item["id"] for item in answer["items"]} == seen, name
            if access.may(user, "export", register):
                content = excel_out.export(Listing(register, user, action="export"), "csv", Act(user)).decode(
                    "utf-8-sig"
                )
                assert len(excel_in._csv_rows(content.encode())) - 1 == len(seen), name
            hits = search.search_all(user, register.title(rows[0]), [register.key], limit=50)
            assert {hit.pk for group in hits for hit in group.hits} <= seen, name

    @staticmethod
    def keeper(register: Register, people: Any) -> Any:
        """An officer of the whole city without a division: may do all that is done to rows, whichever division keeps them."""
        return people.officer
