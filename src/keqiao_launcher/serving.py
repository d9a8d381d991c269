"""Running the web server and the job worker: each alone for systemd, both together for the demo."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from keqiao_launcher import database
from keqiao_launcher.console import Problem, note, say
from keqiao_launcher.place import Place

WEB = [
    "-m",
    "gunicorn",
    "keqiao.conf.wsgi",
    "--workers",
    "2",
    "--threads",
    "4",
    "--timeout",
    "120",
    "--log-level",
    "warning",
]
WORKER = ["-m", "django", "worker"]
READY_IN = 90  # seconds


def hold_running_lock(place: Place) -> int:
    """Mark the data folder as in use, as long as this process or a child of it lives; `restore` looks at it."""
    place.data.mkdir(parents=True, exist_ok=True)
    handle = os.open(place.data / "running.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Problem(
            "KQ-BUSY",
            say("正在恢复备份", "a backup is being restored"),
            say("等恢复完成后再启动", "start again when it has finished"),
        ) from error
    os.set_inheritable(handle, True)
    return handle


@contextlib.contextmanager
def sole_use(place: Place) -> Iterator[None]:
    """Refuse while a server or worker of this data folder runs, and keep them from starting meanwhile."""
    with (place.data / "running.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem(
                "KQ-RUNNING",
                say("网站或后台任务进程正在运行", "the web server or the worker is running"),
                say(
                    "先停止它们（Ctrl-C 或 systemctl stop keqiao-web keqiao-worker）",
                    "stop them first (Ctrl-C, or systemctl stop keqiao-web keqiao-worker)",
                ),
            ) from error
        yield


def become(place: Place, arguments: list[str]) -> NoReturn:
    """Replace this process by the server or the worker, so that signals of systemd reach it directly."""
    hold_running_lock(place)
    os.execve(place.python, [str(place.python), *arguments], place.environment())  # noqa: S606


def bind(host: str, port: int) -> list[str]:
    return ["--bind", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]


def ask_for_port(host: str, port: int) -> None:
    """Say that a port is taken before anything is built for it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem(
                "KQ-PORT",
                say(f"端口 {port} 不可用（{error.strerror}）", f"port {port} cannot be used ({error.strerror})"),
                say(
                    f"换一个端口：--port {port + 1 if port < 65535 else 8000}",
                    f"use another: --port {port + 1 if port < 65535 else 8000}",
                ),
            ) from error


def lan_address() -> str:
    """This machine's address in the local network (no packet is sent to find it)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def demo(place: Place, port: int, *, is_lan: bool) -> int:
    """Serve the demo with a worker beside it until Ctrl-C; a worker that dies is started again."""
    host, shown = ("0.0.0.0", lan_address()) if is_lan else ("127.0.0.1", "127.0.0.1")  # noqa: S104 - asked for by --lan
    hosts = os.environ.get("KEQIAO_HOSTS") or ",".join(
        dict.fromkeys(["localhost", "127.0.0.1", shown, socket.gethostname()])
    )
    lock = hold_running_lock(place)
    logs = place.data / "log"
    logs.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    web = _start(place, [*WEB, *bind(host, port)], logs / "web.log", lock, hosts)
    worker: subprocess.Popen[bytes] | None = None
    try:
        _await_first_page(web, port, logs / "web.log")
        worker = _start(place, WORKER, logs / "worker.log", lock, hosts)  # not sooner: it would slow the first page
        _greet(place, f"http://{shown}:{port}/", is_lan=is_lan)
        while web.poll() is None:
            if worker.poll() is not None:
                note(
                    say(
                        "后台任务进程已退出，重新启动（日志 log/worker.log）",
                        "the job worker ended: starting it again (log/worker.log)",
                    )
                )
                worker = _start(place, WORKER, logs / "worker.log", lock, hosts)
            time.sleep(2)
        note(say(f"网站进程已退出，日志：{logs / 'web.log'}", f"the web server ended, log: {logs / 'web.log'}"))
        return 1
    except KeyboardInterrupt:
        note("")
        return 0
    finally:
        _stop(*filter(None, (web, worker)))


def _start(place: Place, arguments: list[str], log: Path, lock: int, hosts: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [place.python, *arguments],
            env=place.environment(KEQIAO_HOSTS=hosts),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[lock],
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent() -> None:
    """A demo that is killed outright must not leave a server behind on its port."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 = PR_SET_PDEATHSIG


def _await_first_page(web: subprocess.Popen[bytes], port: int, log: Path) -> None:
    address = f"http://127.0.0.1:{port}/"
    until = time.monotonic() + READY_IN
    last = ""
    while time.monotonic() < until and web.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return
        except urllib.error.HTTPError as error:
            last = f"HTTP {error.code}"
            break
        except OSError as error:
            last = str(error)
        time.sleep(0.1)
    tail = "\n".join(f"  | {line[:200]}" for line in log.read_text(errors="replace").splitlines()[-8:])
    raise Problem(
        "KQ-SERVER",
        say("网站没有启动成功", "the web server did not come up") + f" ({last or 'ended'})\n{tail}",
        say(f"完整日志：{log}", f"the whole log: {log}"),
    )


def _greet(place: Place, address: str, *, is_lan: bool) -> None:
    note("")
    note(say(f"科桥演示城市已启动：{address}", f"Keqiao's demo city is running: {address}"))
    accounts = place.data / database.ACCOUNTS
    if accounts.is_file() and (text := accounts.read_text().strip()):
        note(say("演示账号：", "Demo accounts:"))
        note(text)
    if is_lan:
        note(
            say(
                "注意：局域网内任何人都可用以上演示账号登录。",
                "Mind: anyone in the local network can sign in with these accounts.",
            )
        )
    note(say("按 Ctrl-C 停止", "Ctrl-C stops it"))


def _stop(*children: subprocess.Popen[bytes]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=15)
        if child.poll() is None:
            child.kill()
