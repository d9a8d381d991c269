"""Lock files: exact versions and hashes of every package, and never the address of a registry."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from keqiao_launcher import packages
from keqiao_launcher.console import Problem, note, say, step
from keqiao_launcher.place import Place

# Each lock keeps the versions of the one before, so that installing a larger lock never changes what the smaller one gave.
LOCKS = (
    ("requirements.in", packages.RUN, None),
    ("requirements-dev.in", packages.DEV, packages.RUN),
    ("requirements-extra.in", packages.EXTRA, packages.DEV),
    ("assets/requirements.in", "assets/requirements.lock", None),
)
HOST = re.compile(r"^\s*--(?!hash)|https?://|file://", re.MULTILINE)


def run(place: Place, *, is_upgrade: bool = False) -> int:
    """Make all locks anew; without `is_upgrade` versions already locked stay as they are."""
    with tempfile.TemporaryDirectory(prefix="keqiao-uv-") as folder:
        uv = _uv(Path(folder))
        for source, lock, base in LOCKS:
            with step(lock):
                _compile(place.root, uv, source, lock, base, is_upgrade=is_upgrade)
    if npm := shutil.which("npm"):
        with step("package-lock.json"):
            subprocess.run([npm, "install", "--package-lock-only", "--silent"], cwd=place.root, check=True)
    else:
        note(say("未找到 npm：package-lock.json 未更新", "no npm here: package-lock.json was left as it is"))
    return 0


def _compile(root: Path, uv: list[str], source: str, lock: str, base: str | None, *, is_upgrade: bool) -> None:
    command = [*uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    command += ["--no-annotate", "--quiet", source, "-o", lock]
    command += ["--constraint", base] if base else []
    command += ["--upgrade"] if is_upgrade else []
    done = subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Problem(
            "KQ-LOCK",
            f"{lock}: {done.stderr.strip()[-600:]}",
            say("改正 .in 文件或网络后重试", f"correct {source} or the network, then try again"),
        )
    if found := HOST.search((root / lock).read_text()):
        raise Problem(
            "KQ-LOCK",
            f"{lock}: {found.group(0).strip()}",
            say(
                "锁定文件不得含软件源地址",
                "a lock must not name a package index: remove its option from the .in file or uv's settings",
            ),
        )


def _uv(folder: Path) -> list[str]:
    """uv from PATH, else installed for this one run."""
    if found := shutil.which("uv"):
        return [found]
    packages.make_venv(folder / "venv")
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "uv"], check=True)
    return [python, "-m", "uv"]
