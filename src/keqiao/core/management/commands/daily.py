"""Does the daily work now: reminders, subscriptions, snapshot."""

from typing import Any

from django.core.management.base import BaseCommand

from keqiao.core import jobs


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        jobs.run_daily()
