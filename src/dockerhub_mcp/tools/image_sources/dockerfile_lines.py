"""Split a Dockerfile into instructions: directives, comments, continuation lines, here-documents."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S.*)$")
_HEREDOC = re.compile(r"(?:^|(?<=\s))\d*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2(?=\s|$)")
_HEREDOC_INSTRUCTIONS = frozenset({"RUN", "COPY", "ADD"})
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?=\s|$)\s*")
_KNOWN_DIRECTIVES = frozenset({"syntax", "escape", "check"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction of a Dockerfile.

    Attributes:
        name: The name in upper case.
        arguments: What follows the name, with continuation lines joined.
        line: The line on which it begins, from 1.
        pieces: Where each line of the arguments begins in them: pairs of offset and line.
    """

    name: str
    arguments: str
    line: int
    pieces: tuple[tuple[int, int], ...]

    def find_line(self, offset: int) -> int:
        """Return the line of a character of the arguments."""
        index = bisect_right(self.pieces, (offset, 1 << 60)) - 1
        return self.pieces[index][1] if index >= 0 else self.line


@dataclass(slots=True)
class DockerfileLines:
    """The lines of a Dockerfile.

    Attributes:
        lines: The lines, without line breaks.
        directives: The parser directives by name, each with value and line.
        notes: Sentences about what is doubtful.
    """

    lines: list[str]
    directives: dict[str, tuple[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _ends: dict[bool, dict[str, list[int]]] = field(default_factory=dict)

    @classmethod
    def split(cls, text: str) -> DockerfileLines:
        """Return the lines of a text, and its parser directives."""
        source = cls(text.split("\n"))
        for number, line in enumerate(source.lines, 1):
            if number == 1 and line.startswith("#!"):
                continue
            found = _DIRECTIVE.match(line.strip())
            if found is None or found[1].lower() not in _KNOWN_DIRECTIVES:
                break
            source.directives.setdefault(found[1].lower(), (found[2], number))
        return source

    @property
    def escape(self) -> str:
        """The character that continues a line."""
        return "`" if self.directives.get("escape", ("\\", 0))[0] == "`" else "\\"

    def iterate_instructions(self) -> Iterator[Instruction]:
        """Yield the instructions; the bodies of here-documents are left out."""
        index = 0
        while index < len(self.lines):
            start, length = index, 0
            parts: list[str] = []
            pieces: list[tuple[int, int]] = []
            while index < len(self.lines):
                line = self.lines[index]
                index += 1
                stripped = line.strip()
                if not stripped or stripped.startswith("#"):
                    if parts:
                        continue  # Docker ignores comments and empty lines inside an instruction
                    break
                end = line.rstrip(" \t")
                is_continued = end.endswith(self.escape) and not end.endswith(self.escape * 2)
                piece = end[:-1] if is_continued else line
                pieces.append((length, index))
                parts.append(piece)
                length += len(piece)
                if not is_continued:
                    break
            if not parts:
                continue
            instruction = _build_instruction("".join(parts), start + 1, pieces)
            if instruction is None:
                continue
            yield instruction
            if instruction.name in _HEREDOC_INSTRUCTIONS:
                index = self._skip_heredocs(instruction, index)

    def _skip_heredocs(self, instruction: Instruction, index: int) -> int:
        """Return the index of the line behind the here-documents of an instruction."""
        for found in _HEREDOC.finditer(instruction.arguments):
            ends = self._find_ends(strips_tabs=bool(found[1])).get(found[3], [])
            position = bisect_right(ends, index - 1)
            if position == len(ends):
                self.notes.append(
                    f"Line {instruction.line}: the here-document {found[3][:40]} has no end; "
                    "its lines were read as instructions."
                )
                return index
            index = ends[position] + 1
        return index

    def _find_ends(self, *, strips_tabs: bool) -> dict[str, list[int]]:
        """Return the indexes of all lines by their text, which makes every search for an end fast."""
        if strips_tabs not in self._ends:
            ends: dict[str, list[int]] = {}
            for index, line in enumerate(self.lines):
                ends.setdefault(line.lstrip("\t") if strips_tabs else line, []).append(index)
            self._ends[strips_tabs] = ends
        return self._ends[strips_tabs]


def _build_instruction(text: str, line: int, pieces: list[tuple[int, int]]) -> Instruction | None:
    """Return the instruction of a joined text, if there is one."""
    found = _INSTRUCTION.match(text)
    if found is None:
        return None
    shift = found.end()
    arguments = text[shift:].rstrip()
    moved = tuple((max(0, offset - shift), number) for offset, number in pieces)
    return Instruction(found[1].upper(), arguments, line, moved)
