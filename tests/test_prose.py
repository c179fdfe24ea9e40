"""Docstrings, comments and documents are plain technical English, without words that make riddles."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.support.source_tree import ROOT, SOURCE

RIDDLES = re.compile(
    r"\b("
    r"who|whoever|whom|whose|somebody|nobody|anew|strangers?|whatever|"
    r"is none|are none|is told|are told|told of|what goes|those who|wants a|stands in|to the letter|what came|"
    r"in particular"
    r")\b",
    re.IGNORECASE,
)
"""Pronouns and phrases that hide the thing spoken of. Name the thing instead: client, caller, account, request."""

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(SOURCE.rglob("SKILL.md")),
]

QUOTATIONS: dict[str, str] = {}
"""Texts that a document or a comment quotes verbatim, each with its source."""

_FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.DOTALL | re.MULTILINE)


def _find_riddles(text: str) -> list[str]:
    for quotation in QUOTATIONS:
        text = text.replace(quotation, "")
    return [match[0] for match in RIDDLES.finditer(text)]


def _find_prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield the docstrings and comments of a module with their lines, the strings below attributes included."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_docstrings_and_comments_are_plain() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text("utf-8")
        if RIDDLES.search(source) is None:
            continue
        for line, text in _find_prose(source):
            found += [f"{path.relative_to(ROOT)}:{line}: {word}" for word in _find_riddles(text)]
    assert found == []


@pytest.mark.docs
def test_documents_are_plain() -> None:
    found = []
    for path in DOCUMENTS:
        text = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), path.read_text("utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            found += [f"{path.relative_to(ROOT)}:{number}: {word}" for word in _find_riddles(line)]
    assert found == []


def test_every_quotation_is_still_quoted() -> None:
    texts = [path.read_text("utf-8") for path in [*DOCUMENTS, *SOURCE.rglob("*.py")]]
    assert [each for each in QUOTATIONS if not any(each in text for text in texts)] == []
