"""Which platform is meant, and which image is chosen for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.models import Platform
from dockerhub_mcp.tools.image_content.platforms import choose_platform, parse_platform


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("linux/amd64", "linux/amd64"),
        ("amd64", "linux/amd64"),
        ("x86_64", "linux/amd64"),
        ("Linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("arm64/8", "linux/arm64/v8"),
        ("arm64v8", "linux/arm64/v8"),
        ("arm/v7", "linux/arm/v7"),
        ("arm32v6", "linux/arm/v6"),
        ("armv7l", "linux/arm/v7"),
        ("armhf", "linux/arm/v7"),
        ("armel", "linux/arm/v6"),
        ("linux", "linux/amd64"),
        ("windows", "windows/amd64"),
        ("windows/arm64", "windows/arm64"),
        ("windows(10.0.20348.2113)/amd64", "windows(10.0.20348.2113)/amd64"),
        ("wasip1/wasm", "wasip1/wasm"),
        ("386", "linux/386"),
        ("linux/386", "linux/386"),
    ],
)
def test_a_text_names_a_platform(text: str, name: str) -> None:
    assert parse_platform(text).platform == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a platform"),
        ("linux/", "is not a platform"),
        ("linux/arm/v7/x", "is not a platform"),
        ("linux/amd64,linux/arm64", "is not a platform"),
        ("linux amd64", "is not a platform"),
        ("darwin/arm64", "Docker on a Mac runs Linux images"),
        ("macos", "Docker on a Mac runs Linux images"),
        ("alpine/amd64", "a distribution"),
        ("debian", "a distribution"),
    ],
)
def test_a_text_that_no_image_can_match_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_platform(text)


@given(st.text(max_size=40))
def test_any_text_is_a_platform_or_a_value_error(text: str) -> None:
    try:
        platform = parse_platform(text)
    except ValueError:
        return
    assert platform.os
    assert platform.architecture


def make_platforms(*names: str) -> list[Platform]:
    return [parse_platform(name) for name in names]


@pytest.mark.parametrize(
    ("available", "wanted", "chosen"),
    [
        (["linux/arm64/v8", "linux/amd64"], None, "linux/amd64"),
        (["linux/arm64/v8", "linux/s390x"], None, "linux/arm64/v8"),
        (["windows(10.0.26100.1)/amd64", "windows(10.0.20348.1)/amd64"], None, "windows(10.0.26100.1)/amd64"),
        (["linux/arm64/v8"], "linux/arm64", "linux/arm64/v8"),
        (["linux/arm64"], "linux/arm64/v8", "linux/arm64"),
        (["linux/arm/v5", "linux/arm/v7"], "arm", "linux/arm/v7"),
        (["linux/arm/v5", "linux/arm/v6"], "arm", "linux/arm/v6"),
        (["linux/arm/v5", "linux/arm/v7"], "arm/v6", "linux/arm/v5"),
        (["linux/arm/v7"], "arm/v6", None),
        (["linux/amd64"], "amd64/v3", "linux/amd64"),
        (["linux/amd64/v3", "linux/amd64"], "amd64", "linux/amd64"),
        (["linux/amd64/v3"], "amd64", None),
        (["linux/amd64/v3", "linux/amd64"], "amd64/v3", "linux/amd64/v3"),
        (
            ["windows(10.0.26100.1)/amd64", "windows(10.0.20348.1)/amd64"],
            "windows",
            "windows(10.0.26100.1)/amd64",
        ),
        (
            ["windows(10.0.26100.1)/amd64", "windows(10.0.20348.1)/amd64"],
            "windows(10.0.20348.1)/amd64",
            "windows(10.0.20348.1)/amd64",
        ),
        (["linux/amd64"], "windows", None),
        ([], None, None),
    ],
)
def test_the_image_is_chosen_as_docker_does(
    available: list[str], wanted: str | None, chosen: str | None
) -> None:
    found = choose_platform(make_platforms(*available), parse_platform(wanted) if wanted else None)
    assert (found.platform if found else None) == chosen


def test_an_attestation_is_never_chosen() -> None:
    attestation = Platform(os="unknown", architecture="unknown")
    assert choose_platform([attestation], None) is None
    assert choose_platform([attestation, Platform(os="linux", architecture="s390x")], None) is not None
