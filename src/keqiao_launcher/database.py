"""Bringing the database to the present: migrations, and the demo city once. Refuses to mix the demo with real data."""

import os
import shutil
import subprocess

from keqiao_launcher import stamps
from keqiao_launcher.console import Problem, note, say, step
from keqiao_launcher.place import DEMO_DATE, Place

SQLITE = "keqiao.sqlite3"
KEPT_ON_RESET = {"setup.lock", "running.lock", "secret_key", "log"}
DEMO_STAMP, DEMO_BEGUN, ACCOUNTS = "demo.stamp", "demo.begun", "demo-accounts.txt"


def url() -> str:
    return os.environ.get("DATABASE_URL", "")


def ensure_migrated(place: Place) -> None:
    """Apply migrations; on SQLite a stamp spares the second start from asking Django."""
    inputs = [*(place.root / "src" / "keqiao").glob("**/migrations/*.py"), place.root / "requirements.lock"]
    wanted = stamps.digest(inputs, url())
    stamp = place.data / "migrated.stamp"
    if not url() and (place.data / SQLITE).is_file() and stamps.matches(stamp, wanted):
        return
    with step(say("准备数据库", "Preparing the database")):
        if place.manage("migrate", "--no-input", "--verbosity", "0"):
            raise Problem(
                "KQ-MIGRATE",
                say("数据库迁移失败", "the database could not be brought to this version"),
                say(
                    "检查 DATABASE_URL 和数据库服务；错误见上",
                    "check DATABASE_URL and the database server; the error is above",
                ),
            )
    stamps.write(stamp, wanted)


def ensure_demo(place: Place) -> None:
    """Load the demo city unless this data folder already holds it; an interrupted load is started over."""
    stamp = place.data / DEMO_STAMP
    wanted = stamps.digest([], url())
    if stamps.matches(stamp, wanted) and (url() or (place.data / SQLITE).is_file()):
        return
    begun = place.data / DEMO_BEGUN
    if begun.exists():
        note(say("上次演示数据未装完，重新开始", "the last loading of the demo was interrupted: starting over"))
        reset(place)
    else:
        refuse_real_data(place)
    ensure_migrated(place)
    stamps.write(begun, wanted)
    stamps.write(place.data / DEMO_DATE, _output(place, "-c", "import keqiao.demo; print(keqiao.demo.TODAY)"))
    with step(say("装载演示城市（东洲市）", "Loading the demo city (东洲市)")):
        if place.manage("load_demo"):
            raise Problem(
                "KQ-DEMO",
                say("演示数据装载失败", "loading the demo city failed"),
                say("错误见上；改正后运行 ./keqiao demo --reset", "see above; then run ./keqiao demo --reset"),
            )
    stamps.write(place.data / ACCOUNTS, _output(place, "-m", "django", "demo_accounts"))
    stamps.write(stamp, wanted)
    begun.unlink()


def _output(place: Place, *arguments: str) -> str:
    """What a short Python call prints."""
    command = [str(place.python), *arguments]
    return subprocess.run(
        command, env=place.environment(), stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def is_demo(place: Place) -> bool:
    """Whether what is in the data folder was put there by the demo, so that --reset may remove it."""
    return (place.data / DEMO_STAMP).exists() or (place.data / DEMO_BEGUN).exists()


def refuse_real_data(place: Place) -> None:
    """The demo must never be poured into a bureau's own database, nor wipe it."""
    if is_demo(place) or not _has_accounts(place):
        return
    where = "DATABASE_URL" if url() else place.data
    raise Problem(
        "KQ-REAL-DATA",
        say(f"{where} 中已有非演示数据", f"{where} holds data that is not the demo's"),
        say(
            "另设数据目录：KEQIAO_DATA=var-demo ./keqiao demo；正式运行用 ./keqiao serve",
            "use another folder: KEQIAO_DATA=var-demo ./keqiao demo; to run your own data: ./keqiao serve",
        ),
    )


def _has_accounts(place: Place) -> bool:
    """Whether somebody already works in this database: it has accounts. A database that cannot be read counts as one."""
    if not url() and not (place.data / SQLITE).is_file():
        return False
    script = (
        "import django; django.setup()\n"
        "from django.contrib.auth import get_user_model\n"
        "from django.db import connection\n"
        "user = get_user_model()\n"
        "has_table = user._meta.db_table in connection.introspection.table_names()\n"
        "raise SystemExit(3 if has_table and user._base_manager.exists() else 0)"
    )
    return place.run("-c", script) != 0


def reset(place: Place) -> None:
    """Remove the demo's database and files; keeps the secret key and logs."""
    refuse_real_data(place)
    if url() and place.manage("flush", "--no-input", "--verbosity", "0"):
        raise Problem(
            "KQ-RESET",
            say("无法清空数据库", "the database could not be emptied"),
            say("检查 DATABASE_URL", "check DATABASE_URL"),
        )
    if place.data.is_dir():
        for path in place.data.iterdir():
            if path.name in KEPT_ON_RESET:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
