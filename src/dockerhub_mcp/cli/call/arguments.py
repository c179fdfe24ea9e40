"""The arguments of a tool as options of the command line; both follow from its schema alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool.

    Attributes:
        name: As an agent names it.
        schema: Its part of the input schema.
        required: Whether there is no call without it.
    """

    name: str
    schema: Mapping[str, Any]
    required: bool = False

    @property
    def flag(self) -> str:
        """The option as a person writes it."""
        return f"--{key_of(self.name)}"

    @property
    def kind(self) -> str:
        """The type: string, integer, number, boolean, array or object."""
        return str(self.schema.get("type", "string"))

    @property
    def is_switch(self) -> bool:
        """Whether it may stand without a value."""
        return self.kind == "boolean"

    @property
    def is_secret(self) -> bool:
        """Whether its value must not be seen by others."""
        return bool(self.schema.get("writeOnly"))

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that there are, where there are only some."""
        items = self.schema.get("items", {})
        return tuple(map(str, self.schema.get("enum") or items.get("enum") or ()))

    @property
    def metavar(self) -> str:
        """What its value is called: the choices, or the type."""
        if self.choices:
            return "|".join(self.choices) + (",..." if self.kind == "array" else "")
        if self.kind == "array":
            return "A,B" if self._has_texts else "JSON"
        if self.schema.get("format") == "date-time":
            return "TIME"
        return {"integer": "N", "number": "N", "object": "JSON", "boolean": ""}.get(self.kind, "TEXT")

    @property
    def _has_texts(self) -> bool:
        return bool(self.schema.get("items", {}).get("type", "string") == "string")

    def value(self, texts: Sequence[str]) -> Any:
        """Make the value of what was written, once or several times.

        What does not fit stays as it was written: the tool then says what is wrong, as it does to an agent.
        """
        if self.kind == "array":
            return [item for text in texts for item in self._items(text)]
        text = texts[-1]
        if self.kind == "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        if self.kind in {"integer", "number"}:
            return _number(text)
        return _json(text, dict, text) if self.kind == "object" else text

    def _items(self, text: str) -> list[Any]:
        opened = _json(text, list, None)
        if not self._has_texts:
            return [_json(text, dict, text)] if opened is None else list(opened)
        if opened is not None and all(isinstance(item, str) for item in opened):
            return list(opened)
        return [part.strip() for part in text.split(",") if part.strip()] or [text]


def arguments_of(schema: Mapping[str, Any]) -> dict[str, Argument]:
    """Return the arguments of an input schema by the keys of their options, in its order."""
    required = schema.get("required", ())
    return {
        key_of(name): Argument(name, part, name in required) for name, part in schema["properties"].items()
    }


def words_of(schema: Mapping[str, Any]) -> list[Argument]:
    """Return the arguments that may be given as plain words, in order.

    These are the required ones. A namespace is none of them where there are others: it stands in a reference
    such as namespace/repository. Where nothing is required, a namespace is what a person names first.
    """
    arguments = arguments_of(schema)
    required = [arguments[key_of(name)] for name in schema.get("required", ())]
    others = [argument for argument in required if argument.name != "namespace"]
    if others or required:
        return others or required
    return [arguments["namespace"]] if "namespace" in arguments else []


def key_of(name: str) -> str:
    """Return what the spellings of an option have in common: page-size for page_size and pageSize."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _json(text: str, kind: type, otherwise: Any) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return otherwise
    return value if isinstance(value, kind) else otherwise
