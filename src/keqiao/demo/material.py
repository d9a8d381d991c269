"""Material: what people wrote for the demo city (packs/demo/city). Hides files and YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same loader in C, ten times faster, where it is built
FOLDER = Path(__file__).resolve().parents[3] / "packs" / "demo" / "city"


@dataclass(frozen=True)
class Industry:
    """How the enterprises of one industry look. `revenue`: median (万元) and spread of the logarithm."""

    key: str
    codes: list[str]
    fields: list[str]
    counties: dict[str, float]
    revenue: list[float]
    rd: float
    per_head: float
    enterprises: int
    words: list[str]
    products: list[str]
    objects: list[str]
    troubles: list[str]
    measures: list[str]
    methods: list[str]
    expertise: list[str]


class Material:
    """The files of one folder, read when first asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder

    def read(self, name: str) -> Any:
        return LOADER((self.folder / f"{name}.yaml").read_text(encoding="utf-8")).get_single_data()

    def _series(self, key: str) -> list[dict[str, Any]]:
        return [row for path in sorted(self.folder.glob(f"{key}_*.yaml")) for row in self.read(path.stem)[key]]

    @cached_property
    def org_units(self) -> list[dict[str, Any]]:
        return list(self.read("org_units")["org_units"])

    @cached_property
    def counties(self) -> dict[str, str]:
        """Code to name."""
        return {unit["code"]: unit["name"] for unit in self.org_units if unit["level"] == "county"}

    @cached_property
    def towns(self) -> dict[str, dict[str, Any]]:
        """Towns and streets that exist now, by code."""
        return {u["code"]: u for u in self.org_units if u["level"] in {"town", "street"} and not u["valid_until"]}

    @cached_property
    def park_of(self) -> dict[str, str]:
        """Town code to the code of a park that lies in it."""
        return {town: unit["code"] for unit in self.org_units for town in unit.get("covers", ())}

    @cached_property
    def industries(self) -> Mapping[str, Industry]:
        return {raw["key"]: Industry(**raw) for raw in self.read("industries")["industries"]}

    @cached_property
    def demands(self) -> list[dict[str, Any]]:
        return self._series("demands")

    @cached_property
    def achievements(self) -> list[dict[str, Any]]:
        return self._series("achievements")

    @cached_property
    def gold_pairs(self) -> list[dict[str, Any]]:
        return list(self.read("gold_pairs")["gold_pairs"])

    @cached_property
    def policies(self) -> list[dict[str, Any]]:
        return list(self.read("policies")["policies"])

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """The city's policy rules (packs/demo/policies), in the order of their articles."""
        files = sorted((self.folder.parent / "policies").glob("*.yaml"))
        found = [LOADER(path.read_text(encoding="utf-8")).get_single_data() for path in files]
        return sorted(found, key=lambda rule: int(re.sub(r"\D", "", rule["basis"][0]["article"]) or 0))

    @cached_property
    def notices(self) -> list[dict[str, Any]]:
        return list(self.read("notices")["notices"])

    @cached_property
    def targets(self) -> dict[str, Any]:
        return dict(self.read("targets"))

    @cached_property
    def names(self) -> dict[str, Any]:
        return dict(self.read("names"))

    def person_name(self, dice: Any) -> str:
        names = self.names
        second = dice.choice(names["given_second"]) if dice.happens(0.78) else ""
        return str(dice.choice(names["surnames"]) + dice.choice(names["given_first"]) + second)
