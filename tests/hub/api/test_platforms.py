"""Kind: a platform in another spelling than the Hub's filter, which would match nothing."""

from __future__ import annotations

import pytest

from dockerhub_mcp.hub.api.platforms import (
    describe_unknown_platform,
    normalize_platform,
    normalize_platform_arguments,
)
from dockerhub_mcp.hub.methods import ListTags

SPELLINGS: list[tuple[str | None, str | None, tuple[str | None, str | None]]] = [
    ("aarch64", None, ("arm64", None)),
    ("x86_64", None, ("amd64", None)),
    ("x64", None, ("amd64", None)),
    ("X86-64", None, ("amd64", None)),
    ("AMD64", None, ("amd64", None)),
    ("linux/arm64", None, ("arm64", "linux")),
    ("arm64/v8", None, ("arm64", None)),
    ("arm64v8", None, ("arm64", None)),
    ("Linux/ARM64/v8", None, ("arm64", "linux")),
    ("i386", None, ("386", None)),
    ("i686", None, ("386", None)),
    ("x86", None, ("386", None)),
    ("ppc64el", None, ("ppc64le", None)),
    ("riscv", None, ("riscv64", None)),
    ("loongarch64", None, ("loong64", None)),
    ("mips64el", None, ("mips64le", None)),
    ("linux", None, (None, "linux")),
    (" arm64 ", None, ("arm64", None)),
    (None, "Linux", (None, "linux")),
    (None, "GNU/Linux", (None, "linux")),
    (None, "win", (None, "windows")),
    (None, "Windows Server", (None, "windows")),
    (None, "windows/amd64", ("amd64", "windows")),
    (None, "linux/x86_64", ("amd64", "linux")),
    ("arm64", "linux/aarch64", ("arm64", "linux")),
    ("something-new", "plan9", ("something-new", "plan9")),
]


def test_platforms_are_written_as_the_hub_does_without_a_note() -> None:
    for architecture, os, expected in SPELLINGS:
        notes: list[str] = []
        assert normalize_platform(architecture, os, notes) == expected, (architecture, os)
        assert notes == [], (architecture, os)


def test_a_variant_that_the_filter_cannot_express_is_noted() -> None:
    for given in ("armv7", "armhf", "arm/v7", "linux/arm/v7", "armv6l", "arm32v5", "amd64/v3"):
        notes: list[str] = []
        architecture, _ = normalize_platform(given, None, notes)
        assert architecture in {"arm", "amd64"}, given
        assert len(notes) == 1, given
        assert f"all of {architecture} match" in notes[0], given


def test_platforms_that_no_image_has_are_refused_with_what_to_use() -> None:
    for given in ("macos", "darwin", "macOS", "osx", "Mac OS X", "alpine", "Ubuntu"):
        with pytest.raises(ValueError, match=r"use linux|images have linux"):
            normalize_platform(None, given, [])
    with pytest.raises(ValueError, match="use linux"):
        normalize_platform("darwin/arm64", None, [])
    for architecture, os in (("linux/amd64", "windows"), ("arm64", "linux/amd64")):
        with pytest.raises(ValueError, match="give one"):
            normalize_platform(architecture, os, [])


def test_unknown_platforms_are_sent_and_named_with_the_usual_ones() -> None:
    assert ListTags(repository="redis", architecture="sparc").build_query()["architecture"] == "sparc"
    (note,) = describe_unknown_platform("sparc", "linux")
    assert "'sparc'" in note
    assert "amd64, arm64" in note
    (note,) = describe_unknown_platform("arm64", "beos")
    assert "linux, windows" in note


def test_arguments_of_other_types_are_left_to_the_validation() -> None:
    for arguments in ({"architecture": 64}, {"os": ["linux"]}, {"architecture": None}, {}):
        assert normalize_platform_arguments(dict(arguments), []) == arguments
