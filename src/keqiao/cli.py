"""The engines' command line: `keqiao text|match|rules|index|report …`.

Each engine keeps its commands in `engines/<name>/command.py` as `main(argv) -> exit code`; only the one asked for is imported,
so `keqiao text --help` does not load a search engine. Set-up commands (demo, test, check …) live in the `keqiao` script itself.
"""

import importlib
import sys

ENGINE_COMMANDS = {
    "text": "keqiao.engines.text.command",
    "match": "keqiao.engines.match.command",
    "rules": "keqiao.engines.rules.command",
    "index": "keqiao.engines.indicators.command",
    "report": "keqiao.engines.reports.command",
}


def main(argv: list[str] | None = None) -> int:
    """Run one engine command; returns its exit code (0 done, 1 the input has errors, 2 the call itself is wrong)."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] not in ENGINE_COMMANDS:
        print("usage: keqiao {" + ",".join(ENGINE_COMMANDS) + "} …", file=sys.stderr)
        return 2
    command = importlib.import_module(ENGINE_COMMANDS[arguments[0]])
    return int(command.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main())
