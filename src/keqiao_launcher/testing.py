"""`./keqiao test`: everything on SQLite, the integration tests again on PostgreSQL, then a real browser."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from keqiao_launcher import assets, packages, postgres
from keqiao_launcher.console import note, say
from keqiao_launcher.place import Place

_CLOSING = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Report:
    """What the runs so far came to; `missing` names what this machine could not run."""

    lines: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    is_good: bool = True

    def add(self, label: str, code: int, closing: str) -> None:
        self.is_good = self.is_good and code == 0
        self.lines.append(f"{'✓' if code == 0 else '✗'} {label}: {closing or f'pytest ended with code {code}'}")
        self.counts.update(
            {kind: int(number) for number, kind in re.findall(r"(\d+) ([a-z]+)", closing.partition(" in ")[0])}
        )


def run(place: Place, arguments: list[str], *, is_fast: bool = False, with_extra: bool = False) -> int:
    """Install what tests need and run them; own pytest arguments make it one plain run. 0 when all is green."""
    is_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    packages.ensure(place, packages.EXTRA if with_extra or is_ci else packages.DEV)
    assets.ensure_front_end(place)
    assets.ensure_messages(place)
    started, report = time.monotonic(), Report()
    with tempfile.TemporaryDirectory(prefix="keqiao-test-") as folder:
        scratch = Place(root=place.root, data=Path(folder))
        which = "not e2e and not slow" if is_fast else "not e2e"
        if arguments:
            return _pytest(scratch, [*(("-m", which) if is_fast else ()), *arguments])[0]
        _stage(report, say("单元与集成（SQLite）", "unit and integration (SQLite)"), scratch, ["-n", "2", "-m", which])
        if not is_fast:
            _on_postgresql(report, scratch)
            _in_browser(report, scratch)
    return _close(report, time.monotonic() - started, is_ci)


def _stage(report: Report, label: str, place: Place, arguments: list[str], **more: str) -> None:
    note(f"• {label}")
    code, closing = _pytest(place, ["--dist", "loadfile", *arguments], **more)
    report.add(label, code, closing)


def _pytest(place: Place, arguments: list[str], **more: str) -> tuple[int, str]:
    """Run pytest with its output passed through; its exit code and closing line. Tests never see the user's database."""
    environment = place.environment(**{"DATABASE_URL": "", **more})
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    command: list[str | Path] = [place.python, "-m", "pytest", *colour, *arguments]
    closing = ""
    with subprocess.Popen(
        command, cwd=place.root, env=environment, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            if match := _CLOSING.match(re.sub(r"\x1b\[[\d;]*m", "", line)):
                closing = match.group(0).strip("= ")
    return child.returncode, closing


def _on_postgresql(report: Report, place: Place) -> None:
    label = say("集成（PostgreSQL）", "integration (PostgreSQL)")
    wanted = ["-n", "2", "-m", "not e2e", "tests/integration"]
    if url := os.environ.get("KEQIAO_TEST_DATABASE_URL"):
        _stage(report, label, place, wanted, DATABASE_URL=url)
    elif postgres.binaries():
        with postgres.throwaway() as url:
            _stage(report, label, place, wanted, DATABASE_URL=url)
    else:
        remedy = say(
            "安装 postgresql，或设置 KEQIAO_TEST_DATABASE_URL", "install postgresql, or set KEQIAO_TEST_DATABASE_URL"
        )
        report.missing.append(f"{label}: {remedy}")


def chromium() -> str | None:
    """The browser for end-to-end tests: KEQIAO_CHROMIUM, else the first known name on PATH."""
    return os.environ.get("KEQIAO_CHROMIUM") or next(
        (found for name in CHROMIUM if (found := shutil.which(name))), None
    )


def _in_browser(report: Report, place: Place) -> None:
    label = say("浏览器", "browser")
    if browser := chromium():
        _stage(report, label, place, ["-m", "e2e", "tests/e2e"], KEQIAO_CHROMIUM=browser)
    else:
        report.missing.append(
            f"{label}: " + say("安装 chromium（apt install chromium）", "install chromium (apt install chromium)")
        )


def _close(report: Report, seconds: float, is_ci: bool) -> int:
    """Summary in pytest's own words; what could not run is said, and in CI is a failure."""
    note("")
    for line in report.lines:
        note(line)
    for line in report.missing:
        note(f"{'✗' if is_ci else '!'} {say('未运行', 'not run')} – {line}")
    order = ("failed", "error", "errors", "passed", "skipped", "deselected", "xfailed", "xpassed")
    total = ", ".join(f"{report.counts[kind]} {kind}" for kind in order if report.counts[kind]) or "no tests ran"
    note(f"{total} in {seconds:.2f}s")
    return 0 if report.is_good and not (is_ci and report.missing) else 1
