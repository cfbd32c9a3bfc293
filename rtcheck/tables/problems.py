"""What pydantic found wrong, in words and with places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rtcheck.document import Document, Loc, Place, closest
from rtcheck.tables.keys import DOI_PATTERN, ID_PATTERN

Model = TypeVar("Model", bound=BaseModel)

#: What a document holds besides text, numbers, true and false.
_KINDS: dict[type, str] = {list: "a list", dict: "a mapping of keys"}
#: Last step of the path of a key that is wrong itself.
_KEY = "[key]"
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "string_too_short": "some text",
    "too_short": "at least one item",
}
#: By pattern, an example for the reader.
_FORMS = {
    ID_PATTERN: "an id: letters, digits, dots, hyphens and underscores",
    DOI_PATTERN: "a DOI such as 10.1016/j.ijrobp.2009.07.1754",
}


def validated(model: type[Model], document: Document) -> Model | None:
    """The model of a document, or None and its problems noted in the document."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        note_all(error, model, document, lambda loc, key: document.place_of(loc, key=key))
        return None


def note_all(
    error: ValidationError, model: type[BaseModel], document: Document, place_of: Callable[[Loc, bool], Place]
) -> None:
    """Note what a model complained of, each problem at the place of its path (or of the key there)."""
    known = {Place(problem.line, problem.column) for problem in document.problems}
    for details in error.errors(include_url=False):
        is_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == (_KEY,)
        place = place_of(_loc(details, model), is_key)
        # An alias or another refused value is one problem, not a second one of the schema.
        if place not in known:
            document.note(place, _message(details, model))


def closest_or_all(word: str, known: Iterable[str]) -> str:
    """The nearest known word, or all of them."""
    words = list(known)
    return closest(word, words) or f"; known: {', '.join(words) or 'none'}"


def _loc(details: ErrorDetails, model: type[BaseModel]) -> Loc:
    """The path that is wrong: of an unknown key the key itself, of a missing one the mapping that should have it."""
    loc = _without_tags(model, details["loc"])
    if details["type"] == "union_tag_invalid":
        return (*loc, _key_of_kind(details))
    at = details.get("ctx", {}).get("at")
    if at is not None:
        return (*loc[:-1], at)
    return loc[:-1] if loc and loc[-1] == _KEY else loc


def _message(details: ErrorDetails, model: type[BaseModel]) -> str:
    """One problem in our words."""
    loc, kind, context = details["loc"], details["type"], details.get("ctx", {})
    key = next((str(step) for step in reversed(loc) if isinstance(step, str) and step != _KEY), "")
    if kind == "extra_forbidden":
        return f"unknown key {key!r}{closest_or_all(key, _keys_at(model, loc[:-1]))}"
    if kind == "union_tag_not_found":
        return f"the key {_key_of_kind(details)!r} is missing"
    if kind == "union_tag_invalid":
        kinds = [one.strip("' ") for one in context["expected_tags"].split(",")]
        named = context["tag"]
        return f"{_key_of_kind(details)}: no kind is called {named!r}{closest_or_all(named, kinds)}"
    if kind == "missing":
        citation = ", or 'source' with the key of one of the file's sources" if key == "citation" else ""
        return f"the key {key!r} is missing{citation}"
    key = str(context.get("at", key))
    return f"{key}: {_complaint(details, context)}" if key else _complaint(details, context)


def _complaint(details: ErrorDetails, context: Mapping[str, Any]) -> str:
    kind, value = details["type"], details["input"]
    if kind in ("value_error", "at_key"):
        return str(context["error"])
    if kind == "literal_error":
        return f"expected {context['expected']}, got {_shown(value)}"
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} doesn't have the form of {_FORMS[context['pattern']]}"
    if kind in _EXPECTED:
        quote = isinstance(value, int | float) and kind == "string_type"
        return f"expected {_EXPECTED[kind]}, got {_shown(value)}{'; write it in quotes' if quote else ''}"
    return f"{details['msg']}, got {_shown(value)}"


def _shown(value: object) -> str:
    """A value for the reader: short ones as they are, others by their kind."""
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else _KINDS[type(value)]


def _key_of_kind(details: ErrorDetails) -> str:
    """The key that tells which of several models a mapping is."""
    return str(details.get("ctx", {}).get("discriminator", "")).strip("'")


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that the schema knows at a path."""
    annotation: Any = model
    for step in loc:
        annotation, _ = _inside(annotation, step)
    return [field.alias or name for name, field in annotation.model_fields.items()] if _is_model(annotation) else []


def _without_tags(model: type[BaseModel], loc: Loc) -> Loc:
    """A path as the file has it: pydantic puts the name of the kind before what is inside one of several models."""
    annotation: Any = model
    kept: list[str | int] = []
    for step in loc:
        annotation, is_tag = _inside(annotation, step)
        if not is_tag:
            kept.append(step)
    return tuple(kept)


def _inside(annotation: Any, step: str | int) -> tuple[Any, bool]:
    """What the schema has under a step of a path, None where it says nothing; and whether the step names a kind."""
    if _is_model(annotation):
        field = next((f for name, f in annotation.model_fields.items() if (f.alias or name) == step), None)
        return (_without_none(field.annotation) if field else None), False
    several = [one for one in get_args(annotation) if _is_model(one)]
    for one in several if len(several) > 1 else ():
        if any(get_args(field.annotation) == (step,) for field in one.model_fields.values()):
            return one, True
    parts = get_args(annotation)
    return (_without_none(parts[-1]) if parts else None), False


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _without_none(annotation: Any) -> Any:
    """The type inside an optional or annotated one."""
    while not _is_model(annotation):
        inner = [part for part in get_args(annotation) if part is not NoneType]
        if hasattr(annotation, "__metadata__") or (NoneType in get_args(annotation) and len(inner) == 1):
            annotation = inner[0]
        else:
            break
    return annotation
