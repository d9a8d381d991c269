"""What is backed up comes back as it was; what was altered, is too new or belongs elsewhere is refused with nothing touched."""

import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile

import pytest

from keqiao_launcher import backup, database, dump, postgres, serving
from keqiao_launcher.console import Problem
from keqiao_launcher.place import Place


@pytest.fixture
def bureau(place, monkeypatch):
    """An installation with rows, stored files and a secret key."""
    monkeypatch.setattr(database, "ensure_migrated", lambda place: None)
    fill(place, ["甲公司", "乙公司"])
    (place.data / "files" / "2026").mkdir(parents=True)
    (place.data / "files" / "2026" / "合同.pdf").write_bytes(b"%PDF- contract" * 1000)
    (place.data / "secret_key").write_text("k" * 48)
    (place.data / "log").mkdir()
    (place.data / "log" / "web.log").write_text("noise")
    return place


def fill(place, names):
    with sqlite3.connect(place.data / database.SQLITE) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS enterprise (name TEXT)")
        connection.execute("DELETE FROM enterprise")
        connection.executemany("INSERT INTO enterprise VALUES (?)", [(name,) for name in names])
    connection.close()


def names(place):
    connection = sqlite3.connect(place.data / database.SQLITE)
    found = [name for (name,) in connection.execute("SELECT name FROM enterprise ORDER BY rowid")]
    connection.close()
    return found


def content(place):
    """Everything that a restore could change."""
    kept = (place.data / "files").rglob("*") if (place.data / "files").is_dir() else ()
    return names(place), {str(p.relative_to(place.data)): p.read_bytes() for p in kept if p.is_file()}


def rewritten(source, target, change):
    """A copy of an archive whose members were passed through `change(members: name → bytes)`."""
    with tarfile.open(source, "r:gz") as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    change(members)
    with tarfile.open(target, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target


def test_round_trip(bureau, tmp_path):
    archive = tmp_path / "monday.tar.gz"
    before = content(bureau)
    assert backup.save(bureau, archive) == 0
    fill(bureau, ["丙公司"])
    (bureau.data / "files" / "2026" / "合同.pdf").unlink()
    (bureau.data / "files" / "new.txt").write_text("later")
    assert backup.restore(bureau, archive) == 0
    assert content(bureau) == before
    (kept,) = bureau.data.glob(backup.BEFORE + "*")
    assert (kept / "files" / "new.txt").read_text() == "later"
    assert (kept / database.SQLITE).is_file()
    assert not (bureau.data / "restore.new").exists()


def test_the_archive_is_private_and_holds_no_secret_and_no_log(bureau, tmp_path):
    archive = tmp_path / "a.tar.gz"
    backup.save(bureau, archive)
    assert archive.stat().st_mode & 0o077 == 0
    with tarfile.open(archive) as opened:
        assert set(opened.getnames()) == {"database.sqlite3", "data/files/2026/合同.pdf", "manifest.json", "seal"}
    assert b"k" * 48 not in gzip.decompress(archive.read_bytes())


def test_copy_is_of_one_moment_while_somebody_writes(bureau, tmp_path):
    """A writer adds pairs of rows in one transaction each: the copy must never hold half a pair."""
    script = (
        "import sqlite3, sys, time\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n"
        "print('ready', flush=True)\n"
        "until = time.time() + 3\n"
        "while time.time() < until:\n"
        "    c.execute('BEGIN IMMEDIATE')\n"
        "    c.execute('INSERT INTO enterprise VALUES (?)', ('pair' * 500,))\n"
        "    c.execute('INSERT INTO enterprise VALUES (?)', ('pair' * 500,))\n"
        "    c.execute('COMMIT')\n"
    )
    database_file = bureau.data / database.SQLITE
    with subprocess.Popen([sys.executable, "-c", script, database_file], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            copy = dump.take(bureau, tmp_path / str(number))
            connection = sqlite3.connect(copy)
            (count,) = connection.execute("SELECT count(*) FROM enterprise").fetchone()
            connection.close()
            assert count % 2 == 0
        writer.kill()


def test_existing_archives_are_never_overwritten(bureau, tmp_path):
    archive = tmp_path / "a.tar.gz"
    archive.write_text("precious")
    with pytest.raises(Problem, match="exists already"):
        backup.save(bureau, archive)
    assert archive.read_text() == "precious"


def reworded(members, change):
    """What a forger with the archive but without the key can do: a consistent manifest, the old seal."""
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()


def _change_file(members):
    members["data/files/2026/合同.pdf"] = b"%PDF- forged"


def _add_file(members):
    members["data/files/extra.txt"] = b"x"


def _drop_file(members):
    del members["data/files/2026/合同.pdf"]


def _drop_database(members):
    del members["database.sqlite3"]
    reworded(members, lambda manifest: manifest["members"].pop("database.sqlite3"))


def _drop_manifest(members):
    del members["manifest.json"]


def _drop_seal(members):
    del members["seal"]


def _garble_manifest(members):
    members["manifest.json"] = b"{"


def _forge_consistently(members):
    import hashlib

    forged = b"%PDF- forged"
    members["data/files/2026/合同.pdf"] = forged
    entry = {"sha256": hashlib.sha256(forged).hexdigest(), "size": len(forged)}
    reworded(members, lambda manifest: manifest["members"].update({"data/files/2026/合同.pdf": entry}))


def _climb_out(members):
    members["data/../../evil.txt"] = b"x"


def _absolute(members):
    members["/tmp/evil.txt"] = b"x"


@pytest.mark.parametrize(
    "change",
    [
        _change_file,
        _add_file,
        _drop_file,
        _drop_database,
        _drop_manifest,
        _drop_seal,
        _garble_manifest,
        _forge_consistently,
        _climb_out,
        _absolute,
    ],
)
def test_a_tampered_archive_is_refused_and_nothing_touched(bureau, tmp_path, change):
    backup.save(bureau, tmp_path / "a.tar.gz")
    forged = rewritten(tmp_path / "a.tar.gz", tmp_path / "b.tar.gz", change)
    fill(bureau, ["现在"])
    before = content(bureau)
    with pytest.raises(Problem) as caught:
        backup.restore(bureau, forged)
    assert caught.value.code == "KQ-BACKUP-TAMPERED"
    assert content(bureau) == before
    assert not list(bureau.data.glob(backup.BEFORE + "*"))
    assert not (bureau.root / "evil.txt").exists()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_or_flipped_archive_is_refused(bureau, tmp_path, share):
    (bureau.data / "files" / "noise.bin").write_bytes(os.urandom(200_000))
    backup.save(bureau, tmp_path / "a.tar.gz")
    whole = (tmp_path / "a.tar.gz").read_bytes()
    place = int(len(whole) * share)
    flipped = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
    for data in (whole[:place], flipped):
        (tmp_path / "b.tar.gz").write_bytes(data)
        with pytest.raises(Problem) as caught:
            backup.restore(bureau, tmp_path / "b.tar.gz")
        assert caught.value.code == "KQ-BACKUP-TAMPERED"


@pytest.mark.parametrize(
    "newer",
    [{"keqiao": "0.2.0"}, {"keqiao": "0.10.0"}, {"format": 2}, {"migrations": ["core.0001_first", "core.0002_later"]}],
)
def test_an_archive_of_a_newer_version_is_refused(bureau, tmp_path, newer, monkeypatch):
    if "keqiao" in newer:
        monkeypatch.setattr(backup, "version", lambda place: newer["keqiao"])
    if "format" in newer:
        monkeypatch.setattr(backup, "FORMAT", 2)
    if "migrations" in newer:
        monkeypatch.setattr(backup, "migrations", lambda place: newer["migrations"])
    backup.save(bureau, tmp_path / "a.tar.gz")
    monkeypatch.undo()
    monkeypatch.setattr(Place, "python", property(lambda self: sys.executable))
    before = content(bureau)
    with pytest.raises(Problem) as caught:
        backup.restore(bureau, tmp_path / "a.tar.gz")
    assert caught.value.code == "KQ-BACKUP-NEWER"
    assert content(bureau) == before


def test_an_older_archive_is_restored_and_migrated(bureau, tmp_path, monkeypatch):
    backup.save(bureau, tmp_path / "a.tar.gz")
    (bureau.root / "src/keqiao/core/migrations/0002_later.py").touch()
    (bureau.data / "migrated.stamp").write_text("old")
    migrated = []
    monkeypatch.setattr(database, "ensure_migrated", migrated.append)
    backup.restore(bureau, tmp_path / "a.tar.gz")
    assert migrated == [bureau]
    assert not (bureau.data / "migrated.stamp").exists()


def test_another_installations_archive_needs_consent(bureau, tmp_path):
    backup.save(bureau, tmp_path / "a.tar.gz")
    (bureau.data / "secret_key").write_text("another" * 8)
    fill(bureau, ["现在"])
    with pytest.raises(Problem) as caught:
        backup.restore(bureau, tmp_path / "a.tar.gz")
    assert caught.value.code == "KQ-BACKUP-KEY"
    assert names(bureau) == ["现在"]
    assert backup.restore(bureau, tmp_path / "a.tar.gz", from_elsewhere=True) == 0
    assert names(bureau) == ["甲公司", "乙公司"]


def test_a_new_machine_without_a_key_accepts_a_whole_archive(bureau, tmp_path, monkeypatch):
    backup.save(bureau, tmp_path / "a.tar.gz")
    fresh = Place(root=bureau.root, data=tmp_path / "fresh")
    assert backup.restore(fresh, tmp_path / "a.tar.gz") == 0
    assert content(fresh) == content(bureau)
    with pytest.raises(Problem):
        backup.restore(fresh, rewritten(tmp_path / "a.tar.gz", tmp_path / "b.tar.gz", _change_file))


def test_restore_waits_for_no_running_server(bureau, tmp_path):
    backup.save(bureau, tmp_path / "a.tar.gz")
    handle = serving.hold_running_lock(bureau)
    try:
        with pytest.raises(Problem) as caught:
            backup.restore(bureau, tmp_path / "a.tar.gz")
        assert caught.value.code == "KQ-RUNNING"
    finally:
        os.close(handle)
    assert backup.restore(bureau, tmp_path / "a.tar.gz") == 0


@pytest.mark.slow
@pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL binaries on this machine")
def test_round_trip_on_postgresql(place, tmp_path, monkeypatch):
    monkeypatch.setattr(database, "ensure_migrated", lambda place: None)
    (place.data / "secret_key").write_text("k" * 48)
    (place.data / "files").mkdir()
    (place.data / "files" / "a.txt").write_text("a")
    with postgres.throwaway() as url:
        monkeypatch.setenv("DATABASE_URL", url)

        def sql(text):
            psql = postgres.binaries() / "psql"
            return subprocess.run([psql, url, "-Atc", text], check=True, capture_output=True, text=True).stdout.split()

        sql(
            "create table enterprise (id serial primary key, name text); insert into enterprise (name) values ('甲'), ('乙')"
        )
        backup.save(place, tmp_path / "a.tar.gz")
        sql("delete from enterprise; insert into enterprise (name) values ('丙'); create table later (id int)")
        backup.restore(place, tmp_path / "a.tar.gz")
        assert sql("select name from enterprise order by id") == ["甲", "乙"]
        assert sql("select tablename from pg_tables where schemaname = 'public'") == ["enterprise"]
        assert (place.data / "files" / "a.txt").read_text() == "a"
        (kept,) = place.data.glob(backup.BEFORE + "*")
        assert (kept / dump.POSTGRES_COPY).stat().st_size > 0
        monkeypatch.delenv("DATABASE_URL")
        with pytest.raises(Problem) as caught:
            backup.restore(place, tmp_path / "a.tar.gz")
        assert caught.value.code == "KQ-BACKUP-KIND"
