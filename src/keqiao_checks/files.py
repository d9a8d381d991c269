"""Which files a check looks at: those git tracks, or would track."""

import subprocess
from pathlib import Path

SKIPPED = {
    ".git",
    ".venv",
    ".node",
    "var",
    "node_modules",
    "static",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


def tracked(root: Path) -> list[Path]:
    """Paths relative to `root`: tracked ones and new ones that are not ignored; without git, all but the known caches."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        return sorted(path for path in found if not SKIPPED.intersection(path.parts))
    return sorted({Path(name) for name in listed.split("\0") if name and (root / name).is_file()})
