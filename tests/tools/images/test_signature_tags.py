"""Which tags are those of signatures, the same for searches and clean-ups."""

from __future__ import annotations

from dockerhub_mcp.tools.cleanup.selecting.snapshot import ListedTag
from dockerhub_mcp.tools.images.signature_tags import find_subject
from dockerhub_mcp.tools.images.tag_listing import is_signature_tag

HEX = "0a" * 32


def test_searches_and_clean_ups_know_the_same_tags() -> None:
    for name, is_signature in (
        (f"sha256-{HEX}", True),
        (f"sha256-{HEX}.sig", True),
        (f"sha256-{HEX}.att", True),
        (f"sha256-{HEX}.sbom", True),
        (f"sha256-{HEX}.slsa3", True),
        (f"sha256-{HEX}.sig-1", True),
        (f"sha256-{HEX}-x.y", True),
        (f"sha256-{HEX[:-1]}", False),
        (f"sha256-{HEX}0", False),
        (f"sha256-{HEX.upper()}", False),
        (f"x-sha256-{HEX}", False),
        ("sha256-tool", False),
        ("8.2", False),
    ):
        subject = f"sha256:{HEX}" if is_signature else ""
        assert find_subject(name) == subject, name
        assert ListedTag(name, "", None).subject == subject, name
        assert is_signature_tag(name) is is_signature, name
