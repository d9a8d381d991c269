"""Set-up: nothing is done twice, and what a machine lacks is said with its remedy."""

import collections
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from keqiao_launcher import assets, command, database, locking, packages, serving, stamps, testing
from keqiao_launcher import place as places
from keqiao_launcher.console import Problem, say

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def locked(place):
    """A checkout whose run lock is contained in its dev lock."""
    (place.root / packages.RUN).write_text("django==5.2.19 \\\n    --hash=sha256:00\n")
    (place.root / packages.DEV).write_text("django==5.2.19 \\\n    --hash=sha256:00\npytest==9.2.0\n")
    place.venv.mkdir()
    return place


def test_an_environment_is_ready_for_the_lock_it_was_made_for(locked):
    assert not packages.is_ready(locked, packages.RUN)
    packages._remember(locked, packages.RUN)
    assert packages.is_ready(locked, packages.RUN)
    assert not packages.is_ready(locked, packages.DEV)


def test_a_larger_lock_serves_for_the_smaller(locked):
    packages._remember(locked, packages.DEV)
    assert packages.is_ready(locked, packages.RUN)


def test_a_changed_lock_is_installed_again(locked):
    packages._remember(locked, packages.RUN)
    (locked.root / packages.RUN).write_text("django==5.2.20\n")
    assert not packages.is_ready(locked, packages.RUN)
    packages._remember(locked, packages.DEV)  # holds 5.2.19 only
    assert not packages.is_ready(locked, packages.RUN)


def test_the_locks_of_this_project_contain_each_other():
    """A second `./keqiao test` must not undo what `./keqiao demo` installed."""
    run, dev, extra = (packages.pins(ROOT / name) for name in (packages.RUN, packages.DEV, packages.EXTRA))
    assert len(run) > 50
    assert run.items() <= dev.items() <= extra.items()


@pytest.mark.parametrize(
    "lock", [packages.RUN, packages.DEV, packages.EXTRA, "assets/requirements.lock", "package-lock.json"]
)
def test_every_locked_package_has_a_hash_and_no_lock_names_a_host(lock):
    text = (ROOT / lock).read_text()
    if lock.endswith(".json"):
        assert text.count('"version"') == text.count('"integrity"') > 5
        assert '"resolved"' not in text
    else:
        assert not locking.HOST.search(text)
        blocks = text.split("\n")
        for number, line in enumerate(blocks):
            if packages._PIN.match(line):
                assert "--hash=sha256:" in blocks[number + 1], line


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "KQ-DISK"),
        (
            "NewConnectionError: [Errno -3] Temporary failure in name resolution\nERROR: No matching distribution found for x",
            "KQ-NETWORK",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "KQ-HASH"),
        ("ERROR: No matching distribution found for polars==2.1.0", "KQ-PACKAGE"),
        ("Segmentation fault", "KQ-INSTALL"),
    ],
)
def test_pips_failures_are_explained(output, code, place):
    problem = packages._explained(output.splitlines())
    assert problem.code == code
    assert output.splitlines()[-1][:60] in str(problem)
    assert "Remedy: " in str(problem)


def test_no_network_is_said(tmp_path, place, monkeypatch):
    """A real pip against a closed port."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "1")
    lock = tmp_path / "x.lock"
    lock.write_text("no-such-package-of-ours==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        pytest.skip("this environment was made without pip")
    with pytest.raises(Problem) as caught:
        packages.install(Path(sys.executable), lock, packages.Progress(""))
    assert caught.value.code == "KQ-NETWORK"


def test_a_python_without_venv_is_said(place, monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Problem) as caught:
        packages.make_venv(place.venv)
    assert caught.value.code == "KQ-VENV"
    assert "python3-venv" in caught.value.remedy


def test_an_old_python_is_said(place):
    with pytest.raises(Problem) as caught:
        places.ask_for_python((3, 10))
    assert caught.value.code == "KQ-PYTHON"


def test_a_full_disk_is_said_before_anything_is_made(place, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 1.5e9))
    with pytest.raises(Problem, match=r"1\.5 GB") as caught:
        packages.make_venv(place.venv)
    assert caught.value.code == "KQ-DISK"
    assert not place.venv.exists()


def test_a_taken_port_is_said_with_another(place):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Problem, match=str(port)) as caught:
            serving.ask_for_port("127.0.0.1", port)
    assert caught.value.code == "KQ-PORT"
    assert "--port" in caught.value.remedy
    serving.ask_for_port("127.0.0.1", port)  # free again


@pytest.mark.parametrize(
    "words", [["demo", "--port", "0"], ["demo", "--port", "x"], ["demo", "--prot", "1"], ["fly"], []]
)
def test_a_wrong_call_ends_with_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(words)
    assert caught.value.code == 2


def test_problems_speak_the_users_language(monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "办法：" in str(Problem("KQ-X", "a", "b"))
    monkeypatch.setenv("KEQIAO_LANG", "en")
    assert say("中", "en") == "en"


def test_stamps_see_content_names_and_missing_files(tmp_path):
    (tmp_path / "a").write_text("1")
    first = stamps.digest([tmp_path / "a", tmp_path / "b"])
    assert stamps.digest([tmp_path / "b", tmp_path / "a"]) == first
    (tmp_path / "b").write_text("")
    assert stamps.digest([tmp_path / "a", tmp_path / "b"]) != first
    assert stamps.digest([tmp_path / "a"], "word") != stamps.digest([tmp_path / "a"])


def test_catalogues_are_compiled_when_older_than_their_source(place):
    po = place.root / "src/keqiao/locale/en/LC_MESSAGES/django.po"
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "需求"\nmsgstr "Demand"\n',
        encoding="utf-8",
    )
    assets.ensure_messages(place)
    import gettext

    with po.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("需求") == "Demand"
    compiled_at = po.with_suffix(".mo").stat().st_mtime_ns
    assets.ensure_messages(place)
    assert po.with_suffix(".mo").stat().st_mtime_ns == compiled_at


def test_reset_never_touches_data_that_is_not_the_demos(place, monkeypatch):
    (place.data / database.SQLITE).write_text("a bureau's own")
    monkeypatch.setattr(database, "_has_accounts", lambda place: True)
    with pytest.raises(Problem) as caught:
        database.reset(place)
    assert caught.value.code == "KQ-REAL-DATA"
    assert (place.data / database.SQLITE).exists()
    with pytest.raises(Problem):
        database.ensure_demo(place)


def test_reset_removes_the_demo_and_keeps_the_key(place):
    for name in (database.SQLITE, database.DEMO_STAMP, "secret_key"):
        (place.data / name).write_text("x")
    (place.data / "files").mkdir()
    database.reset(place)
    assert sorted(path.name for path in place.data.iterdir()) == ["secret_key"]


def test_the_closing_line_of_every_run_is_kept_and_summed():
    report = testing.Report()
    for line in ("=== 3 passed, 1 skipped in 0.10s ===", "12 passed, 2 deselected in 61.30s (0:01:01)"):
        report.add("x", 0, testing._CLOSING.match(line).group(0))
    assert report.counts == {"passed": 15, "skipped": 1, "deselected": 2}
    assert report.is_good
    report.add("y", 1, testing._CLOSING.match("1 failed, 2 passed in 0.10s").group(0))
    assert testing._close(report, 1.0, is_ci=False) == 1


def test_what_could_not_run_fails_in_ci_only(capsys):
    report = testing.Report(missing=["browser: install chromium"])
    assert testing._close(report, 1.0, is_ci=False) == 0
    assert testing._close(report, 1.0, is_ci=True) == 1
    assert "not run" in capsys.readouterr().out


def test_the_shell_script_finds_a_python_and_says_when_there_is_none(tmp_path):
    script = ROOT / "keqiao"
    assert script.stat().st_mode & stat.S_IXUSR
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = subprocess.run([script, "--help"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr
    assert "apt install" in done.stderr
    (tmp_path / "python3").symlink_to(sys.executable)
    done = subprocess.run([script, "--help"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
