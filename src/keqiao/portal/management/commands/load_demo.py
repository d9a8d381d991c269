"""Loads the demo city of Dongzhou: units, workbooks through the import, accounts. Running it again changes nothing."""

import datetime
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from keqiao import demo
from keqiao.control import actions as control
from keqiao.market import library
from keqiao.portal import demo_city, demo_ledger
from keqiao.services import actions as services


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--today",
            type=datetime.date.fromisoformat,
            default=demo.TODAY,
            help="the day on which the city stands still",
        )
        parser.add_argument("--seed", type=int, default=demo.SEED)
        parser.add_argument(
            "--folder", type=Path, default=settings.DATA / "demo-workbooks", help="where the workbooks are written"
        )

        parser.add_argument(
            "--no-figures", dest="figures", action="store_false", help="leave indicators and targets out"
        )

    def handle(self, *args: Any, today: datetime.date, seed: int, folder: Path, figures: bool, **options: Any) -> None:
        begun = time.monotonic()
        world = demo.generate(today, seed)
        self.say(f"东洲市 {today}: {sum(len(table.rows) for table in world.tables):,} 行 rows", begun)
        self.say(f"单位 units: {demo_city.load_units(world.material)}", begun)
        written = demo_city.write_workbooks(world, folder)
        self.say(f"工作簿 workbooks: {len(written)} → {folder}", begun)
        for number, (table, path) in enumerate(written, start=1):
            try:
                counts = demo_city.load_workbook(table.register, path)
            except demo_city.LoadError as error:
                raise CommandError(str(error)) from error
            self.say(f"[{number}/{len(written)}] {path.stem}: +{counts['new']:,} ~{counts['changed']:,}", begun)
        users = demo_city.make_accounts(world)
        demo_city.leave_work(world)
        self.say(f"账号 accounts: {len(users)}", begun)
        self.say(f"研发台账 R&D ledger: {demo_ledger.keep(today.year)}", begun)
        self.say(f"数据上报 reports of towns: {demo_city.report_quarters(today, seed)}", begun)
        if figures:
            snapshot, count = control.compute(today)
            self.say(f"指标值 figures: {count:,}", begun)
            self.say(f"目标 targets: {demo_city.load_targets(world.material, snapshot)}", begun)
            self.say(f"下年目标草稿 next year's drafts: {demo_city.propose_targets(today.year + 1, snapshot)}", begun)
            self.say(f"政策匹配 policy matches: {services.run_all(today, snapshot).subjects:,}", begun)
        self.say(f"匹配索引 match index: {sum(library.rebuild(kind) for kind in library.KINDS):,}", begun)

    def say(self, text: str, begun: float) -> None:
        self.stdout.write(f"  {time.monotonic() - begun:5.1f} s  {text}")
        self.stdout.flush()
