"""The demo city of Dongzhou (东洲市): a whole bureau's registers, made from self-written material and a seed.

Plain Python, no framework: `generate` makes the tables in memory, `write_workbooks` writes each as an Excel workbook with the headers it is
given. The product loads those workbooks by its own import, like any user's files.
"""

import datetime

from keqiao.demo import (
    contracts,
    enterprises,
    ledgers,
    library,
    offers,
    patents,
    people,
    places,
    projects,
    qualifications,
    years,
)
from keqiao.demo.material import Material
from keqiao.demo.workbooks import Column, write_workbooks
from keqiao.demo.world import Table, World

TODAY = datetime.date(2026, 11, 20)
SEED = 2026

__all__ = ["SEED", "TODAY", "Column", "Material", "Table", "World", "generate", "write_workbooks"]


def generate(today: datetime.date = TODAY, seed: int = SEED, material: Material | None = None) -> World:
    """The demo city on a day. The same arguments give the same world, on every machine. About three seconds."""
    world = World(today, seed, material or Material())
    people.make_institutions(world)
    places.make_carriers(world)
    enterprises.make(world)
    places.seat_tenants(world)
    years.make(world)
    people.make_persons(world)
    places.make_research(world)
    qualifications.make(world)
    patents.make(world)
    offers.make(world)
    places.make_instruments(world)
    contracts.make(world)
    projects.make(world)
    library.make(world)
    ledgers.make(world)
    return world
