"""The catalogue check against small sources: what is missing, empty, fuzzy, unused or broken is named."""

import polib
import pytest

from keqiao_checks import translations
from keqiao_checks.translations import Message


@pytest.fixture
def source(tmp_path):
    (tmp_path / "market" / "templates").mkdir(parents=True)
    (tmp_path / "market" / "models.py").write_text(
        'NAME = _("需求")\nTEXT = gettext_lazy("共 %(n)s 条")\nWORD = pgettext("动词", "对接")\nngettext("一条", "%(n)s 条", n)\n_(name)\n',
        encoding="utf-8",
    )
    (tmp_path / "market" / "templates" / "list.html").write_text(
        '{% load i18n %}{% translate "新建" %}{% blocktranslate count c=n %}{{ c }} 项{% plural %}{{ c }} 项目{% endblocktranslate %}'
        '{% include "x.html" with title=_("标题") %}{% translate "完成 100%" %}',
        encoding="utf-8",
    )
    (tmp_path / "market" / "tests").mkdir()
    (tmp_path / "market" / "tests" / "test_x.py").write_text('_("只在测试里")', encoding="utf-8")
    return tmp_path


@pytest.fixture
def catalogue(source):
    path = source / "locale" / "django.po"
    translations.bring_up_to_date(source, path)
    book = polib.pofile(str(path))
    for entry in book:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "one", 1: "many"}
        else:
            entry.msgstr = "text" + (" %(n)s" if "%(n)s" in entry.msgid else "")
    book.save()
    return path


def change(catalogue, msgid, **values):
    book = polib.pofile(str(catalogue))
    entry = book.find(msgid)
    for name, value in values.items():
        setattr(entry, name, value)
    book.save()


def test_finds_messages_of_code_and_templates(source):
    assert set(translations.messages(source)) == {
        Message(None, "需求", None),
        Message(None, "共 %(n)s 条", None),
        Message("动词", "对接", None),
        Message(None, "一条", "%(n)s 条"),
        Message(None, "新建", None),
        Message(None, "%(c)s 项", "%(c)s 项目"),
        Message(None, "标题", None),
        Message(None, "完成 100%%", None),  # Django doubles the sign, so that is what it looks up
    }


def test_a_complete_catalogue_has_no_findings(source, catalogue):
    assert translations.check(source, catalogue) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"msgstr": ""}, "no English"),
        ({"flags": ["fuzzy"]}, "fuzzy"),
        ({"msgstr": "需求"}, "Chinese characters"),
        ({"msgstr": "demand %(n)s"}, "a placeholder that the Chinese does not have"),
    ],
)
def test_a_bad_entry_is_named(source, catalogue, values, words):
    change(catalogue, "需求", **values)
    (finding,) = translations.check(source, catalogue)
    assert "'需求'" in finding
    assert words in finding


def test_a_lost_placeholder_is_named(source, catalogue):
    change(catalogue, "共 %(n)s 条", msgstr="rows")
    assert ["lacks a placeholder" in line for line in translations.check(source, catalogue)] == [True]


def test_missing_and_unused_messages_are_named_and_synchronised(source, catalogue):
    model = source / "market" / "models.py"
    model.write_text(model.read_text(encoding="utf-8").replace("需求", "成果"), encoding="utf-8")
    findings = translations.check(source, catalogue)
    assert len(findings) == 2
    assert any("'成果' is not in" in line for line in findings)
    assert any("'需求' is used nowhere" in line for line in findings)
    assert translations.bring_up_to_date(source, catalogue) == (1, 1)
    assert ["no English" in line for line in translations.check(source, catalogue)] == [True]
    assert polib.pofile(str(catalogue)).find("新建").msgstr == "text"  # what was translated stays


def test_a_missing_catalogue_is_a_finding(source):
    assert "Remedy" in translations.check(source, source / "none.po")[0]
