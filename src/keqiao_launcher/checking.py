"""`./keqiao check`: every static check, all of them even when one fails, the noise of those that pass left out."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from keqiao_launcher import assets, packages
from keqiao_launcher.console import note, say
from keqiao_launcher.place import Place

CHECKS: dict[str, list[str]] = {
    "types (mypy)": ["-m", "mypy", "src"],
    "style (ruff check)": ["-m", "ruff", "check", "."],
    "format (ruff format)": ["-m", "ruff", "format", "--check", "."],
    "own rules": ["-m", "keqiao_checks", "rules"],
    "translations": ["-m", "keqiao_checks", "translations"],
    "import rules (import-linter)": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "migrations": ["-m", "django", "makemigrations", "--check", "--dry-run"],
}


def run(place: Place) -> int:
    """Run all checks, two at a time; 0 when all pass."""
    packages.ensure(place, packages.DEV)
    assets.ensure_messages(place)
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda name: _one(place, name), CHECKS))
    failed = [name for name, is_good in zip(CHECKS, results, strict=True) if not is_good]
    if failed:
        note(say(f"未通过：{'、'.join(failed)}", f"failed: {', '.join(failed)}"))
    else:
        note(say(f"{len(CHECKS)} 项检查全部通过", f"all {len(CHECKS)} checks passed"))
    return 1 if failed else 0


def _one(place: Place, name: str) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        [place.python, *CHECKS[name]],
        cwd=place.root,
        env=place.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    is_good = done.returncode == 0
    lines = [f"{'✓' if is_good else '✗'} {name} ({seconds:.1f} s)"]
    if not is_good:
        lines += [f"  {line}" for line in done.stdout.splitlines()]
    note("\n".join(lines))
    return is_good
