"""Number phrases as other libraries find them, one JSON line each: run by the peers' own interpreter, not by Keqiao's.

python -m venv /tmp/peers && /tmp/peers/bin/pip install "emoji<2" recognizers-text-suite jionlp cn2an
/tmp/peers/bin/python bench/text_peers.py NAME < articles.json      (NAME: recognizers | jionlp | cn2an)
"""

import json
import re
import sys


def by_recognizers(text):
    from recognizers_number import Culture, recognize_number
    from recognizers_number_with_unit import recognize_currency, recognize_dimension

    found = {}
    for recognise in (recognize_number, recognize_dimension, recognize_currency):
        for result in recognise(text, Culture.Chinese):
            value = (result.resolution or {}).get("value")
            unit = (result.resolution or {}).get("unit") or ""
            if value is not None:
                found[result.start] = (result.start, result.end + 1, value, unit)
    units = {"Chinese yuan": "元", "Percent": "%"}
    for start, end, value, unit in found.values():
        span = text[start:end]
        yield span, start, end, value, units.get(unit, unit) or ("%" if span.endswith("%") else text[end : end + 1])


def by_jionlp(text):
    import jionlp

    for result in jionlp.ner.extract_money(text, with_parsing=True) if hasattr(jionlp.ner, "extract_money") else []:
        number = result["detail"]["num"]
        low = number[0] if isinstance(number, list) else number
        start, end = result["offset"]
        yield result["text"], start, end, low, result["detail"]["case"]


def by_cn2an(text):
    import cn2an

    for match in re.finditer(r"[\d.,]+[百千万亿]*|[零一二三四五六七八九十百千万亿两]+", text):
        try:
            value = cn2an.cn2an(match[0].replace(",", ""), "smart")
        except ValueError:
            continue
        yield match[0], match.start(), match.end(), value, text[match.end() : match.end() + 1]


PEERS = {"recognizers": by_recognizers, "jionlp": by_jionlp, "cn2an": by_cn2an}


def main():
    peer = PEERS[sys.argv[1]]
    for article in json.load(sys.stdin)["articles"]:
        for span, start, end, value, unit in peer(article["clean"]):
            try:
                value = float(value)
            except (TypeError, ValueError):
                continue
            record = {"article": article["id"], "span": span, "start": start, "end": end, "value": value, "unit": unit}
            print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
