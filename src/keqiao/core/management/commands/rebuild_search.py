"""`manage rebuild_search [REGISTER …]`: writes the full-text index anew."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keqiao.core.records import search
from keqiao.core.records.declare import REGISTERS


class Command(BaseCommand):
    help = "Writes the full-text index of all or some registers anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("register", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = options["register"] or list(REGISTERS)
        if unknown := set(keys) - set(REGISTERS):
            raise CommandError(
                f"no such register: {', '.join(sorted(unknown))}. Remedy: one of {', '.join(REGISTERS)}."
            )
        for key in keys:
            began = time.perf_counter()
            count = search.rebuild(REGISTERS[key])
            self.stdout.write(f"{key}: {count:,} rows in {time.perf_counter() - began:.1f} s")
