"""Packs (数据包): folders of declarations (ledgers, classifications, matters, policies, indicators, checks …), and how a running server takes up new ones.

A part of the product that reads packs gives `add_part` a function that reads and checks its files, puts them in force, and returns how to
undo that. `load` asks every part; if any finds a fault all are undone, so one wrong file leaves the office running on what it had. Packs
lie in `settings.PACKS` and in `packs/` of the data folder, where a bureau keeps its own.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from keqiao.engines.expressions import Problem, ProblemsFound

logger = logging.getLogger(__name__)
Part = Callable[[], Callable[[], None]]
_parts: list[Part] = []
_lock = threading.RLock()
_seen: int | None = None
_version = 0


def folders() -> list[Path]:
    """The folders of all packs, in the order in which later ones may add to earlier ones."""
    own = Path(settings.DATA) / "packs"
    return [Path(path) for path in settings.PACKS if Path(path).is_dir()] + sorted(
        path for path in own.glob("*") if path.is_dir() and not path.name.startswith(".")
    )


def files(kind: str) -> Iterator[Path]:
    """All YAML files of one kind ("ledgers") of all packs."""
    for folder in folders():
        yield from sorted((folder / kind).rglob("*.yaml"))


def add_part(part: Part) -> None:
    """Adds a reader of packs and lets it read at once; called from `apps.py`. A wrong pack stops the start and says what to mend."""
    global _seen, _version
    try:
        part()
    except ProblemsFound as error:
        raise ImproperlyConfigured(f"\n{error}") from error
    if part not in _parts:
        _parts.append(part)
    _seen, _version = _stamp(), _version + 1


def load() -> None:
    """Reads all packs and puts them in force in this process. Raises ProblemsFound with every fault of every file; then nothing has changed."""
    global _seen, _version
    with _lock:
        _seen = _stamp()
        problems: list[Problem] = []
        undo: list[Callable[[], None]] = []
        for part in _parts:
            try:
                undo.append(part())
            except ProblemsFound as error:
                problems += error.problems
        if problems:
            for step in reversed(undo):
                step()
            raise ProblemsFound(dict.fromkeys(problems))
        _version += 1


def announce() -> None:
    """Tells every running process that the packs have changed."""
    path = _stamp_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def follow() -> None:
    """Loads the packs anew when they were announced since this process loaded them. One `stat`: cheap enough for every request."""
    if _seen is None or _stamp() == _seen:
        return
    try:
        load()
    except ProblemsFound as error:
        logger.error("packs not taken up, the former ones stay in force:\n%s", error)


def version() -> int:
    """Rises whenever packs were put in force anew: a key for what is kept of them."""
    return _version


def _stamp_path() -> Path:
    return Path(settings.DATA) / "packs.stamp"


def _stamp() -> int:
    try:
        return _stamp_path().stat().st_mtime_ns
    except FileNotFoundError:
        return 0
