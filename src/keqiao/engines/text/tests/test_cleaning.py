import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keqiao.engines.text import clean, looks_corrupted

TABLE = {"術": "shù", "業": "yè", "數": "shù", "發": "fā", "計": "jì", "現": "xiàn"}


def corrupt(text: str) -> str:
    """What the scraper did: key → key(reading), and ，；？ to ASCII, on GBK bytes without regard to characters."""
    data = text.encode("gbk")
    for number, key in enumerate(TABLE):
        data = data.replace(key.encode("gbk"), key.encode("gbk") + bytes([1 + number]))
    for mark, plain in (("，", b","), ("；", b";"), ("？", b"?")):
        data = data.replace(mark.encode("gbk"), plain)
    readings = list(TABLE.values())
    out, i = "", 0
    while i < len(data):
        byte, following = data[i], data[i + 1 : i + 2]
        if byte <= len(readings):
            out += f"({readings[byte - 1]})"
        elif byte < 0x80:
            out += chr(byte)
        elif following and following[0] <= len(readings):  # a lead byte swallows the bracket
            out += f"?{readings[following[0] - 1]})"
            i += 1
        elif following in (b",", b";", b"?"):
            out += "?" + following.decode()
            i += 1
        else:  # an undefined pair vanishes
            out += data[i : i + 2].decode("gbk", errors="ignore")
            i += 1
        i += 1
    return out


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("當地理清發展思路，企業技術需求200項", "当地理清发展思路,企业技术需求200项"),
        ("提供解決方案78份。現場賽有25家企業參加", "提供解决方案78份。现场赛有25家企业参加"),
        ("技術交易活躍。科技企業新增", "技术交易活跃。科技企业新增"),
    ],
)
def test_damage_is_undone(original: str, expected: str) -> None:
    damaged = corrupt(original)
    assert "(" in damaged
    cleaned = clean(damaged)
    assert cleaned.corrupted
    assert cleaned.text == expected


def test_guesses_are_listed_and_placed() -> None:
    cleaned = clean("技術(shù)方案78份?,F(xiàn)場(chǎng)賽開(kāi)始")
    assert cleaned.text == "技术方案78份。现场赛开始"
    assert [(g.text, cleaned.text[g.start : g.end]) for g in cleaned.guesses] == [("。", "。")]
    assert len(cleaned.offsets) == len(cleaned.text)
    assert cleaned.raw[cleaned.offsets[0]] == "技"


@pytest.mark.parametrize(
    "text",
    [
        "全市研发投入3亿元(含企业),增长5%。\r\n",
        "行(xíng)走在路上,重(zhòng)要的是方向。",
        "真的吗??为什么?;没有答案",
        "a (bc) d 仿宋_GB2312\ttab",
        "著名学者瞭望乾隆年间的后宫,面粉里程碑",
    ],
)
def test_clean_text_is_untouched(text: str) -> None:
    assert not looks_corrupted(text)
    assert clean(text).text == text


@settings(deadline=None)
@given(st.text(alphabet="科技创新企业年度0123456789%,.;?()x，。 \n", max_size=60))
def test_simplified_text_always_passes_through(text: str) -> None:
    assert clean(text).text == text


def test_masks_are_never_repaired() -> None:
    damaged = "新增企業(yè)xx家,成交額x.x億元,技術(shù)市場(chǎng)"
    assert clean(damaged).text == "新增企业xx家,成交额x.x亿元,技术市场"


def test_traditional_text_is_simplified_in_place() -> None:
    cleaned = clean("高新技術企業認定數量穩步增長")
    assert cleaned.text == "高新技术企业认定数量稳步增长"
    assert len(cleaned.text) == len(cleaned.raw)
