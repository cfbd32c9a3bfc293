"""What data files may say as JSON Schema, for completion and explanations in editors.

The schemas know forms, not meanings: that a limit has its metric's unit, that a source exists, that ids are unique are
told by the readers alone. Whatever a reader accepts fits its schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from rtcheck.errors import UsageError
from rtcheck.tables.problems import closest_or_all
from rtcheck.tables.schema import CasesFile, ProtocolFile, SiteFile, TableFile
from rtcheck.tables.sheet_schema import SheetFile
from rtcheck.tables.tuning import TuningFile

JsonObject = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: Mapping[str, type[BaseModel]] = {
    "table": TableFile,
    "protocol": ProtocolFile,
    "site": SiteFile,
    "cases": CasesFile,
    "case": SheetFile,
    "checks": TuningFile,
}
_TITLES: Mapping[str, str] = {
    "table": "Constraint table of rtcheck",
    "protocol": "Protocol of rtcheck",
    "site": "Site of rtcheck",
    "cases": "Cases of a constraint table of rtcheck",
    "case": "Case sheet of rtcheck",
    "checks": "Tuning of the plan checks of rtcheck",
    "names": "Names of organs for rtcheck",
}
KINDS: tuple[str, ...] = tuple(_TITLES)


def json_schema(kind: str) -> JsonObject:
    """The JSON Schema (2020-12) of a kind of data file.

    Parameters
    ----------
    kind : str
        One of `KINDS`: ``table``, ``protocol``, ``site``, ``cases``, ``case``, ``checks`` or ``names``.

    Raises
    ------
    UsageError
        For another kind.
    """
    if kind not in KINDS:
        raise UsageError(f"no kind of data file is called {kind!r}{closest_or_all(kind, KINDS)}")
    head = {"$schema": _DIALECT, "$id": f"urn:rtcheck:constraints:{kind}:1", "title": _TITLES[kind]}
    if kind not in _MODELS:
        return head | _names()
    body = _MODELS[kind].model_json_schema(schema_generator=_Schema)
    if kind == "table":
        body["anyOf"] = [{"required": ["rows"]}, {"required": ["extends"]}]
    return {**head, **_terse(body)}


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write the schema of every kind of data file to ``<kind>.json`` in a folder; the files written."""
    paths = []
    for kind in KINDS:
        path = folder / f"{kind}.json"
        path.write_text(schema_text(kind), encoding="utf-8", newline="\n")
        paths.append(path)
    return tuple(paths)


def schema_text(kind: str) -> str:
    """The text of a schema's file; errors as of `json_schema`."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


class _Schema(GenerateJsonSchema):
    """Without titles that only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's signature
        return False


def _terse(value: Any) -> Any:
    """A schema without names of classes, and without defaults that say nothing."""
    if isinstance(value, list):
        return [_terse(part) for part in value]
    if not isinstance(value, dict):
        return value
    is_schema = "type" in value or "anyOf" in value or "$ref" in value or "enum" in value
    needless: dict[str, type] = {"title": str, "default": type(None)}
    return {
        key: _terse(part)
        for key, part in value.items()
        if not (is_schema and key in needless and isinstance(part, needless[key]))
    }


def _texts(description: str, **more: object) -> JsonObject:
    return {"type": ["string", "array", "null"], "items": {"type": "string"}, "description": description, **more}


def _text(description: str) -> JsonObject:
    return {"type": ["string", "null"], "description": description}


def _names() -> JsonObject:
    """Names are read without a model, so that they can be read without pydantic."""
    words = {
        "left": _texts("Words that make a left one of a name."),
        "right": _texts("Words that make a right one of a name."),
        "both": _texts("Words that make both together of a name."),
    }
    entry = {
        "sided": {
            "type": ["boolean", "null"],
            "description": "true for an organ of which there are a left and a right one.",
        },
        "both": _text("Name of the two together; its own where the name without a side means both."),
        "part_of": _text("The organ that a limit on this structure is about."),
        "union_of": _texts("What it is the union of.", examples=[["Lung_L", "Lung_R"]]),
    }
    return {
        "description": "Names of organs: TG-263 names, and what clinics call them.",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "names"],
        "properties": {
            "schema": {"const": 1, "description": "Version of the form of the file: 1."},
            "sides": {
                "type": ["object", "null"],
                "description": "By language: words that make a left or right one, or both, of a name.",
                "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": False,
                    "properties": words,
                },
            },
            "names": {
                "type": ["object", "null"],
                "description": "By TG-263 name (of a paired organ without its side): what clinics call it.",
                "additionalProperties": {
                    "type": ["object", "null"],
                    "properties": entry,
                    "additionalProperties": _texts(
                        "Other names in the language of this key (en, de ...), without a side."
                    ),
                },
            },
        },
    }
