"""A small pack written into a folder: two grains' worth of trouble in thirty lines."""

from pathlib import Path

FACTS = """\
grain: enterprise
name: 企业
identity: uscc
facts:
  uscc: {name: 信用代码, kind: text}
  founded_on: {name: 成立日期, kind: date}
  revenue: {name: 销售收入, kind: money, period: year, history: 2, aliases: [营业收入], lever: {direction: raise, step: 1万元, cost: 5, most: 3000万元}}
  rd: {name: 研发费用, kind: money, lever: {direction: raise, step: 1万元, cost: 1, most: 200万元}}
  staff: {name: 职工总数, kind: integer, unit: 人}
  rd_staff: {name: 科技人员数, kind: integer, unit: 人, lever: {direction: raise, step: 1人, cost: 150000, most: 12人}}
  patents: {name: 专利数, kind: integer, unit: 件, lever: {direction: raise, step: 1件, cost: 20000, most: 8件}}
  titles: {name: 资质, kind: set}
  has_accident: {name: 有事故, kind: bool}
  review: {name: 专家评分, kind: integer, unit: 分, source: expert}
derived:
  rd_share: {name: 研发占比, kind: share, from: 研发费用 / 销售收入}
"""
RULE = """\
id: demo.award
name: 示例奖励
grain: enterprise
kind: policy
basis: {document: 示例文件}
verified: true
valid_from: 2025-01-01
valid_until: 2027-01-01
parameters:
  强度下限:
    versions:
      - {valid_from: 2025-01-01, valid_until: 2026-01-01, value: 3%}
      - {valid_from: 2026-01-01, value: 5%}
  人员下限: {value: 10%}
require:
  - {key: age, name: 满一年, when: 'days(成立日期, 基准日) >= 365天', waits: true}
  - {key: rd, name: 研发强度, when: 研发占比 >= 强度下限, lever: 研发费用}
  - {key: people, name: 科技人员, when: 科技人员数 / 职工总数 >= 人员下限, lever: {fact: 科技人员数, also: 职工总数}}
  - any:
      - {key: patents, name: 专利, when: 专利数 >= 3件, lever: 专利数}
      - {key: title, name: 称号, when: '"高企" in 资质'}
  - none:
      - {key: accident, name: 有事故, when: 有事故}
score:
  pass: ">= 6"
  parts:
    - {key: a, name: 一, most: 8, items: [{key: p, name: 专利分, most: 6, of: 专利数, lever: 专利数, expert: 专家评分, bands: [[">= 5件", 5, 6], [">= 2件", 3, 4], [else, 0, 2]]}, {key: t, name: 称号分, most: 4, cases: [['"高企" in 资质', 4], [else, 1]]}]}
amount: {value: 研发费用 * 10%, ceiling: 20万元}
"""


def write_pack(folder: Path, rule: str = RULE, facts: str = FACTS, **others: str) -> Path:
    """`others`: further files by name, `__` for a slash."""
    files = {"pack.yaml": "key: small\nname: 小包\n", "facts/enterprise.yaml": facts, "policies/award.yaml": rule}
    files |= {name.replace("__", "/") + ".yaml": text for name, text in others.items()}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
