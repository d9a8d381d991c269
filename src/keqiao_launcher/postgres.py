"""A throw-away PostgreSQL for one test run, from the server's own binaries, in a temporary folder."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Nothing in this cluster is worth keeping, so it never waits for the disk.
HASTE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=128MB"


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl: the newest installed by the distribution, else the one on PATH."""
    installed = sorted(
        (p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")), key=lambda p: float(p.parent.name)
    )
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def throwaway() -> Iterator[str]:
    """Start a fresh cluster on a free local port, yield its URL, stop and delete it. Works as root, too."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("initdb")
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="keqiao-pg-"))
    password = secrets.token_hex(12)
    (folder / "password").write_text(password)
    if owner:
        for path in (folder, folder / "password"):
            shutil.chown(path, owner.pw_uid, owner.pw_gid)

    def call(program: str, *arguments: str) -> None:
        identity: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        with (folder.parent / f"{folder.name}.log").open("ab") as log:  # pg_ctl's child keeps its output open
            subprocess.run(
                [programs / program, *arguments],
                cwd=folder,
                check=True,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                **identity,
            )

    cluster, port = str(folder / "cluster"), _free_port()
    log = folder.parent / f"{folder.name}.log"
    try:
        call(
            "initdb", "-D", cluster, "-U", "keqiao", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        call("pg_ctl", "-D", cluster, "-w", "-t", "60", "-o", f"-p {port} -k {folder} -h 127.0.0.1 {HASTE}", "start")
        try:
            yield f"postgresql://keqiao:{password}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-D", cluster, "-m", "immediate", "stop")
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{Path(error.cmd[0]).name}: {log.read_text(errors='replace')[-800:]}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        log.unlink(missing_ok=True)


def _owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as postgres, or as nobody."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
