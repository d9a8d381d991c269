"""Stored files: checked for kind and size by content, kept outside the web root under names of our own."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from keqiao.core import access, audit
from keqiao.core.act import Act, ForbiddenError
from keqiao.core.models import StoredFile
from keqiao.core.records.declare import REGISTERS, register_of
from keqiao.core.records.problems import InvalidError, Problem

LARGEST = 50 * 1024 * 1024
# Extension -> (media kind, the bytes such a file begins with; empty where text has no signature).
KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "zip": ("application/zip", (b"PK\x03\x04",)),
    "doc": ("application/msword", (b"\xd0\xcf\x11\xe0",)),
    "xls": ("application/vnd.ms-excel", (b"\xd0\xcf\x11\xe0",)),
    "ofd": ("application/ofd", (b"PK\x03\x04",)),
    "png": ("image/png", (b"\x89PNG",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "csv": ("text/csv", ()),
    "txt": ("text/plain", ()),
}


def store(name: str, content: bytes, act: Act, row: Any = None) -> StoredFile:
    """Keeps a file, as evidence of `row` where given. Raises InvalidError for a kind that is not allowed, or whose content belies its name."""
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    _check(name, extension, content)
    stored = StoredFile(
        name=name.replace("\\", "/").rsplit("/", 1)[-1][-200:],
        media_kind=KINDS[extension][0],
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        created_by=act.actor,
    )
    if row is not None:
        stored.register, stored.record_id = register_of(row).key, str(row.pk)
    stored.content.save(f"{stored.pk}.{extension}", ContentFile(content), save=True)
    audit.record(act, audit.Trace("upload", stored.register or "file", stored.record_id or str(stored.pk), stored.name))
    return stored


def _check(name: str, extension: str, content: bytes) -> None:
    problem = None
    if extension not in KINDS:
        problem = Problem(
            "file_kind", _("不接受这种文件"), _("可上传：%(kinds)s") % {"kinds": "、".join(KINDS)}, label=name
        )
    elif len(content) > LARGEST:
        problem = Problem("file_size", _("文件超过 50 MB"), _("请压缩或拆分后上传"), label=name)
    elif KINDS[extension][1] and not content.startswith(KINDS[extension][1]):
        problem = Problem("file_content", _("文件内容与扩展名不符"), _("请用对应的软件另存为正确的格式"), label=name)
    if problem:
        raise InvalidError([problem])


def readable(user: Any, stored: StoredFile) -> StoredFile:
    """The file if the user may read it: its author, or who may see the row it belongs to. Raises ForbiddenError."""
    if user.is_authenticated and stored.created_by_id == user.pk:
        return stored
    register = REGISTERS.get(stored.register)
    if register:
        row = (
            register.rows()
            .unscoped("a file's access follows its row, checked next")
            .filter(pk=stored.record_id)
            .first()
        )
        if row and access.lens(user, register).sees_inside(row):
            return stored
    raise ForbiddenError(_("您不能读取这个文件"))
