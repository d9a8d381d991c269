"""Prints the demo city's accounts: name, password and what each is for."""

from typing import Any

from django.core.management.base import BaseCommand

from keqiao.core.models import User
from keqiao.core.roles import ROLES
from keqiao.portal.demo_city import ACCOUNTS, PASSWORD


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        made = {user.username: user for user in User.objects.filter(username__in=[one.username for one in ACCOUNTS])}
        width = max(len(one.username) for one in ACCOUNTS)
        for one in ACCOUNTS:
            if user := made.get(one.username):
                self.stdout.write(f"{one.username:<{width}}  {PASSWORD}  {ROLES[one.role].label}  {user.display_name}")
