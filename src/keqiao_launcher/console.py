"""What the launcher says: in Chinese or English by the user's locale, and problems always with a remedy."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def _chinese() -> bool:
    for name in ("KEQIAO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.lower().startswith("zh")
    return False


def say(zh: str, en: str) -> str:
    """The text in the user's language: Chinese when the locale (or KEQIAO_LANG) says so, otherwise English."""
    return zh if _chinese() else en


class Problem(Exception):
    """Something missing on this machine: a stable code, what is wrong and what to do about it."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.code, self.what, self.remedy = code, what, remedy

    def __str__(self) -> str:
        return f"keqiao: {self.what} [{self.code}]\n{say('办法：', 'Remedy: ')}{self.remedy}"


def note(text: str) -> None:
    """One line for the user, at once."""
    print(text, flush=True)


class Progress:
    """One line that is rewritten on a terminal; in a log file, a line per quarter."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._live = sys.stdout.isatty()
        self._quarter = 0

    def show(self, done: int, total: int, detail: str = "") -> None:
        total = max(total, 1)
        done = min(done, total)
        if self._live:
            print(f"\r\033[K  {self.label} {done}/{total} {detail[:40]}", end="", flush=True)
        elif (quarter := done * 4 // total) > self._quarter:
            self._quarter = quarter
            note(f"  {self.label} {done}/{total}")

    def clear(self) -> None:
        if self._live:
            print("\r\033[K", end="", flush=True)


@contextmanager
def step(label: str) -> Iterator[Progress]:
    """Announce a step and print its duration when it ends well."""
    started = time.monotonic()
    note(f"• {label} …")
    progress = Progress(label)
    try:
        yield progress
    finally:
        progress.clear()
    note(f"  ✓ {label} ({time.monotonic() - started:.1f} s)")
