"""The tags among which newer versions are searched."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.images.version_candidates import VersionCandidates, find_common_word
from dockerhub_mcp.tools.tag_versions.model import NewerTags


@pytest.mark.parametrize(
    ("tags", "word"),
    [
        (["8.2-alpine"], "alpine"),
        (["8.2-alpine", "7.4-alpine3.20"], "alpine"),
        (["8.2-alpine", "8.2"], ""),
        (["8.2-alpine", "8.2-bookworm"], ""),
        (["3.12-slim-bookworm", "3.11-slim-bookworm"], "bookworm"),
        (["8.2"], ""),
        ([], ""),
    ],
)
def test_common_words(tags: list[str], word: str) -> None:
    assert find_common_word(tags) == word


@pytest.mark.parametrize("padding", [0, 1000])
async def test_newer_tags_of_each_family(padding: int) -> None:
    names = ("8.2.1", "8.2.2", "8.4.0", "9.0.0", "9.1.0", "8.2-alpine", "8.4-alpine", "latest")
    digests = (("latest", "a"), ("9.0.0", "a"), ("9.1.0", "b"))
    candidates = VersionCandidates((*names, *(f"main-{n}" for n in range(padding))), digests)
    assert await candidates.find_newer(["8.2.1", "8.2-alpine", "9.0.0", "latest", "7.0.0"]) == {
        "8.2.1": NewerTags("8.2.2", "8.4.0", "9.0.0"),
        "8.2-alpine": NewerTags("", "8.4-alpine", "8.4-alpine"),
        "9.0.0": NewerTags(),
        "latest": NewerTags(),
        "7.0.0": NewerTags("", "", "9.0.0"),
    }
