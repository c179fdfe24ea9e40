"""Read YAML as nodes with line numbers, within limits: no alias is expanded, and no object is created.

An alias is the same node as its anchor, so that a text of nested aliases takes no more memory than it has
characters. Those that walk the nodes must visit each only once, see `VisitedNodes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from dockerhub_mcp.tools.image_sources.model import SourceError

if TYPE_CHECKING:
    from yaml.error import Mark, YAMLError
    from yaml.events import Event

MAX_NODES = 100_000
"""The most nodes of a text; a file of 256 KiB has about 30,000."""
MAX_DEPTH = 100
MAX_MERGES = 32
"""The most mappings that one mapping merges, those of merged mappings included."""
_NULL_VALUES = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_DUPLICATES = 5
_ADVICE = {
    "<block end>": "its indentation does not fit the lines above; correct it",
    "mapping values are not allowed": "a ':' is not allowed here; quote the value, or correct the indent",
    "could not find expected ':'": "a ':' is missing here or on the line above; add it",
}
"""What to do about the usual problems, by a part of the parser's words."""


@dataclass(eq=False, slots=True)
class ScalarNode:
    """A scalar.

    Attributes:
        value: Its text.
        line: Its line, from 1.
        is_plain: Whether it is without quotes.
        is_literal: Whether it is a literal block (`|`): its lines are those of the text.
    """

    value: str
    line: int
    is_plain: bool = True
    is_literal: bool = False

    @property
    def is_null(self) -> bool:
        """Whether it is the null value."""
        return self.is_plain and self.value in _NULL_VALUES


@dataclass(eq=False, slots=True)
class SequenceNode:
    """A sequence."""

    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class MappingNode:
    """A mapping; `pairs` are in the order of the text, keys that are no scalars are left out."""

    line: int
    pairs: list[tuple[ScalarNode, Node]] = field(default_factory=list)
    _values: dict[str, Node] | None = None
    _merged: list[MappingNode] = field(default_factory=list)

    def find(self, name: str) -> Node | None:
        """Return the value of a key, its own or that of a merge (`<<`); None without one, or with null."""
        for mapping in self.iterate_merged():
            if (value := mapping.values.get(name)) is not None:
                return None if isinstance(value, ScalarNode) and value.is_null else value
        return None

    def find_scalar(self, name: str) -> ScalarNode | None:
        """Return the value of a key if it is a scalar."""
        value = self.find(name)
        return value if isinstance(value, ScalarNode) else None

    def find_mapping(self, name: str) -> MappingNode | None:
        """Return the value of a key if it is a mapping."""
        value = self.find(name)
        return value if isinstance(value, MappingNode) else None

    def find_items(self, name: str) -> list[Node]:
        """Return the items of the sequence of a key; none if it is no sequence."""
        value = self.find(name)
        return value.items if isinstance(value, SequenceNode) else []

    @property
    def values(self) -> dict[str, Node]:
        """The values by key, without those of merges; of a key that occurs twice, the last value."""
        self._build_index()
        return self._values or {}

    def _build_index(self) -> None:
        """Build the dictionary once: aliases may lead to a large mapping very often."""
        if self._values is not None:
            return
        self._values = {}
        for key, value in self.pairs:
            if key.value == "<<" and key.is_plain:
                nodes = value.items if isinstance(value, SequenceNode) else [value]
                room = MAX_MERGES - len(self._merged)
                self._merged += [node for node in nodes[:room] if isinstance(node, MappingNode)]
            else:
                self._values[key.value] = value

    def iterate_merged(self) -> Iterator[MappingNode]:
        """Yield the mapping and those that it merges, the first of which has precedence, each once."""
        visited, waiting = {id(self)}, [self]
        while waiting and len(visited) <= MAX_MERGES:
            mapping = waiting.pop()
            yield mapping
            mapping._build_index()  # noqa: SLF001 - of the same class
            for node in reversed(mapping._merged):  # noqa: SLF001
                if id(node) not in visited:
                    visited.add(id(node))
                    waiting.append(node)


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


@dataclass(slots=True)
class VisitedNodes:
    """The nodes that a walk has visited."""

    _ids: set[int] = field(default_factory=set)

    def add(self, node: Node) -> bool:
        """Add a node; return False if it was visited before."""
        if id(node) in self._ids:
            return False
        self._ids.add(id(node))
        return True


@dataclass(slots=True)
class YAMLText:
    """The documents of a text.

    Attributes:
        documents: The root nodes.
        duplicates: Keys that occur twice in a mapping, with their lines: the first few.
        has_complex_keys: Whether a key is no scalar, as `{{ ... }}` of a template is to YAML.
    """

    documents: list[Node] = field(default_factory=list)
    duplicates: list[tuple[str, int]] = field(default_factory=list)
    has_complex_keys: bool = False


def read_yaml(text: str) -> YAMLText:
    """Return the documents of a text.

    Raises:
        SourceError: It is not YAML, or exceeds a limit; the message names the line.
    """
    import yaml  # noqa: PLC0415 - only one tool needs it

    if found := _NOT_PRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        msg = f"line {line} has the character U+{ord(found[0]):04X}, which YAML does not allow; remove it"
        raise SourceError(msg)
    composer = _Composer()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            composer.add(event)
    except yaml.YAMLError as error:
        raise SourceError(_describe_error(error)) from None
    return composer.text


def _describe_error(error: YAMLError) -> str:
    """Return what is wrong on which line, without the line itself, which may hold a secret."""
    from yaml.error import MarkedYAMLError  # noqa: PLC0415

    mark: Mark | None = None
    problem = "it is not YAML"
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        problem = re.sub(r"'[^']{30,}'", "'...'", str(error.problem or problem))[:120]
    line = f"line {mark.line + 1}: " if mark else ""
    if "'\\t'" in problem:
        return f"{line}YAML allows no tab here; indent with spaces"
    for part, advice in _ADVICE.items():
        if part in problem:
            return f"{line}{advice}"
    return f"{line}{problem}; correct the YAML around this line, or pass the references in `images`"


class _Composer:
    """Builds nodes from events, without recursion."""

    def __init__(self) -> None:
        self.text = YAMLText()
        self._stack: list[SequenceNode | MappingNode] = []
        self._keys: list[ScalarNode | None] = []
        self._waits_for_value: list[bool] = []
        self._names: list[set[str]] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def add(self, event: Event) -> None:
        """Add one event of the parser."""
        import yaml  # noqa: PLC0415

        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            anchor = event.anchor or ""
            node = self._anchors.get(anchor)
            if node is None:
                msg = f"line {line}: no anchor &{anchor[:60]} is defined above; define it, or write the value"
                raise SourceError(msg)
            self._place(node, line)
        elif isinstance(event, yaml.ScalarEvent):
            scalar = ScalarNode(event.value, line, event.style is None, event.style == "|")
            self._place(scalar, line, event.anchor)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            is_sequence = isinstance(event, yaml.SequenceStartEvent)
            collection = SequenceNode(line) if is_sequence else MappingNode(line)
            self._place(collection, line, event.anchor)
            self._open(collection, line)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            for stack in (self._stack, self._keys, self._waits_for_value, self._names):
                stack.pop()

    def _open(self, node: SequenceNode | MappingNode, line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            msg = f"line {line}: it is nested more than {MAX_DEPTH} levels deep; pass references in `images`"
            raise SourceError(msg)
        self._stack.append(node)
        self._keys.append(None)
        self._waits_for_value.append(False)
        self._names.append(set())

    def _place(self, node: Node, line: int, anchor: str | None = None) -> None:
        """Add a node to the innermost open node, or as a document."""
        self._count += 1
        if self._count > MAX_NODES:
            msg = f"line {line}: it has more than {MAX_NODES} values; pass the references in `images`"
            raise SourceError(msg)
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._stack:
            self.text.documents.append(node)
        elif isinstance(parent := self._stack[-1], SequenceNode):
            parent.items.append(node)
        elif not self._waits_for_value[-1]:
            self._keys[-1] = node if isinstance(node, ScalarNode) else None
            self.text.has_complex_keys |= not isinstance(node, ScalarNode)
            self._waits_for_value[-1] = True
            self._note_duplicate(node, line)
        else:
            self._waits_for_value[-1] = False
            if (key := self._keys[-1]) is not None:
                parent.pairs.append((key, node))

    def _note_duplicate(self, key: Node, line: int) -> None:
        if not isinstance(key, ScalarNode) or (key.value == "<<" and key.is_plain):
            return
        if key.value in self._names[-1] and len(self.text.duplicates) < _MAX_DUPLICATES:
            self.text.duplicates.append((key.value, line))
        self._names[-1].add(key.value)
