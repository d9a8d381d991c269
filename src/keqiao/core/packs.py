"""Packs (数据包): folders of declarations (ledgers, classifications, matters, policies, indicators, checks …), and how a running server takes up new ones.

A part of the product that reads packs gives `add_part` a function that reads and checks its files and returns another that puts them in
force. `load` reads everything before anything takes effect, so that one wrong file leaves the office running on what it had. Packs lie
in `settings.PACKS` and in `packs/` of the data folder, where a bureau keeps its own.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from keqiao.engines.expressions import Problem, ProblemsFound

logger = logging.getLogger(__name__)
Read = Callable[[], Callable[[], None]]
_parts: list[Read] = []
_lock = threading.Lock()
_seen: int | None = None


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


def add_part(read: Read) -> None:
    """Adds a reader of packs and lets it read at once; called from `apps.py`. A wrong pack stops the start and says what to mend."""
    global _seen
    try:
        read()()
    except ProblemsFound as error:
        raise ImproperlyConfigured(f"\n{error}") from error
    if read not in _parts:
        _parts.append(read)
    _seen = _stamp()


def load() -> None:
    """Reads all packs and puts them in force in this process. Raises ProblemsFound with every fault of every file; then nothing changes."""
    global _seen
    with _lock:
        _seen = _stamp()
        problems: list[Problem] = []
        ready = []
        for read in _parts:
            try:
                ready.append(read())
            except ProblemsFound as error:
                problems += error.problems
        if problems:
            raise ProblemsFound(dict.fromkeys(problems))
        for take_effect in ready:
            take_effect()


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
    """Changes whenever packs were loaded anew: a key for what is kept of them."""
    return _seen or 0


def _stamp_path() -> Path:
    return Path(settings.DATA) / "packs.stamp"


def _stamp() -> int:
    try:
        return _stamp_path().stat().st_mtime_ns
    except FileNotFoundError:
        return 0
