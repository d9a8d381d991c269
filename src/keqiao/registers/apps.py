"""Registers as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


def follow_packs(**_signal: Any) -> None:
    """A running server takes up packs that were loaded by a command."""
    from keqiao.core import packs

    packs.follow()


class RegistersConfig(AppConfig):
    name = "keqiao.registers"
    verbose_name = _("基础库")

    def ready(self) -> None:
        from django.core.signals import request_started

        from keqiao.core import events, packs
        from keqiao.core.roles import DIVISIONS
        from keqiao.registers import actions, checks, classifications, declared, following  # noqa: F401  # importing declares registers and jobs
        from keqiao.registers.ledgers import repeat, store

        for part in (classifications.load, store.load, checks.load):
            packs.add_part(part)
        DIVISIONS.update(dict(classifications.classification("divisions").choices))
        request_started.connect(follow_packs, dispatch_uid="keqiao.packs")
        events.subscribe(events.RecordsChanged, following.on_changed)
        events.subscribe(events.RecordsChanged, repeat.on_changed)
