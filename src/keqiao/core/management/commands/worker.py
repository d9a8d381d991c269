"""Runs background jobs until stopped, after taking up again what a killed worker left; does the daily work when the day changes."""

import threading
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from keqiao.core import jobs
from keqiao.core.clock import today


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        for row in jobs.recover():
            self.stdout.write(f"recovered: {row.title}")
        threading.Thread(target=self._watch, daemon=True).start()
        call_command("db_worker", interval=0.5, startup_delay=False, reload=False)

    def _watch(self) -> None:
        """Once a minute: dead jobs again, and the daily work on a new day."""
        mark = jobs.folder() / "daily"
        pause = threading.Event()
        while True:
            close_old_connections()
            if not mark.exists() or mark.read_text() != today().isoformat():
                mark.write_text(today().isoformat())
                jobs.run_daily()
            jobs.recover()
            pause.wait(60)
