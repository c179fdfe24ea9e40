"""Ranges of versions."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.tag_versions.parsing import parse_tag
from dockerhub_mcp.tools.tag_versions.ranges import VersionRange

CASES = [
    (">=7,<8", "7.0 7.9.1-alpine 7", "6.9 8 8.0"),
    (">7.2 <8", "7.3.0 7", "7.2.1 8.0"),
    (">= 7.2", "7.2.0 v7.2", "7.1.9 20260127"),
    ("^8.2", "8.2 8.9.1 8", "8.1.9 9 9.0"),
    ("^0.2.3", "0.2.9", "0.2.2 0.3.0"),
    ("~1.4", "1.4 1.4.9", "1.5 1.3 1"),
    ("8.x", "8 8.1", "9 7.9"),
    ("7.4.*", "7.4.2", "7.5"),
    ("v8", "8.3", "9"),
    ("=8.2.1", "8.2.1", "8.2 8.2.2"),
    ("!=8.2.0", "8.2 8.2.1", "8.2.0"),
    (">=8.2.1", "8.2 8", "8.2.0"),
    ("<8.2.1", "8.2.0", "8.2 8"),
    ("7.2 - 7.4", "7.2.0 7.4.9", "7.1 7.5"),
    ("<6 || 8", "5.9 8.1", "6 7"),
    (">=2026.2", "2026.2 2026.11.1 20260301 2026-02-01", "2026.1 20260101 8.2"),
    ("*", "1 20260101", "windowsservercore-1809"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), CASES)
def test_contains(text: str, inside: str, outside: str) -> None:
    versions = VersionRange.parse(text)
    found = [
        tag for tag in [*inside.split(), *outside.split()] if (v := parse_tag(tag)) and versions.contains(v)
    ]
    assert found == inside.split()


@pytest.mark.parametrize(
    "text", ["", ",", "||", ">=", "latest", ">=8-alpine", "8 -", ">=7<8", "1" * 300, "٣", "8||"]
)
def test_errors_say_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="Accepted are versions"):
        VersionRange.parse(text)
