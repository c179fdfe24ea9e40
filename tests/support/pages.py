"""The project's Markdown files, their code blocks and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SKIPPED = {"node_modules", "reports", "dist", "build"}
_FENCE = re.compile(r"(?P<ticks>`{3,}|~{3,})(?P<language>\S*)(?P<rest>.*)")
_VARIABLE = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_ENDS = {"&&", "||", ";", "|", "&"}


@dataclass(frozen=True, slots=True)
class Block:
    """A code block: its place, language and text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command of a shell block."""

    block: Block
    environment: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.block} {' '.join(self.words)[:60]}"

    @property
    def program(self) -> str:
        """The program's name, without a path."""
        return self.words[0].rpartition("/")[2]


def load_pages() -> dict[str, str]:
    """Return the text of every page by its path from the repository's root."""
    found = sorted(
        path.relative_to(ROOT)
        for path in ROOT.rglob("*.md")
        if not any(part.startswith(".") or part in _SKIPPED for part in path.relative_to(ROOT).parts[:-1])
    )
    return {path.as_posix(): (ROOT / path).read_text("utf-8") for path in found}


def parse_blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the code blocks of a page."""
    fence, start, language, lines = "", 0, "", list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        found = _FENCE.fullmatch(line.strip())
        if not fence:
            if found:
                fence, start, language, lines = found["ticks"], number, found["language"], []
        elif line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            yield Block(page, start, language, "\n".join(lines) + "\n")
            fence = ""
        else:
            lines.append(line)
    assert not fence, f"{page}:{start} has a block without an end"


def remove_blocks(text: str) -> str:
    """Return a page with its code blocks emptied, so that their lines are not taken for links or headings."""
    lines, fence = [], ""
    for line in text.split("\n"):
        found = _FENCE.fullmatch(line.strip())
        if not fence and found:
            fence = found["ticks"]
        elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence:
            lines.append(line)
            continue
        lines.append("")
    return "\n".join(lines)


def load_blocks() -> list[Block]:
    """Return the code blocks of all pages."""
    return [block for page, text in load_pages().items() for block in parse_blocks(page, text)]


def parse_commands(block: Block) -> list[Command]:
    """Return the simple commands of a shell block."""
    found = []
    for line in _logical_lines(block.text):
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in _ENDS:
                words.append(word)
                continue
            if ">" in words:  # redirections are up to the shell
                del words[words.index(">") :]
            variables = []
            while words and _VARIABLE.fullmatch(words[0]):
                name, _, value = words.pop(0).partition("=")
                variables.append((name, value))
            if words:
                found.append(Command(block, tuple(variables), tuple(words)))
            words = []
    return found


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines as the shell reads them: a backslash or an open quote continues a line."""
    line = ""
    for part in text.replace("\\\n", " ").split("\n"):
        line += part
        try:
            shlex.split(line, comments=True)
        except ValueError:
            line += "\n"
            continue
        yield line
        line = ""
    assert not line.strip(), f"a quote without an end: {line}"
