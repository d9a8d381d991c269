"""`manage first_accounts`: the three administrators of a new installation, with passwords shown once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from keqiao.core import accounts
from keqiao.core.act import Act
from keqiao.core.models.user import User
from keqiao.core.roles import ROLES


class Command(BaseCommand):
    help = "Makes the system, security and audit administrators of a new installation; refuses where accounts exist."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            raise CommandError(
                "accounts exist already. Remedy: let the security administrator make further ones on the accounts page."
            )
        act = Act(None, "command", "first accounts")
        with transaction.atomic():
            for role in sorted(accounts.SEPARATED):
                user, password = accounts.create(
                    {"username": role.removesuffix("_admin"), "display_name": str(ROLES[role].label)}, act
                )
                accounts.grant(user, role, act)
                self.stdout.write(f"{user.username:<10} {password}  {ROLES[role].label}")
        self.stdout.write("Each is shown only now: change it at the first sign-in.")
