"""The words after `./keqiao`: parses them, prepares what each needs, and hands over."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from keqiao_launcher import assets, backup, checking, database, locking, packages, serving, testing
from keqiao_launcher.console import Problem, note, say
from keqiao_launcher.place import Place

ENGINE_COMMANDS = ("text", "match", "rules", "index", "report")


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed or something is missing, 2 the call itself is wrong."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return _run(Place.here(), words)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(place: Place, words: list[str]) -> int:
    # What belongs to another program is passed on untouched, its --help included.
    if words and words[0] in ENGINE_COMMANDS:
        packages.ensure(place)
        return place.run("-m", "keqiao.cli", *words)
    if words and words[0] == "manage":
        prepare(place, has_front_end=False)
        return place.manage(*words[1:])
    parser = _parser()
    options, rest = parser.parse_known_args(words)
    if rest and options.command != "test":
        parser.error(say("无法识别：", "not understood: ") + " ".join(rest))
    handler: Callable[[Place, argparse.Namespace], int] = options.handler
    options.rest = rest
    return handler(place, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keqiao",
        description=say(
            "科桥：科技局的开放操作系统", "Keqiao: the open operating system of a science-and-technology bureau"
        ),
        epilog=say("引擎命令：", "engine commands: ")
        + " ".join(ENGINE_COMMANDS)
        + say("（各自带 --help）", " (each with its own --help)"),
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, handler: Callable[[Place, argparse.Namespace], int], zh: str, en: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=say(zh, en), description=say(zh, en), allow_abbrev=False)
        sub.set_defaults(handler=handler)
        return sub

    sub = command("demo", _demo, "安装并启动演示城市", "set everything up and run the demo city")
    sub.add_argument("--port", type=_port, default=8000)
    sub.add_argument(
        "--reset", action="store_true", help=say("清空演示数据后重装", "remove the demo's data and load it anew")
    )
    sub.add_argument("--no-serve", action="store_true", help=say("只安装，不启动", "set up only"))
    sub.add_argument("--lan", action="store_true", help=say("局域网内可访问", "reachable from the local network"))
    command("setup", _setup, "安装或升级，不启动", "install or upgrade, start nothing")
    sub = command("serve", _serve, "启动网站（正式运行）", "run the web server (production)")
    sub.add_argument("--host", default="127.0.0.1")
    sub.add_argument("--port", type=_port, default=8000)
    sub.add_argument("--workers", type=int, default=2)
    command("worker", _worker, "启动后台任务进程", "run the job worker")
    commands.add_parser("manage", help=say("Django 管理命令", "a Django management command"))
    sub = command(
        "backup",
        lambda place, o: backup.save(place, o.file),
        "备份数据库和文件",
        "back up the database and the stored files",
    )
    sub.add_argument("file", type=Path)
    sub = command(
        "restore",
        lambda place, o: backup.restore(place, o.file, from_elsewhere=o.other_installation),
        "恢复备份",
        "restore a backup",
    )
    sub.add_argument("file", type=Path)
    sub.add_argument(
        "--other-installation",
        action="store_true",
        help=say(
            "接受由另一套安装（不同密钥）制作的备份",
            "accept an archive sealed by an installation with another secret key",
        ),
    )
    sub = command("test", _test, "运行全部测试；其余参数交给 pytest", "run all tests; further arguments go to pytest")
    sub.add_argument("--fast", action="store_true", help=say("两分钟内的部分", "the part that takes under two minutes"))
    sub.add_argument("--extra", action="store_true", help=say("连同 Spark、Milvus", "with Spark and Milvus"))
    command(
        "check",
        lambda place, _: checking.run(place),
        "静态检查",
        "style, types, import rules, migrations, translations, own rules",
    )
    sub = command("bench", _bench, "运行一项评测", "run one benchmark")
    sub.add_argument("name", nargs="?")
    sub.add_argument("arguments", nargs=argparse.REMAINDER)
    command("messages", _messages, "把缺少的文字补进英文翻译文件", "add missing texts to the English catalogue")
    sub = command(
        "lock",
        lambda place, o: locking.run(place, is_upgrade=o.upgrade),
        "重新生成锁定文件",
        "make the lock files anew",
    )
    sub.add_argument(
        "--upgrade", action="store_true", help=say("升级到允许的最新版本", "take the newest versions allowed")
    )
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(say("端口应为 1 到 65535 的整数", "a port is a whole number from 1 to 65535"))
    return int(text)


def prepare(place: Place, *, has_front_end: bool = True) -> None:
    """Everything that must stand before the application is used."""
    packages.ensure(place)
    if has_front_end:
        assets.ensure_front_end(place)
    assets.ensure_messages(place)


def _demo(place: Place, options: argparse.Namespace) -> int:
    if not options.no_serve:
        serving.ask_for_port("0.0.0.0" if options.lan else "127.0.0.1", options.port)  # noqa: S104 - asked for by --lan
    prepare(place)
    if options.reset:
        database.reset(place)
    database.ensure_demo(place)
    database.ensure_migrated(place)  # for a demo that an earlier version loaded
    if options.no_serve:
        note(say("已就绪：./keqiao demo", "ready: ./keqiao demo"))
        return 0
    return serving.demo(place, options.port, is_lan=options.lan)


def _setup(place: Place, _: argparse.Namespace) -> int:
    prepare(place)
    database.ensure_migrated(place)
    note(say("已就绪：./keqiao serve 和 ./keqiao worker", "ready: ./keqiao serve and ./keqiao worker"))
    return 0


def _serve(place: Place, options: argparse.Namespace) -> int:
    serving.ask_for_port(options.host, options.port)
    prepare(place)
    database.ensure_migrated(place)
    return serving.become(
        place, [*serving.WEB, "--workers", str(options.workers), *serving.bind(options.host, options.port)]
    )


def _worker(place: Place, _: argparse.Namespace) -> int:
    prepare(place, has_front_end=False)
    database.ensure_migrated(place)
    return serving.become(place, serving.WORKER)


def _test(place: Place, options: argparse.Namespace) -> int:
    return testing.run(place, options.rest, is_fast=options.fast, with_extra=options.extra)


def _messages(place: Place, _: argparse.Namespace) -> int:
    packages.ensure(place, packages.DEV)
    return place.run("-m", "keqiao_checks", "messages")


def _bench(place: Place, options: argparse.Namespace) -> int:
    folder = place.root / "bench"
    names = sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_"))
    if options.name not in names:
        note(say("可用的评测：", "benchmarks: ") + (" ".join(names) or "–"))
        return 2 if options.name else 0
    packages.ensure(place, packages.DEV)
    return place.run(folder / f"{options.name}.py", *options.arguments)
