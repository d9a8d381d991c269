"""Builds what browsers load into the git-ignored static/built: libraries, icon sprite, licences and maps.

Run by `./keqiao` with the project's Python whenever an input changed; by hand: .venv/bin/python assets/build.py --npm npm
Everything is served by the application itself: nothing is loaded from a content network, nothing third-party is in git.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import region_maps

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
BUILT = ROOT / "static" / "built"
SVG = "http://www.w3.org/2000/svg"

VENDOR_FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "echarts/dist/echarts.min.js",
    "echarts/i18n/langEN.js",
    "echarts/i18n/langZH.js",
    "htmx.org/dist/htmx.min.js",
    "tom-select/dist/js/tom-select.complete.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--npm", default="npm", help="the npm command line")
    parser.add_argument(
        "--regions",
        default=os.environ.get("KEQIAO_MAP_REGIONS") or "100000,330000,330600",
        help="GB/T 2260 codes whose map of children is cut from the national data",
    )
    parser.add_argument("--keep-modules", action="store_true", help="leave node_modules (about 170 MB) in place")
    options = parser.parse_args()

    subprocess.run([*shlex.split(options.npm), "ci", "--silent", "--no-progress"], cwd=ROOT, check=True)
    fresh = BUILT.with_name("built.new")
    shutil.rmtree(fresh, ignore_errors=True)
    vendor, maps = fresh / "vendor", fresh / "maps"
    vendor.mkdir(parents=True)
    maps.mkdir()
    copy_libraries(vendor)
    write_sprite(vendor / "icons.svg", icon_names(ROOT / "assets" / "icons.txt"))
    write_licences(vendor / "LICENSES.txt")
    region_maps.cut(MODULES, options.regions.split(","), maps)
    for units in sorted(ROOT.glob("packs/*/city/org_units.yaml")):
        region_maps.draw(units, maps)
    compress(fresh)
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.rename(BUILT)
    BUILT.with_name("served").mkdir(exist_ok=True)  # STATIC_ROOT, where collectstatic would put copies
    if not options.keep_modules:
        shutil.rmtree(MODULES, ignore_errors=True)
    return 0


def copy_libraries(vendor: Path) -> None:
    """Copy the few files that pages load, without their source map lines (the maps are not served)."""
    for name in VENDOR_FILES:
        text = (MODULES / name).read_text(encoding="utf-8")
        text = re.sub(r"/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+", "", text)
        (vendor / Path(name).name).write_text(text, encoding="utf-8")


def icon_names(listing: Path) -> list[str]:
    lines = (line.strip() for line in listing.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def write_sprite(target: Path, names: list[str]) -> None:
    """One SVG with a <symbol> per icon; the id is the icon's name ("star-filled" for "filled:star")."""
    ElementTree.register_namespace("", SVG)
    sprite = ElementTree.Element(f"{{{SVG}}}svg")
    missing = []
    for entry in names:
        style, _, name = entry.rpartition(":")
        source = MODULES / "@tabler" / "icons" / "icons" / (style or "outline") / f"{name}.svg"
        if not source.exists():
            missing.append(entry)
            continue
        icon = ElementTree.parse(source).getroot()  # noqa: S314 - from a hash-checked package
        symbol = ElementTree.SubElement(sprite, f"{{{SVG}}}symbol", {"id": f"{name}-{style}" if style else name})
        for key in ("viewBox", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"):
            if value := icon.get(key):
                symbol.set(key, value)
        symbol.extend(shape for shape in icon if shape.get("d") != "M0 0h24v24H0z")
    if missing:
        sys.exit(
            f"assets/icons.txt: no such icon in @tabler/icons: {', '.join(missing)}. Remedy: correct or remove the line."
        )
    target.write_bytes(ElementTree.tostring(sprite, encoding="utf-8"))


def compress(folder: Path) -> None:
    """Put a .gz beside every file that gains by it: the server sends what the browser accepts."""
    subprocess.run([sys.executable, "-m", "whitenoise.compress", "--quiet", "--no-brotli", str(folder)], check=True)


def write_licences(target: Path) -> None:
    """The copied packages' names, versions and licence texts, as their licences ask when copies are passed on."""
    parts = []
    for manifest in sorted([*MODULES.glob("*/package.json"), *MODULES.glob("@*/*/package.json")]):
        package = json.loads(manifest.read_text(encoding="utf-8"))
        texts = [path.read_text(encoding="utf-8") for path in sorted(manifest.parent.glob("LICEN[SC]E*"))]
        parts.append(
            "\n".join([f"{package['name']} {package['version']} ({package.get('license', 'see text')})", *texts])
        )
    target.write_text(("\n" + "-" * 72 + "\n").join(parts), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
