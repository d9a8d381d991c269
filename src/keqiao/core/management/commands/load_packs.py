"""`manage load_packs [FOLDER …]`: checks all packs, copies new ones into the data folder, and lets running servers take them up."""

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from keqiao.core import audit, packs
from keqiao.core.act import Act
from keqiao.core.models import Channel
from keqiao.engines.expressions import ProblemsFound


class Command(BaseCommand):
    help = "Checks the packs and puts them in force without a restart; with FOLDER, adds it to the bureau's own packs first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="*", type=Path)

    def handle(self, *args: Any, folder: list[Path], **options: Any) -> None:
        added = [self.add(one) for one in folder]
        try:
            packs.load()
        except ProblemsFound as error:
            for target, former in added:
                shutil.rmtree(target)
                if former:
                    former.rename(target)
            raise CommandError(f"nothing was changed:\n{error}") from error
        for _target, former in added:
            if former:
                shutil.rmtree(former)
        packs.announce()
        audit.record(
            Act(None, Channel.COMMAND),
            audit.Trace("load_packs", "pack", "", "、".join(path.name for path in packs.folders())),
        )
        self.stdout.write("\n".join(f"{path.name}: {path}" for path in packs.folders()))

    def add(self, source: Path) -> tuple[Path, Path | None]:
        """Copies a pack into the data folder; an earlier one of the same name is put aside until the new one has proved good."""
        if not source.is_dir():
            raise CommandError(f"{source} is no folder. Remedy: give the folder that holds ledgers/, matters/ …")
        target = Path(settings.DATA) / "packs" / source.resolve().name
        former = None
        if target.exists():
            former = target.with_name(f".{target.name}.former")
            shutil.rmtree(former, ignore_errors=True)
            target.rename(former)
        shutil.copytree(source, target)
        return target, former
