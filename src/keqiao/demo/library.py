"""The policy library: documents and their clauses, as written."""

from keqiao.demo.world import CITY, World, yuan

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
    policies, clauses = [], []
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
    world.add("policy", policies)
    world.add("policy_clause", clauses)
