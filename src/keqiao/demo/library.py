"""The policy library: documents and their clauses, as written."""

import datetime

from keqiao.demo.world import CITY, Row, World, yuan

COUNTY_OF = {
    "青溪": "390181",
    "兰浦": "390182",
    "江湾": "390103",
    "云塘": "390102",
    "望海": "390104",
    "云峤": "390121",
    "东洲高新": "390100",
}


def make(world: World) -> None:
    policies: list[Row] = []
    clauses: list[Row] = []
    for raw in world.material.policies:
        unit = next((code for name, code in COUNTY_OF.items() if raw["issuer"].startswith(name)), CITY)
        # National and provincial documents lie in the city's own library: that is where its officers look.
        row = {
            key: raw[key]
            for key in (
                "document_number",
                "name",
                "issuer",
                "level",
                "topics",
                "issued_on",
                "valid_from",
                "valid_until",
                "summary",
            )
        }
        text = "\n".join(f"{clause['number']}（{clause['name']}）{clause['text']}" for clause in raw["clauses"])
        policies.append(row | {"org_unit": unit, "full_text": text, "department": "政策法规科"})
        for clause in raw["clauses"]:
            limit = clause["limit_wan"]
            clauses.append(
                {
                    "policy": raw["document_number"],
                    "number": clause["number"],
                    "name": clause["name"],
                    "text": clause["text"],
                    "support_limit": yuan(limit) if limit else None,
                }
            )
    catalogue, articles = _catalogue(world)
    policies.append(catalogue)
    clauses += articles
    world.add("policy", policies)
    world.add("policy_clause", clauses)


def _catalogue(world: World) -> tuple[Row, list[Row]]:
    """The document that the rules of packs/demo/policies cite: one clause to a rule, so that a clause leads to its check."""
    rules = world.material.rules
    number = "东科发〔2024〕60号"
    clauses = [
        {
            "policy": number,
            "number": rule["basis"][0]["article"],
            "name": rule["name"],
            "text": _article(rule),
            "rule_key": rule["id"],
        }
        for rule in rules
    ]
    document = {
        "document_number": number,
        "name": rules[0]["basis"][0]["document"],
        "issuer": "东洲市科学技术局",
        "level": "city",
        "topics": ["enterprise", "rd", "transfer", "ip", "finance", "platform", "talent"],
        "issued_on": datetime.date(2024, 12, 20),
        "valid_from": min(rule["valid_from"] for rule in rules),
        "valid_until": max((rule["valid_until"] for rule in rules if rule.get("valid_until")), default=None),
        "summary": f"全市科技奖补的兑现目录，共{len(rules)}条；系统按每条的条件为企业逐项核对。",
        "full_text": "\n".join(f"{clause['number']}（{clause['name']}）{clause['text']}" for clause in clauses),
        "org_unit": CITY,
        "department": "政策法规科",
    }
    return document, clauses


def _article(rule: Row) -> str:
    """What a rule says, in words: its summary, conditions and figures."""
    conditions = "；".join(one["name"] for one in rule.get("require", ()))
    figures = "，".join(f"{name}{one['value']}" for name, one in rule.get("parameters", {}).items())
    parts = [
        str(rule.get("summary") or rule["name"]),
        f"条件：{conditions}。" if conditions else "",
        f"标准：{figures}。" if figures else "",
    ]
    return "".join(parts)
