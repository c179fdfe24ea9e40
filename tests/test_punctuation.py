"""No text of the program or of its documents doubles a period, or has other punctuation behind one."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.pages import load_pages
from tests.support.source_tree import SOURCE

DOUBLED = re.compile(r"(?<=[\w)\]])\.\.(?![./\w\"'`])|[.?!]; |;\.(?!\w)")
PAGES = load_pages()


def test_the_pattern_finds_what_it_is_for() -> None:
    for text in ("It failed.. Try again.", "It failed..", "It failed.; try again"):
        assert DOUBLED.search(text)
    for text in (
        "and so on...",
        "refuses `..` there",
        "../README.md",
        'none|5.."}',
        "e.g. this; that",
        "a..b",
    ):
        assert not DOUBLED.search(text)


@pytest.mark.parametrize("page", PAGES)
def test_documents(page: str) -> None:
    """The pages show messages that the program wrote, such as all errors at the start."""
    assert [match[0] for match in DOUBLED.finditer(PAGES[page])] == []


def test_texts_in_the_source() -> None:
    """A value in a text counts as a word."""
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if DOUBLED.search(text) and "(?" not in text:  # no regular expression
                found.append(f"{path.relative_to(SOURCE)}:{node.lineno}: {text[:80]}")
    assert found == []
