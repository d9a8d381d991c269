"""A checkout in a temporary folder whose environment is the Python that runs the tests."""

import sys
from pathlib import Path

import pytest

from keqiao_launcher.place import Place


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "SECRET_KEY", "KEQIAO_DATA", "KEQIAO_HOSTS", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setattr(Place, "python", property(lambda self: Path(sys.executable)))
    root = tmp_path / "checkout"
    (root / "src" / "keqiao" / "core" / "migrations").mkdir(parents=True)
    (root / "src" / "keqiao" / "core" / "migrations" / "0001_first.py").touch()
    (root / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
    (root / "var").mkdir()
    return Place(root=root, data=root / "var")
