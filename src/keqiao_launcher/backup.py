"""Backup and restore: the database as of one moment, then the stored files, in one archive that can be checked.

The archive is a .tar.gz with `database.*`, `data/…`, `manifest.json` (SHA-256 and size of every member, version and migrations
of the program) and `seal` (HMAC of the manifest with the installation's secret key). The secret key itself stays out.
The database is copied first: every file it refers to was written before it, so the archive never lacks one.
"""

import hashlib
import hmac
import json
import os
import shutil
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from keqiao_launcher import database, dump
from keqiao_launcher.console import Problem, note, say, step
from keqiao_launcher.place import Place, ask_for_disk
from keqiao_launcher.serving import sole_use

FORMAT = 1
MANIFEST, SEAL, FILES = "manifest.json", "seal", "data/"
# Made anew by themselves, or belonging to this machine: not part of what is kept.
LEFT_OUT = {"setup.lock", "running.lock", "secret_key", "log", "migrated.stamp", "restore.new"}
BEFORE = "before-restore-"
CHUNK = 1 << 20


def save(place: Place, target: Path) -> int:
    """Write the archive; the server may keep running."""
    target = target.expanduser().resolve()
    if target.exists():
        raise Problem(
            "KQ-BACKUP-EXISTS",
            say(f"{target} 已存在", f"{target} exists already"),
            say("换一个文件名", "give another file name: backups are never overwritten"),
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    started, partial = time.monotonic(), target.with_name(target.name + ".part")
    with (
        tempfile.TemporaryDirectory(prefix="keqiao-backup-", dir=target.parent) as folder,
        step(say("备份", "Backing up")),
    ):
        copy = dump.take(place, Path(folder))
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
                count = _write(place, raw, copy)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    size = target.stat().st_size / 1e6
    note(
        say(f"已备份 {count} 个文件，{size:.1f} MB → {target}", f"{count} files, {size:.1f} MB → {target}")
        + f" ({time.monotonic() - started:.1f} s)"
    )
    note(
        say(
            "密钥（secret_key 或 SECRET_KEY）不在备份内，请另行保管。",
            "The secret key (secret_key or SECRET_KEY) is not inside: keep it apart.",
        )
    )
    return 0


def _write(place: Place, raw: BinaryIO, copy: Path) -> int:
    listed: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
        _add(archive, copy, copy.name, listed)
        for path in _stored(place):
            try:
                _add(archive, path, FILES + path.relative_to(place.data).as_posix(), listed)
            except FileNotFoundError:  # removed since the listing
                continue
        manifest = json.dumps(
            {
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "keqiao": version(place),
                "migrations": migrations(place),
                "key": fingerprint(place),
                "members": listed,
            },
            ensure_ascii=False,
            indent=1,
        ).encode()
        _add_bytes(archive, MANIFEST, manifest)
        _add_bytes(archive, SEAL, seal(place, manifest).encode())
    return len(listed)


def _belongs(place: Place, top: Path) -> bool:
    """Whether something in the data folder is kept and restored as files (the database travels as its own copy)."""
    return top.name not in LEFT_OUT and not top.name.startswith((BEFORE, dump.sqlite_file(place).name))


def _stored(place: Place) -> Iterator[Path]:
    for top in filter(lambda path: _belongs(place, path), sorted(place.data.iterdir())):
        yield from (
            p for p in ([top] if top.is_file() else sorted(top.rglob("*"))) if p.is_file() and not p.is_symlink()
        )


def _add(archive: tarfile.TarFile, path: Path, name: str, listed: dict[str, dict[str, Any]]) -> None:
    """Add one file, hashing the very bytes that go in (a log that grows meanwhile is cut at its size of now)."""
    with path.open("rb") as source:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = (
            os.fstat(source.fileno()).st_size,
            int(os.fstat(source.fileno()).st_mtime),
            0o600,
        )
        reader = _Hashing(source)
        archive.addfile(info, reader)
    listed[name] = {"sha256": reader.hash.hexdigest(), "size": info.size}


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o600, int(time.time())
    archive.addfile(info, BytesIO(content))


class _Hashing:
    """A reader that hashes what passes through."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self.hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.hash.update(block)
        return block


def restore(place: Place, source: Path, *, from_elsewhere: bool = False) -> int:
    """Check the whole archive, then put it in place of the present data, which is kept in `before-restore-…`."""
    source = source.expanduser().resolve()
    if not source.is_file():
        raise Problem(
            "KQ-BACKUP-MISSING",
            say(f"没有这个文件：{source}", f"no such file: {source}"),
            say("检查路径", "check the path"),
        )
    place.data.mkdir(parents=True, exist_ok=True)
    ask_for_disk(place.data, 3 * source.stat().st_size / 1e9)
    fresh = place.data / "restore.new"
    with sole_use(place):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        try:
            with step(say("检查备份", "Checking the archive")):
                manifest = unpack(place, source, fresh, from_elsewhere=from_elsewhere)
            with step(say("恢复", "Restoring")):
                before = _exchange(place, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        database.ensure_migrated(place)
    note(
        say(
            f"已恢复 {manifest['made_at']} 的备份；原数据保存在 {before}",
            f"restored the backup of {manifest['made_at']}; what was there before is in {before}",
        )
    )
    return 0


def unpack(place: Place, source: Path, target: Path, *, from_elsewhere: bool) -> dict[str, Any]:
    """Unpack into `target` and return the manifest; raises Problem when anything is altered, missing, added or too new."""
    found: dict[str, dict[str, Any]] = {}
    small: dict[str, bytes] = {}
    try:
        with tarfile.open(source, "r:gz") as archive:
            for member in archive:
                if not member.isreg() or not _is_safe(member.name) or member.name in found or member.name in small:
                    raise _tampered(member.name)
                content = archive.extractfile(member)
                assert content is not None  # a regular file
                if member.name in (MANIFEST, SEAL):
                    small[member.name] = content.read()
                else:
                    found[member.name] = _extract(content, target / member.name)
        manifest: dict[str, Any] = json.loads(small[MANIFEST])
        listed = manifest["members"]
        _refuse_newer(place, manifest)
        _check_seal(place, manifest, small, from_elsewhere=from_elsewhere)
    except (tarfile.TarError, EOFError, OSError, KeyError, TypeError, ValueError) as error:
        raise _tampered(f"{type(error).__name__}: {error}") from error
    wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
    if not set(dump.NAMES) & set(found):
        wrong.append(" / ".join(dump.NAMES))
    if wrong:
        raise _tampered(", ".join(wrong[:10]) + (" …" if len(wrong) > 10 else ""))
    return manifest


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    is_known = name in (MANIFEST, SEAL) or name.startswith(FILES) or name in dump.NAMES
    return is_known and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _extract(content: Any, target: Path) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as output:
        while block := content.read(CHUNK):
            digest.update(block)
            size += len(block)
            output.write(block)
    return {"sha256": digest.hexdigest(), "size": size}


def _tampered(what: str) -> Problem:
    return Problem(
        "KQ-BACKUP-TAMPERED",
        say(f"备份不完整或被改动：{what}", f"the archive is damaged or was altered: {what}"),
        say("使用另一份备份；现有数据未动", "use another backup; the present data was not touched"),
    )


def _refuse_newer(place: Place, manifest: dict[str, Any]) -> None:
    unknown = sorted(set(manifest["migrations"]) - set(migrations(place)))
    is_newer = _numbers(manifest["keqiao"]) > _numbers(version(place)) or int(manifest["format"]) > FORMAT
    if unknown or is_newer:
        detail = f"{manifest['keqiao']} > {version(place)}" if is_newer else ", ".join(unknown[:5])
        raise Problem(
            "KQ-BACKUP-NEWER",
            say(f"备份来自更新的版本（{detail}）", f"the archive was made by a newer version ({detail})"),
            say(
                "先升级本机的科桥，再恢复；现有数据未动",
                "upgrade this installation first; the present data was not touched",
            ),
        )


def _check_seal(place: Place, manifest: dict[str, Any], small: dict[str, bytes], *, from_elsewhere: bool) -> None:
    if not secret_key(place):  # a new machine has nothing to compare with
        note(
            say(
                "本机尚无密钥：只核对了校验值，未核对印章。",
                "No secret key here yet: hashes were checked, the seal was not.",
            )
        )
    elif manifest["key"] == fingerprint(place):
        if not hmac.compare_digest(small[SEAL].decode(), seal(place, small[MANIFEST])):
            raise _tampered(MANIFEST)
    elif not from_elsewhere:
        raise Problem(
            "KQ-BACKUP-KEY",
            say(
                "备份由使用另一密钥的安装制作，无法核对印章",
                "the archive was sealed with another secret key, so the seal cannot be checked",
            ),
            say(
                "把原机的 secret_key 放到数据目录；或确认来源可靠后加 --other-installation",
                "put the old machine's secret_key into the data folder, or, if you trust its source, add --other-installation",
            ),
        )


def _exchange(place: Place, fresh: Path) -> Path:
    """Move the present data aside and the new data in. The database comes first: if it fails, no file has moved yet."""
    copy = next(path for path in fresh.iterdir() if path.name in dump.NAMES)
    dump.refuse_other_kind(copy)
    before = Path(tempfile.mkdtemp(prefix=f"{BEFORE}{datetime.now():%Y%m%d-%H%M%S}-", dir=place.data))
    dump.put(place, copy, before)
    for path in list(place.data.iterdir()):
        if _belongs(place, path):
            path.rename(before / path.name)
    if (fresh / FILES).is_dir():
        for path in (fresh / FILES).iterdir():
            path.rename(place.data / path.name)
    (place.data / "migrated.stamp").unlink(missing_ok=True)
    return before


def version(place: Place) -> str:
    return str(tomllib.loads((place.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def migrations(place: Place) -> list[str]:
    """Our own migrations in this checkout, as app.name."""
    files = (place.root / "src" / "keqiao").glob("**/migrations/[0-9]*.py")
    return sorted(f"{path.parent.parent.name}.{path.stem}" for path in files)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in str(text).split("."))


def secret_key(place: Place) -> str:
    path = place.data / "secret_key"
    return os.environ.get("SECRET_KEY") or (path.read_text().strip() if path.is_file() else "")


def fingerprint(place: Place) -> str:
    """Tells two keys apart without giving either away."""
    return hmac.new(secret_key(place).encode(), b"keqiao backup key", hashlib.sha256).hexdigest()[:16]


def seal(place: Place, manifest: bytes) -> str:
    return hmac.new(secret_key(place).encode(), b"keqiao backup seal\n" + manifest, hashlib.sha256).hexdigest()
