"""The API's description (OpenAPI 3.1), written from the declarations: one typed set of paths per register, ledgers included."""

import re
from typing import Any

from keqiao.core import access
from keqiao.core.records import actions, filters
from keqiao.core.records.declare import Register, all_registers
from keqiao.core.records.fields import Field
from keqiao.core.records.listing import Listing

Schema = dict[str, Any]
TEXTS = frozenset({"text", "long_text", "url", "date", "datetime", "choice", "reference", "org_unit"})
AMOUNTS = frozenset({"decimal", "money", "percent"})
ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}


# values


def has_type(one: Field, value: Any) -> bool:
    """Whether a JSON value has the type this field takes (null clears)."""
    if value is None:
        return True
    if one.kind in TEXTS:
        return isinstance(value, str) and is_storable(value)
    if one.kind in {"integer", "year"}:
        return isinstance(value, int) and not isinstance(value, bool)
    if one.kind in AMOUNTS:
        return (isinstance(value, int | float) and not isinstance(value, bool)) or (
            isinstance(value, str) and is_storable(value)
        )
    if one.kind == "bool":
        return isinstance(value, bool)
    return isinstance(value, list) and all(isinstance(part, str) and is_storable(part) for part in value)


def is_storable(text: str) -> bool:
    """No NUL and no half of a surrogate pair: databases refuse them."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def type_names(one: Field) -> str:
    schema = value_schema(one, required=True)
    kind = schema.get("type", "")
    return "、".join(kind) if isinstance(kind, list) else str(kind)


def value_schema(one: Field, *, required: bool) -> Schema:
    """The JSON Schema of a field's value as it may be sent; what a schema can't say (check digits, references that exist) answers 422."""
    schema: Schema = {"title": str(one.label)}
    if one.help:
        schema["description"] = str(one.help)
    kind: Any = "string"
    if one.kind in {"integer", "year"}:
        kind = "integer"
        low, high = (1900, 2200) if one.kind == "year" else (None, None)
        schema |= {
            k: int(v)
            for k, v in (
                ("minimum", one.minimum if one.minimum is not None else low),
                ("maximum", one.maximum if one.maximum is not None else high),
            )
            if v is not None
        }
    elif one.kind in AMOUNTS:
        kind = ["string", "number"]
        whole, after = one.digits - one.decimals, max(one.decimals, 1)
        schema["pattern"] = rf"^\s*-?\d{{1,{whole}}}(\.\d{{1,{after}}})?\s*%?$"
        schema |= {k: float(v) for k, v in (("minimum", one.minimum), ("maximum", one.maximum)) if v is not None}
    elif one.kind == "bool":
        kind = "boolean"
    elif one.kind == "choices":
        kind = "array"
        schema["items"] = (
            {"type": "string", "enum": [code for code, _label in one.choices]} if one.choices else {"type": "string"}
        )
    elif one.kind == "choice" and one.choices:
        schema["enum"] = [code for code, _label in one.choices] + ([] if required else [None])
        schema["x-labels"] = {code: str(label) for code, label in one.choices}
    elif one.kind == "date":
        schema["format"] = "date"
    elif one.kind == "datetime":
        schema["format"] = "date-time"
    elif one.max_length:
        schema["maxLength"] = one.max_length
    if required and kind == "string":
        schema["minLength"] = 1
    if not required:
        kind = [*kind, "null"] if isinstance(kind, list) else [kind, "null"]
    schema["type"] = kind
    for name, value in (
        ("x-personal", one.personal),
        ("x-unit", str(one.measure_unit)),
        ("x-reference", one.reference.register if one.reference else ""),
    ):
        if value:
            schema[name] = value
    return schema


def read_schema(one: Field) -> Schema:
    """A value as it is given: amounts as exact texts, anything possibly empty or masked."""
    schema: Schema = {"title": str(one.label)}
    by_kind = {"integer": "integer", "year": "integer", "bool": "boolean", "choices": "array"}
    schema["type"] = [by_kind.get(one.kind, "string"), "null"]
    if one.kind == "reference":
        schema["type"] = ["string", "integer", "null"]
    if one.kind == "choices":
        schema["items"] = {"type": "string"}
    return schema


def described(user: Any, register: Register) -> Schema:
    """A register and the fields its caller may see."""
    sight = access.lens(user, register)
    fields = []
    for one in register.fields.values():
        if sight.may_see_column(one):
            fields.append(
                {
                    "name": one.name,
                    "kind": one.kind,
                    "required": one.required,
                    "read_only": one.read_only,
                    **value_schema(one, required=one.required),
                }
            )
    return {
        "key": register.key,
        "label": str(register.verbose_name),
        "identity": list(register.identity),
        "needs_review": register.needs_review,
        "fields": fields,
    }


# paths


def document(user: Any) -> Schema:
    registers = [register for register in all_registers() if access.may(user, "view", register)]
    paths: Schema = dict(_fixed_paths())
    schemas: Schema = dict(SCHEMAS)
    for register in registers:
        name = re.sub(r"[^A-Za-z0-9]+", " ", register.key).title().replace(" ", "")
        schemas |= _schemas(user, register, name)
        paths |= _paths(user, register, name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Keqiao 科桥",
            "version": "1",
            "description": "Registers, search, jobs. Errors are application/problem+json (RFC 9457).",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {"session": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sessionid",
                    "description": "Writes also need X-CSRFToken.",
                },
            },
        },
    }


def _schemas(user: Any, register: Register, name: str) -> Schema:
    sight = access.lens(user, register)
    writable = [register.fields[n] for n in actions.editable(register)]
    required = [one.name for one in writable if one.required and one.default is None]
    new = {one.name: value_schema(one, required=one.required and one.default is None) for one in writable}
    reason = {"type": "string", "maxLength": 500, "description": "kept in the audit trail"}
    readable = {n: read_schema(one) for n, one in register.fields.items() if sight.may_see_column(one)}
    envelope = {"type": "object", "additionalProperties": False, "required": ["values"]}
    return {
        f"{name}New": {
            **envelope,
            "properties": {
                "values": {"type": "object", "additionalProperties": False, "properties": new, "required": required},
                "reason": reason,
                "draft": {"type": "boolean"},
            },
        },
        f"{name}Change": {
            **envelope,
            "properties": {
                "values": {"type": "object", "additionalProperties": False, "properties": new},
                "reason": reason,
                "draft": {"type": "boolean"},
            },
        },
        f"{name}": {
            "type": "object",
            "required": ["id", "register", "title", "edition", "updated_at", "values", "masked"],
            "properties": {
                "id": ID,
                "register": {"const": register.key},
                "title": {"type": "string"},
                "edition": {"type": "integer"},
                "review_state": {"type": "string"},
                "updated_at": {"type": "string", "format": "date-time"},
                "values": {"type": "object", "properties": readable},
                "masked": {"type": "array", "items": {"type": "string"}},
            },
        },
        f"{name}Page": {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": {"type": "array", "items": _ref(name)}, "next": {"type": ["string", "null"]}},
        },
    }


def _paths(user: Any, register: Register, name: str) -> Schema:
    base, label = f"/registers/{register.key}", str(register.verbose_name)
    tag: dict[str, Any] = {"tags": [label]}
    pk = {"name": "id", "in": "path", "required": True, "schema": ID}
    filtered = _filter_parameters(user, register)
    match = {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string"},
        "description": "the ETag that was read; 412 when somebody saved since",
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }
    row = _answer(_ref(name))
    job = _answer(_ref("Job"))
    spread = {"xlsx": excel_type(), "csv": "text/csv"}
    return {
        f"{base}/records": {
            "get": {
                **tag,
                "operationId": f"list{name}",
                "summary": f"列出{label}",
                "parameters": [*filtered, *_paging()],
                "responses": {"200": _answer(_ref(f"{name}Page")), **errors(400, 401, 403, 422)},
            },
            "post": {
                **tag,
                "operationId": f"create{name}",
                "summary": f"新增{label}",
                "parameters": [key],
                "requestBody": _body(_ref(f"{name}New")),
                "responses": {"201": row, **errors(400, 401, 403, 422)},
            },
        },
        f"{base}/records/{{id}}": {
            "get": {
                **tag,
                "operationId": f"get{name}",
                "summary": f"读取{label}",
                "parameters": [pk],
                "responses": {"200": row, "304": {"description": "unchanged"}, **errors(401, 403, 404)},
            },
            "patch": {
                **tag,
                "operationId": f"change{name}",
                "summary": f"修改{label}",
                "parameters": [pk, match],
                "requestBody": _body(_ref(f"{name}Change")),
                "responses": {"200": row, **errors(400, 401, 403, 404, 409, 412, 422)},
            },
            "delete": {
                **tag,
                "operationId": f"remove{name}",
                "summary": f"删除{label}",
                "parameters": [pk, match],
                "responses": {"204": {"description": "removed"}, **errors(401, 403, 404, 409, 412)},
            },
        },
        f"{base}/records/{{id}}/moves": {
            "post": {
                **tag,
                "operationId": f"move{name}",
                "summary": f"审核{label}",
                "parameters": [pk, key],
                "requestBody": _body(_ref("Move")),
                "responses": {"200": row, **errors(400, 401, 403, 404, 422)},
            }
        },
        f"{base}/imports": {
            "post": {
                **tag,
                "operationId": f"import{name}",
                "summary": f"导入{label}",
                "parameters": [key],
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _ref("Import")}}},
                "responses": {"202": job, **errors(400, 401, 403, 422)},
            }
        },
        f"{base}/template.xlsx": {
            "get": {
                **tag,
                "operationId": f"template{name}",
                "responses": {"200": _file(excel_type()), **errors(401, 403)},
            }
        },
    } | {
        f"{base}/export.{kind}": {
            "get": {
                **tag,
                "operationId": f"export{kind.title()}{name}",
                "parameters": filtered,
                "responses": {"200": _file(media), "202": job, **errors(400, 401, 403, 422)},
            }
        }
        for kind, media in spread.items()
    }


def excel_type() -> str:
    return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(schema: Schema) -> Schema:
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _file(media: str) -> Schema:
    return {"description": "a file", "content": {media: {"schema": {"type": "string", "format": "binary"}}}}


TITLES = {
    400: "bad request",
    401: "not signed in",
    403: "forbidden",
    404: "not found",
    409: "conflict",
    412: "changed since",
    422: "invalid",
    429: "too many calls",
}


def errors(*codes: int) -> Schema:
    return {
        str(code): {
            "description": TITLES[code],
            "content": {"application/problem+json": {"schema": _ref("ProblemDocument")}},
        }
        for code in (*codes, 429)
    }


def _paging() -> list[Schema]:
    return [
        {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "`next` of the page before"},
        {"name": "per_page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
    ]


def _filter_parameters(user: Any, register: Register) -> list[Schema]:
    """All filters the caller may use, by the names that `Listing` reads."""
    listing = Listing(register, user)
    sight = listing.sight
    found = [
        {"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 200}, "description": "full text"},
        {
            "name": "sort",
            "in": "query",
            "schema": {
                "type": "string",
                "enum": [
                    sign + n for n, one in listing.available.items() if listing.may_sort(one) for sign in ("", "-")
                ],
            },
        },
        {
            "name": "columns",
            "in": "query",
            "schema": {"type": "string"},
            "description": "names of fields, separated by commas",
        },
        {"name": "ids", "in": "query", "schema": {"type": "string", "pattern": r"^\d{1,18}(,\d{1,18})*$"}},
    ]
    for one in [*register.fields.values(), *filters.COMMON.values()]:
        if sight.may_filter(one):
            found += _parameters_of(one)
    return found


def _parameters_of(one: Field) -> list[Schema]:
    name = filters.parameter_of(one)

    def parameter(suffix: str, schema: Schema) -> Schema:
        return {"name": f"{name}{suffix}", "in": "query", "schema": schema, "description": str(one.label)}

    found = [parameter("", {"type": "string"}), parameter(".blank", {"type": "boolean"})]
    if one.kind in filters.RANGED:
        found += [parameter(".min", {"type": "number"}), parameter(".max", {"type": "number"})]
    if one.kind in filters.DATED:
        found += [
            parameter(".from", {"type": "string", "format": "date"}),
            parameter(".to", {"type": "string", "format": "date"}),
        ]
    return found


SCHEMAS: Schema = {
    "Problem": {
        "type": "object",
        "required": ["code", "reason"],
        "properties": {name: {"type": "string"} for name in ("code", "reason", "remedy", "field", "label", "value")}
        | {"row": {"type": ["integer", "null"]}},
    },
    "ProblemDocument": {
        "type": "object",
        "required": ["type", "title", "status", "problems"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
    },
    "Job": {
        "type": "object",
        "required": ["id", "kind", "title", "stage", "progress", "result", "error"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "kind": {"type": "string"},
            "title": {"type": "string"},
            "stage": {"enum": ["waiting", "running", "done", "failed", "cancelled"]},
            "progress": {"type": "object"},
            "result": {"type": ["object", "null"]},
            "error": {"type": "string"},
        },
    },
    "Move": {
        "type": "object",
        "additionalProperties": False,
        "required": ["move"],
        "properties": {"move": {"enum": list(actions.MOVES)}, "note": {"type": "string", "maxLength": 500}},
    },
    "Import": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "dry_run": {"type": "boolean", "default": True},
            "good_rows_only": {"type": "boolean", "default": False},
        },
    },
}


def _fixed_paths() -> Schema:
    uuid = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    whole = {"type": "object"}
    searched = [
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
        {
            "name": "in",
            "in": "query",
            "schema": {"type": "string"},
            "description": "keys of registers, separated by commas",
        },
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 6}},
    ]
    return {
        "/registers": {"get": {"operationId": "registers", "responses": {"200": _answer(whole), **errors(401)}}},
        "/search": {
            "get": {
                "operationId": "search",
                "parameters": searched,
                "responses": {"200": _answer(whole), **errors(401, 422)},
            }
        },
        "/me": {"get": {"operationId": "me", "responses": {"200": _answer(whole), **errors(401)}}},
        "/jobs/{id}": {
            "get": {
                "operationId": "job",
                "parameters": [uuid],
                "responses": {"200": _answer(_ref("Job")), **errors(401, 404)},
            }
        },
        "/files/{id}": {
            "get": {
                "operationId": "file",
                "parameters": [uuid],
                "responses": {"200": _file("application/octet-stream"), **errors(401, 404)},
            }
        },
    }
