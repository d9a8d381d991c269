"""The list of figures that travels inside a .docx, and the check of a .docx against it and against a snapshot.

Hides the custom XML part (JSON in one element) and the reading of bookmarked text.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

from keqiao.engines.reports.document import Document
from keqiao.engines.reports.figures import Figure, aspect_value, format_aspect

NAMESPACE = "urn:keqiao:report-figures:1"
PART_NAME = "/customXml/item99.xml"  # the default template has an item1
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class NoManifest(ValueError):
    """The file is no .docx written by Keqiao, or the list of figures was removed."""


@dataclass(frozen=True)
class Verdict:
    """State of one figure: equal, edited (text differs from the list), changed (snapshot differs), broken (does not follow from its
    inputs), lost (bookmark gone) or unknown (the snapshot has no such figure)."""

    id: str
    name: str
    printed: str
    state: str
    reason: str


def add_manifest(file: Any, document: Document) -> None:
    """Put the figures of `document` into an open python-docx file."""
    body = json.dumps(manifest(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    root = etree.Element(f"{{{NAMESPACE}}}figures", nsmap={None: NAMESPACE})
    root.text = body
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    part = Part(PackURI(PART_NAME), "application/xml", blob, file.part.package)
    file.part.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_XML)


def manifest(document: Document) -> dict[str, object]:
    figures = []
    for figure in document.figures:
        entry = asdict(figure)
        entry["value"] = str(figure.value)
        entry["inputs"] = dict(figure.inputs)
        figures.append(entry)
    return {"title": document.title, "template": document.template, "figures": figures}


def read_manifest(data: bytes) -> dict[str, Any]:
    """The list of figures of a .docx. Raises NoManifest."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for name in archive.namelist():
                if name.startswith("customXml/") and name.endswith(".xml"):
                    root = etree.fromstring(
                        archive.read(name), etree.XMLParser(resolve_entities=False, no_network=True)
                    )
                    if root.tag == f"{{{NAMESPACE}}}figures":
                        found: dict[str, Any] = json.loads(root.text or "{}")
                        return found
    except zipfile.BadZipFile:
        raise NoManifest("R101 the file is no .docx") from None
    raise NoManifest(
        "R102 the file carries no list of figures: it was not written by Keqiao, or another program dropped the list"
    )


def bookmarked_text(data: bytes) -> dict[str, str]:
    """Text between each bookmark's start and end."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        body = etree.fromstring(
            archive.read("word/document.xml"), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        )
    open_names: dict[str, str] = {}
    texts: dict[str, str] = {}
    for element in body.iter():
        if element.tag == W + "bookmarkStart":
            open_names[element.get(W + "id")] = element.get(W + "name")
            texts.setdefault(element.get(W + "name"), "")
        elif element.tag == W + "bookmarkEnd":
            open_names.pop(element.get(W + "id"), None)
        elif element.tag == W + "t":
            for name in open_names.values():
                texts[name] += element.text or ""
    return texts


def verify(data: bytes, snapshot: Mapping[str, Figure] | None = None) -> list[Verdict]:
    """Check every listed figure: its text against the list, its number against its inputs and, when given, the snapshot.

    `snapshot` maps figure ids to figures. Raises NoManifest.
    """
    listed = read_manifest(data)["figures"]
    texts = bookmarked_text(data)
    return [_verify_one(entry, texts, snapshot) for entry in listed]


def _verify_one(entry: Mapping[str, Any], texts: Mapping[str, str], snapshot: Mapping[str, Figure] | None) -> Verdict:
    def verdict(state: str, reason: str) -> Verdict:
        return Verdict(str(entry["id"]), str(entry["name"]), str(entry["text"]), state, reason)

    if entry["id"] not in texts:
        return verdict("lost", "its bookmark was deleted from the text")
    if texts[entry["id"]].strip() != str(entry["text"]).strip():
        return verdict("edited", f"the text now says {texts[entry['id']]!r}")
    recorded = _from_inputs(entry)
    if aspect_value(recorded, entry["aspect"]) != Decimal(entry["value"]):
        return verdict("broken", "the recorded value does not follow from its inputs")
    printed = format_aspect(recorded, entry["aspect"])
    if printed is not None and printed not in str(entry["text"]) and "持平" not in str(entry["text"]):
        return verdict("broken", f"the inputs would print as {printed!r}")
    if snapshot is None:
        return verdict("equal", "follows from its recorded inputs")
    current = snapshot.get(str(entry["figure"])) or snapshot.get(str(entry["key"]))
    if current is None:
        return verdict("unknown", f"the snapshot has no figure {entry['figure']}")
    for name, value in entry["inputs"].items():
        now = aspect_value(current, name)
        if now is None or now != Decimal(value):
            return verdict("changed", f"{name} was {value}, the snapshot says {now}")
    return verdict("equal", "equals the snapshot")


def _from_inputs(entry: Mapping[str, Any]) -> Figure:
    inputs = {name: Decimal(value) for name, value in entry["inputs"].items()}
    rank = inputs.get("rank")
    return Figure(
        id=str(entry["figure"]), indicator="", name=str(entry["name"]), value=inputs.get("value"), unit=str(entry["base_unit"]),
        last_year=inputs.get("last_year"), target=inputs.get("target"), next_target=inputs.get("next_target"),
        rank=None if rank is None else int(rank), rank_scope="-", decimals=entry.get("decimals"),
    )  # fmt: skip
