"""Remembering what was built from what, so that a second start does nothing twice."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *words: str) -> str:
    """SHA-256 over the files' names and contents (a missing file counts as missing) and `words`; order-free."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(set(paths)):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
        total.update(f"{path.name}\0{content}\n".encode())
    return total.hexdigest()


def matches(stamp: Path, wanted: str) -> bool:
    """Whether the stamp says that what is wanted has been built."""
    return stamp.is_file() and stamp.read_text().strip() == wanted


def write(stamp: Path, built: str) -> None:
    """Called last, so that an interrupted build is built again."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(built + "\n")
