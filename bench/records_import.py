"""100,000 enterprises out of a workbook, as an officer's import job: `python bench/records_import.py [--rows N] [--database URL]`."""

import random
import time

import records_setup as setup


def main() -> None:
    args = setup.options(__doc__ or "").parse_args()
    setup.start(args)
    import xlsxwriter

    from keqiao.core import jobs
    from keqiao.core.act import Act
    from keqiao.core.models import AuditEntry, StoredFile
    from keqiao.core.records import excel_out, import_job
    from keqiao.core.records.declare import REGISTERS

    rows = args.rows or 100_000
    officer, _town, units = setup.people()
    register, rng = REGISTERS["enterprise"], random.Random(7)
    names = list(setup.enterprise(0, units, rng))
    path = "/tmp/keqiao-bench-import.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        with_labels = [register.fields[name].header for name in names]
        sheet.write_row(0, 0, with_labels)
        for number in range(rows):
            values = setup.enterprise(number, units, rng)
            values |= {
                "org_unit": values["org_unit"].name,
                "founded_on": values["founded_on"].isoformat(),
                "is_above_scale": "是" if values["is_above_scale"] else "否",
            }
            sheet.write_row(number + 1, 0, list(values.values()))
    with open(path, "rb") as handle:
        stored = excel_out.keep("enterprises.xlsx", handle.read(), Act(officer))
    print(
        f"{setup.machine()}; {rows:,} rows × {len(names)} columns, {StoredFile.objects.get(pk=stored.pk).size / 1e6:.1f} MB"
    )
    for what, options in (
        ("check only", (True, False)),
        ("import", (False, False)),
        ("same file again", (False, False)),
    ):
        began, worked = time.perf_counter(), time.process_time()
        job = jobs.run_now("import_records", what, import_job.parameters(register, stored, *options), Act(officer))
        print(
            f"{what}: {time.perf_counter() - began:.1f} s ({time.process_time() - worked:.1f} s of one CPU)  {job.stage} {job.error} {job.result and job.result['counts']} {(job.result or {}).get('problems', [])[:2]}"
        )
    print(f"rows {register.rows().unscoped('count').count():,}, audit entries {AuditEntry.objects.count():,}")
    import resource

    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
