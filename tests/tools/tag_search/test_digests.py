"""Digests, in full or by their first characters."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.tag_search.digests import normalize_digest_prefix


@pytest.mark.parametrize(
    "text",
    [
        "sha256:9ce30103d879",
        "9ce30103d879",
        "9CE30103D879",
        " 9ce30103d879 ",
        "redis@sha256:9ce30103d879",
        "9ce30103d879…",
    ],
)
def test_all_forms_of_a_digest_are_taken(text: str) -> None:
    assert normalize_digest_prefix(text) == "sha256:9ce30103d879"


def test_a_whole_digest_is_taken() -> None:
    assert normalize_digest_prefix("ab" * 32) == f"sha256:{'ab' * 32}"


@pytest.mark.parametrize("text", ["sha256:9ce30103d87", "abc"])
def test_a_short_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least 12 hexadecimal characters"):
        normalize_digest_prefix(text)


@pytest.mark.parametrize("text", ["latest", "sha512:9ce30103d879", "ab" * 33, "9ce30103d87g"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a sha256 digest"):
        normalize_digest_prefix(text)
