"""The drawn city: every unit of the list is on its parent's map, neighbours fit, and the drawing never changes by itself."""

import importlib.util
import itertools
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
UNITS = ROOT / "packs" / "demo" / "city" / "org_units.yaml"


@pytest.fixture(scope="module")
def region_maps():
    spec = importlib.util.spec_from_file_location("region_maps", ROOT / "assets" / "region_maps.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def drawn(region_maps, tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    region_maps.draw(UNITS, folder)
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["features"] for path in folder.glob("*.json")}


def area(feature):
    geometry = feature["geometry"]
    rings = (
        [part[0] for part in geometry["coordinates"]] if geometry["type"] == "MultiPolygon" else geometry["coordinates"]
    )
    return sum(abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))) / 2 for ring in rings)


def test_every_valid_unit_is_on_a_map(drawn):
    units = [
        unit for unit in yaml.safe_load(UNITS.read_text(encoding="utf-8"))["org_units"] if unit["valid_until"] is None
    ]
    shown = {feature["properties"]["code"] for features in drawn.values() for feature in features}
    assert shown == {unit["code"] for unit in units if unit["parent"]}
    for unit in units:
        if unit["parent"] and unit["level"] != "park":
            assert unit["code"] in {feature["properties"]["code"] for feature in drawn[unit["parent"]]}


def test_a_park_is_on_the_map_of_every_county_it_lies_in(drawn):
    for park in yaml.safe_load(UNITS.read_text(encoding="utf-8"))["org_units"]:
        if park["level"] == "park":
            for county in {town[:6] for town in park["covers"]}:
                assert park["code"] in {feature["properties"]["code"] for feature in drawn[county]}


def test_neighbours_fit_without_gap_or_overlap(drawn):
    (city,) = (code for code in drawn if code.endswith("00") and code != "390000")
    counties = drawn[city]
    assert sum(map(area, counties)) == pytest.approx(area(drawn["390000"][0]), rel=1e-6)
    for county in counties:
        towns = [feature for feature in drawn[county["properties"]["code"]] if feature["properties"]["level"] != "park"]
        assert sum(map(area, towns)) == pytest.approx(area(county), rel=1e-6)


def test_outlines_are_closed_and_in_one_piece(drawn):
    for features in drawn.values():
        for feature in features:
            parts = feature["geometry"]["coordinates"]
            rings = [part[0] for part in parts] if feature["geometry"]["type"] == "MultiPolygon" else parts
            assert len(rings) == 1
            assert rings[0][0] == rings[0][-1]
            assert len(feature["properties"]["cp"]) == 2


def test_drawing_again_gives_the_same(region_maps, drawn, tmp_path):
    region_maps.draw(UNITS, tmp_path)
    again = {path.stem: json.loads(path.read_text(encoding="utf-8"))["features"] for path in tmp_path.glob("*.json")}
    assert again == drawn
