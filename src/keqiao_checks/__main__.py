"""`python -m keqiao_checks rules|translations|messages`; `./keqiao check` and `./keqiao messages` call it."""

import sys
from pathlib import Path

from keqiao_checks import files, rules, translations

ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str]) -> int:
    """0 nothing found, 1 findings (one a line, on standard output), 2 wrong call."""
    source = ROOT / "src" / "keqiao"
    catalogue = source / "locale" / "en" / "LC_MESSAGES" / "django.po"
    match argv:
        case ["rules"]:
            findings = [*rules.self_test(), *rules.scan(ROOT, files.tracked(ROOT))]
        case ["translations"]:
            findings = translations.check(source, catalogue)
        case ["messages"]:
            added, dropped = translations.bring_up_to_date(source, catalogue)
            print(
                f"{catalogue.relative_to(ROOT)}: {added} added, {dropped} dropped; ./keqiao check tells which lack a translation"
            )
            return 0
        case _:
            print("usage: python -m keqiao_checks rules|translations|messages", file=sys.stderr)
            return 2
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} findings")
    return 1 if findings else 0


sys.exit(main(sys.argv[1:]))
