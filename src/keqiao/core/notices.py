"""Notices (通知): one message to one user, in the app and by the ways the user chose. Templates are declared once, with all the names they need."""

import json
import logging
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from keqiao.core import jobs
from keqiao.core.models import Notice, User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Template:
    """`title` and `body` are %-patterns over `names`; a missing name is an error when sending, not an empty place in a letter."""

    title: str | Promise
    body: str | Promise
    names: frozenset[str]

    def render(self, values: Mapping[str, Any]) -> tuple[str, str]:
        if missing := self.names - set(values):
            raise KeyError(f"notice template needs {sorted(missing)}")
        return str(self.title) % values, str(self.body) % values


TEMPLATES: dict[str, Template] = {}


def declare(key: str, title: str | Promise, body: str | Promise, *names: str) -> None:
    TEMPLATES[key] = Template(title, body, frozenset(names))


declare(
    "record_returned",
    _("退回补正：%(title)s"),
    _("“%(register)s”中的“%(title)s”被退回。需要补正：%(note)s"),
    "title",
    "register",
    "note",
)
declare(
    "record_approved", _("审核通过：%(title)s"), _("“%(register)s”中的“%(title)s”已审核通过。"), "title", "register"
)
declare("job_done", _("任务完成：%(title)s"), _("后台任务“%(title)s”已完成。%(outcome)s"), "title", "outcome")
declare(
    "subscription",
    _("订阅“%(name)s”有 %(count)s 条新记录"),
    _("您订阅的“%(name)s”新增 %(count)s 条：%(titles)s"),
    "name",
    "count",
    "titles",
)


def send(user: User, template: str, values: Mapping[str, Any], link: str = "", language: str = "zh-hans") -> Notice:
    """Puts the notice in the user's box; e-mail and webhook follow from a job once the transaction has committed."""
    with override(language):
        title, body = TEMPLATES[template].render({k: str(v) for k, v in values.items()})
    notice = Notice.objects.create(user=user, template=template, title=title[:200], body=body, link=link)
    if user.email or user.webhook_url:
        from keqiao.core.act import Act

        transaction.on_commit(lambda: jobs.start("deliver_notice", title, {"notice": notice.pk}, Act(None, "job")))
    return notice


def mark_read(user: User, ids: list[int] | None = None) -> int:
    unread = Notice.objects.filter(user=user, read_at=None)
    return (unread.filter(pk__in=ids) if ids is not None else unread).update(read_at=timezone.now())


@jobs.job("deliver_notice")
def deliver(run: jobs.Run, *, notice: int) -> dict[str, Any]:
    """Sends e-mail and webhook; each way's outcome is kept on the notice, and one failing does not stop the other."""
    row = Notice.objects.select_related("user").get(pk=notice)
    ways = {"email": (row.user.email, _mail), "webhook": (row.user.webhook_url, _webhook)}
    for way, (address, deliver_by) in ways.items():
        if not address or row.deliveries.get(way) == "sent":
            continue
        try:
            deliver_by(row, address)
            row.deliveries[way] = "sent"
        except Exception as error:
            row.deliveries[way] = f"{type(error).__name__}: {error}"[:200]
            run.log(f"{way}: {error}")
    row.save(update_fields=["deliveries"])
    return dict(row.deliveries)


def _mail(row: Notice, address: str) -> None:
    send_mail(row.title, f"{row.body}\n{row.link}", None, [address])


def webhook_message(url: str, title: str, body: str) -> dict[str, Any]:
    """The message as the group robot at this address expects it: WeCom, DingTalk, Feishu, or plain JSON for any other."""
    host = urlsplit(url).hostname or ""
    text = f"{title}\n{body}"
    if host.endswith("weixin.qq.com"):
        return {"msgtype": "text", "text": {"content": text}}
    if host.endswith("dingtalk.com"):
        return {"msgtype": "markdown", "markdown": {"title": title, "text": f"### {title}\n{body}"}}
    if host.endswith(("feishu.cn", "larksuite.com")):
        return {"msg_type": "text", "content": {"text": text}}
    return {"title": title, "body": body}


def _webhook(row: Notice, url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"webhook address must be http(s): {url}")
    data = json.dumps(webhook_message(url, row.title, row.body), ensure_ascii=False).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310  # scheme checked above
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        if answer.status >= 300:
            raise OSError(f"HTTP {answer.status}")
