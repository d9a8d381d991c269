"""Where things live, and the environment that every child process gets."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from keqiao_launcher.console import Problem, say

DEMO_DATE = "demo.date"  # in the demo's data folder: the day on which the demo city stands still


@dataclass(frozen=True)
class Place:
    """One checkout (`root`) with one data folder (`data`: database, stored files, secret key; never in git)."""

    root: Path
    data: Path

    @classmethod
    def here(cls) -> "Place":
        root = Path(__file__).resolve().parents[2]
        return cls(root=root, data=Path(os.environ.get("KEQIAO_DATA") or root / "var").expanduser().resolve())

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def static(self) -> Path:
        return self.root / "static"

    def environment(self, **more: str) -> dict[str, str]:
        """The caller's environment plus what Django needs to find this checkout and this data folder."""
        ours = {
            "PYTHONPATH": str(self.root / "src"),
            "PYTHONUNBUFFERED": "1",
            "KEQIAO_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE") or "keqiao.conf.settings",
        }
        demo_date = self.data / DEMO_DATE
        if demo_date.is_file() and not os.environ.get("KEQIAO_TODAY"):
            ours["KEQIAO_TODAY"] = demo_date.read_text().strip()
        # Without compiled files every start would take twice as long.
        theirs = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**theirs, **ours, **more}

    def run(self, *arguments: str | Path, **more: str) -> int:
        """Run the environment's Python with `arguments` in the caller's folder, output untouched; its exit code."""
        return subprocess.run([self.python, *arguments], env=self.environment(**more), check=False).returncode

    def manage(self, *arguments: str, **more: str) -> int:
        """Run one Django management command."""
        return self.run("-m", "django", *arguments, **more)


def ask_for_disk(folder: Path, gigabytes: float) -> None:
    """Refuse to begin what a full disk would break half way."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if free < gigabytes:
        raise Problem(
            "KQ-DISK",
            say(f"{existing} 所在磁盘只剩 {free:.1f} GB", f"only {free:.1f} GB are free on the disk of {existing}"),
            say(f"请腾出至少 {gigabytes:g} GB 后重试", f"free at least {gigabytes:g} GB, then run the command again"),
        )


def ask_for_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """The shell script already looks for 3.11; this answers those who start the module themselves."""
    if version[:2] < (3, 11):
        raise Problem(
            "KQ-PYTHON",
            say(f"Python {version[0]}.{version[1]} 版本过低", f"Python {version[0]}.{version[1]} is too old"),
            say(
                "请安装 Python 3.11 或更高版本",
                "install Python 3.11 or newer (Debian: apt install python3 python3-venv)",
            ),
        )
