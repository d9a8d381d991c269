"""Recomputes the audit chain and names the first entry that was tampered with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keqiao.core import audit
from keqiao.core.models import AuditEntry


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit.verify())
        if faults:
            raise CommandError(
                f"audit chain broken at {faults[0]}" + (f" (+{len(faults) - 1} more faults)" if len(faults) > 1 else "")
            )
        self.stdout.write(self.style.SUCCESS(f"audit chain whole: {AuditEntry.objects.count()} entries"))
