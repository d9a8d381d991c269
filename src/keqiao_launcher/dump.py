"""One consistent copy of the database, and putting one back: SQLite by its online backup, PostgreSQL by pg_dump."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from keqiao_launcher import database
from keqiao_launcher.console import Problem, say
from keqiao_launcher.place import Place

SQLITE_COPY, POSTGRES_COPY = "database.sqlite3", "database.pgdump"
NAMES = (SQLITE_COPY, POSTGRES_COPY)

# Run with the environment's Python, whose SQLite is the one that writes the database.
_ONLINE_COPY = """
import sys
try:
    import pysqlite3 as sqlite3
except ImportError:
    import sqlite3
source, target = sqlite3.connect(sys.argv[1], timeout=60), sqlite3.connect(sys.argv[2])
source.backup(target, pages=4096, sleep=0.01)
target.execute("PRAGMA journal_mode=DELETE")
found = target.execute("PRAGMA quick_check").fetchall()
sys.exit(None if found == [("ok",)] else f"quick_check: {found[:3]}")
"""


def take(place: Place, folder: Path) -> Path:
    """Copy the database as of one moment into `folder`, while it is in use."""
    if _is_postgres():
        target = folder / POSTGRES_COPY
        _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return target
    source, target = sqlite_file(place), folder / SQLITE_COPY
    if not source.is_file():
        raise Problem(
            "KQ-NO-DATA",
            say(f"没有数据库：{source}", f"there is no database: {source}"),
            say("检查 KEQIAO_DATA 和 DATABASE_URL", "check KEQIAO_DATA and DATABASE_URL"),
        )
    if place.run("-c", _ONLINE_COPY, source, target):
        raise Problem(
            "KQ-DUMP", say("数据库复制失败", "the database could not be copied"), say("错误见上", "see the error above")
        )
    return target


def put(place: Place, copy: Path, before: Path) -> None:
    """Replace the database by `copy`, keeping the present one in the folder `before`."""
    if (copy.name == POSTGRES_COPY) != _is_postgres():
        kinds = ("SQLite", "PostgreSQL")
        raise Problem(
            "KQ-BACKUP-KIND",
            say(
                f"备份的数据库是 {kinds[not _is_postgres()]}，现用 {kinds[_is_postgres()]}",
                f"the archive holds {kinds[not _is_postgres()]}, this installation uses {kinds[_is_postgres()]}",
            ),
            say("按备份的类型设置 DATABASE_URL 后恢复", "set DATABASE_URL to the archive's kind, then restore"),
        )
    if _is_postgres():
        take(place, before)
        # One transaction: either the whole copy is in, or the database stays as it was.
        _postgres(
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error", str(copy)
        )
        return
    target = sqlite_file(place)
    for suffix in ("", "-wal", "-shm"):
        present = target.with_name(target.name + suffix)
        if present.exists():
            present.rename(before / present.name)
    shutil.move(copy, target)


def sqlite_file(place: Place) -> Path:
    url = database.url()
    return Path(unquote(urlsplit(url).path)) if url else place.data / database.SQLITE


def _is_postgres() -> bool:
    return database.url().startswith("postgres")


def _postgres(program: str, *arguments: str) -> None:
    """Call a PostgreSQL client; the password goes by the environment, where other users cannot read it."""
    parts = urlsplit(database.url())
    settings = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        **{f"PG{name.upper()}": value for name, value in parse_qsl(parts.query)},
    }
    environment = {**os.environ, **{name: value for name, value in settings.items() if value}}
    target = [f"--dbname={settings['PGDATABASE']}"] if program == "pg_restore" else []
    done = subprocess.run(
        [_client(program), *target, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Problem(
            "KQ-DUMP",
            f"{program}: {done.stderr.strip()[-600:]}",
            say(
                "检查 DATABASE_URL；客户端版本不得低于服务器",
                "check DATABASE_URL; the client must not be older than the server",
            ),
        )


def _client(program: str) -> str:
    """The newest installed client: an older one refuses to dump a newer server."""
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: float(p.parent.parent.name))
    found = str(newest[-1]) if newest else shutil.which(program)
    if not found:
        raise Problem("KQ-PG-CLIENT", say(f"缺少 {program}", f"{program} is missing"), "apt install postgresql-client")
    return found
