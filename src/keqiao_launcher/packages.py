"""The Python environment: made once, then brought to a lock file, every download checked against its hash."""

import fcntl
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keqiao_launcher import stamps
from keqiao_launcher.console import Problem, Progress, say, step
from keqiao_launcher.place import Place, ask_for_disk, ask_for_python

RUN, DEV, EXTRA = "requirements.lock", "requirements-dev.lock", "requirements-extra.lock"
STAMP = ".keqiao-packages"
DISK_GB = 2.0
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def ensure(place: Place, lock: str = RUN) -> None:
    """Make the environment hold what `lock` names; does nothing when its stamp says so."""
    if is_ready(place, lock):
        return
    ask_for_python()
    with one_at_a_time(place):
        if is_ready(place, lock):  # another ./keqiao has just done it
            return
        if not _works(place.python):
            make_venv(place.venv)
        total = len(pins(place.root / lock))
        with step(
            say(f"安装 {total} 个锁定版本的软件包", f"Installing {total} packages at locked versions")
        ) as progress:
            install(place.python, place.root / lock, progress)
        _remember(place, lock)


def is_ready(place: Place, lock: str) -> bool:
    """Whether the environment already holds `lock`, or a lock that contains all of it."""
    stamp = place.venv / STAMP
    if not (stamp.is_file() and place.python.exists()):
        return False
    held = dict(line.split(maxsplit=1) for line in stamp.read_text().splitlines() if line.strip())
    wanted = pins(place.root / lock)
    for name, built in held.items():
        path = place.root / name
        if path.is_file() and stamps.digest([path]) == built and wanted.items() <= pins(path).items():
            return True
    return False


def pins(lock: Path) -> dict[str, str]:
    """Package name → pinned version."""
    return dict(_PIN.findall(lock.read_text())) if lock.is_file() else {}


def make_venv(folder: Path) -> None:
    """A fresh virtual environment in `folder`; replaces one that no longer starts."""
    ask_for_disk(folder, DISK_GB)
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Problem(
            "KQ-VENV",
            say(f"Python {version} 缺少 venv/ensurepip 模块", f"Python {version} lacks its venv/ensurepip module"),
            f"apt install python3-venv  (Debian, Ubuntu; python{version}-venv) · dnf install python3-pip  (RHEL, openEuler)",
        )
    with step(say("创建 Python 虚拟环境", "Making the Python environment")):
        done = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True, check=False
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise Problem(
                "KQ-VENV",
                say(f"无法创建 {folder}：", f"cannot make {folder}: ") + (done.stdout + done.stderr).strip()[-400:],
                "apt install python3-venv  (Debian, Ubuntu)",
            )


def install(python: Path, lock: Path, progress: Progress) -> None:
    """Install a hash-checked lock, showing how far it is; pip's own words are kept for the case that it fails."""
    ask_for_disk(python.parent, 0.5)
    total = len(pins(lock))
    command: list[str | Path] = [python, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--progress-bar", "off", "-r", lock]
    seen: list[str] = []
    count = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            seen.append(line.rstrip())
            if match := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line):
                count += 1
                progress.show(count, total, match.group(1))
            elif line.startswith("Installing collected"):
                progress.show(total, total, say("写入磁盘", "writing to disk"))
    if pip.returncode:
        raise _explained(seen)


_CAUSES = (
    (
        r"No space left",
        "KQ-DISK",
        ("磁盘已满", "the disk is full"),
        ("请清理磁盘后重试", "free some space, then run the command again"),
    ),
    (
        r"HASHES? .*MISMATCH|DO NOT MATCH THE HASHES",
        "KQ-HASH",
        ("下载的软件包与锁定的校验值不符", "a downloaded package does not match its locked hash"),
        (
            "软件源可能被替换或下载不完整：换一个可信的软件源（pip config）后重试",
            "the package index may be altered or the download cut off: use a trusted index (pip config) and try again",
        ),
    ),
    (
        r"NewConnectionError|Name or service not known|name resolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError"
        r"|Connection (refused|reset)|Network is unreachable|timed out|No route to host",
        "KQ-NETWORK",
        ("无法连接 Python 软件源", "the Python package index cannot be reached"),
        (
            "检查网络或代理；内网可用 `pip config set global.index-url <本单位软件源>` 后重试",
            "check the network or proxy; inside an office network run `pip config set global.index-url <your mirror>` and try again",
        ),
    ),
    (
        r"No matching distribution|Could not find a version",
        "KQ-PACKAGE",
        (
            "软件源没有所需版本，或没有适合本机 Python 的版本",
            "the package index lacks a needed version for this Python",
        ),
        (
            "使用 Python 3.11–3.13 和完整的软件源；可用 KEQIAO_PYTHON 指定解释器",
            "use Python 3.11 to 3.13 and a complete index; KEQIAO_PYTHON names the interpreter",
        ),
    ),
)


def _explained(output: list[str]) -> Problem:
    text = "\n".join(output)
    tail = "\n".join(f"  | {line[:200]}" for line in output[-6:])
    for pattern, code, what, remedy in _CAUSES:
        if re.search(pattern, text, re.IGNORECASE):
            return Problem(code, f"{say(*what)}\n{tail}", say(*remedy))
    return Problem(
        "KQ-INSTALL",
        f"{say('安装软件包失败', 'installing packages failed')}\n{tail}",
        say(
            "按上面的提示处理后重试；安装可以续做",
            "see the lines above, then run the command again; it continues where it stopped",
        ),
    )


@contextmanager
def one_at_a_time(place: Place) -> Iterator[None]:
    """Two `./keqiao` started together must not install into the same folder at once."""
    lock = place.root / "var" / "setup.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _works(python: Path) -> bool:
    """An environment whose base Python was removed or upgraded no longer starts, or no longer finds its packages."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def _remember(place: Place, lock: str) -> None:
    stamp = place.venv / STAMP
    held = (
        dict(line.split(maxsplit=1) for line in stamp.read_text().splitlines() if line.strip())
        if stamp.is_file()
        else {}
    )
    held[lock] = stamps.digest([place.root / lock])
    stamps.write(stamp, "\n".join(f"{name} {built}" for name, built in sorted(held.items())))
