"""The calls in skills, and what their texts say about the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_CALL = re.compile(r"^```json\n(.+)\n```$", re.MULTILINE)
_SENTENCE = re.compile(r"In\s+the\s+answer:(.*?)\.(?=\s|$)", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class SkillCall:
    """A call in a skill.

    Attributes:
        tool: The name of the tool.
        arguments: Its arguments; `<field>` is the value of that field in the answer before.
        expected: What the text before says that the answer has.
    """

    tool: str
    arguments: dict[str, Any]
    expected: tuple[str, ...]

    def fill_arguments(self, previous: str) -> dict[str, Any]:
        """Return the arguments with values of the answer before."""
        filled = {}
        for name, value in self.arguments.items():
            found = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
            filled[name] = _find_value(found[1], previous) if found else value
        return filled


def find_calls(body: str) -> Iterator[SkillCall]:
    """Yield the calls of a skill, in order."""
    start = 0
    for found in _CALL.finditer(body):
        call = json.loads(found[1])
        assert set(call) == {"name", "arguments"}
        sentences = _SENTENCE.findall(body[start : found.start()])
        expected = tuple(word for sentence in sentences for word in _CODE.findall(sentence))
        yield SkillCall(call["name"], call["arguments"], expected)
        start = found.end()


def find_code(body: str) -> set[str]:
    """Return the texts in backticks outside of calls."""
    return set(_CODE.findall(_CALL.sub("", body)))


def _find_value(field: str, answer: str) -> str:
    found = re.search(rf"^{field}: (\S+)$", answer, re.MULTILINE)
    assert found, f"the answer before has no {field}: {answer}"
    return found[1]
