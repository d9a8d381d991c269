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


def refuse_other_kind(copy: Path) -> None:
    """A copy of SQLite does not go into PostgreSQL, nor the other way round."""
    names = {True: "PostgreSQL", False: "SQLite"}
    held, used = names[copy.name == POSTGRES_COPY], names[_is_postgres()]
    if held != used:
        raise Problem(
            "KQ-BACKUP-KIND",
            say(f"备份的数据库是 {held}，现用 {used}", f"the archive holds {held}, this installation uses {used}"),
            say("按备份的类型设置 DATABASE_URL 后恢复", "set DATABASE_URL to the archive's kind, then restore"),
        )


def put(place: Place, copy: Path, before: Path) -> None:
    """Replace the database by `copy`, keeping the present one in the folder `before`."""
    if _is_postgres():
        take(place, before)
        # Tables that the copy does not know must go, or a later migration would find them in its way. All in one
        # transaction: either the whole copy is in, or the database stays as it was.
        script, emptied = copy.with_suffix(".sql"), copy.with_name("emptied.sql")
        emptied.write_text("DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        _postgres("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(copy))
        _postgres(
            "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", str(emptied), "-f", str(script)
        )
        return
    target = sqlite_file(place)
    for suffix in ("", "-wal", "-shm"):
        present = target.with_name(target.name + suffix)
        if present.exists():
            present.rename(before / present.name)
    shutil.move(copy, target)


def sqlite_file(place: Place) -> Path:
    """The SQLite database: in the data folder, unless DATABASE_URL says sqlite:///another/path."""
    url = database.url()
    return Path(urlsplit(url).path) if url.startswith("sqlite:") else place.data / database.SQLITE


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
    done = subprocess.run([_client(program), *arguments], env=environment, capture_output=True, text=True, check=False)
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
