"""The business date: today in Asia/Shanghai, or the fixed date of a demonstration (`KEQIAO_TODAY`)."""

import datetime

from django.conf import settings
from django.utils import timezone


def today() -> datetime.date:
    if settings.BUSINESS_DATE:
        return datetime.date.fromisoformat(settings.BUSINESS_DATE)
    return timezone.localdate()
