"""The check of the name: what Docker takes, what it refuses although it is clear, and other registries."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.pull_report.names import check_name
from dockerhub_mcp.tools.pull_report.result import CheckResult

DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("redis", "redis:latest"),
        ("library/redis:8", "redis:8"),
        ("docker.io/acme/app:1.4", "acme/app:1.4"),
        ("docker pull acme/app:1.4", "acme/app:1.4"),
        (f"acme/app@{DIGEST}", f"acme/app@{DIGEST}"),
        (f"acme/app:1@{DIGEST}", f"acme/app:1@{DIGEST}"),
        ("acme/a__b-c.d:v1", "acme/a__b-c.d:v1"),
    ],
)
def test_names_that_docker_takes(text: str, image: str) -> None:
    target, check = check_name(text)
    assert (str(target), check.result) == (image, CheckResult.OK)


@pytest.mark.parametrize(
    ("text", "image", "words"),
    [
        ("Redis:8", "redis:8", "upper-case"),
        ("Acme/App", "acme/app:latest", "upper-case"),
        ("https://hub.docker.com/_/redis", "redis:latest", "address of the website"),
        ("hub.docker.com/r/acme/app/tags", "acme/app:latest", "address of the website"),
        ("docker://redis:8", "redis:8", "no scheme"),
        ("redis:", "redis:latest", "no tag"),
    ],
)
def test_names_that_are_clear_and_that_docker_refuses(text: str, image: str, words: str) -> None:
    target, check = check_name(text)
    assert (str(target), check.result) == (image, CheckResult.PROBLEM)
    assert words in check.finding
    assert check.remedy == f"docker pull {image}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a/b/c", "is not a repository of Docker Hub"),
        ("redis latest", "is not a repository of Docker Hub"),
        ("redis:8:9", "is not a repository of Docker Hub"),
        ("-redis", "cannot be the name of a repository"),
        ("acme/a..b", "cannot be the name of a repository"),
        ("redis@sha256:abc", "not a whole digest"),
        ("https://hub.docker.com/u/acme", "is a namespace"),
        ("scratch", "reserved name"),
        ("docker.io/library/scratch:latest", "reserved name"),
    ],
)
def test_texts_that_name_no_image(text: str, words: str) -> None:
    target, check = check_name(text)
    assert (target, check.result) == (None, CheckResult.PROBLEM)
    assert words in check.finding
    assert check.remedy


@pytest.mark.parametrize("text", ["ghcr.io/acme/app", "localhost:5000/app", "registry.example.com:443/a/b:1"])
def test_another_registry_is_not_judged(text: str) -> None:
    target, check = check_name(text)
    assert (target, check.result) == (None, CheckResult.UNKNOWN)
    assert "another registry" in check.finding


@pytest.mark.parametrize(
    ("text", "tag"), [("redis:8,2", "8,2"), ("acme/app:v 1", "v 1"), ("redis:8.2+x@sha256:0", "8.2+x")]
)
def test_a_tag_with_other_characters_is_named(text: str, tag: str) -> None:
    target, check = check_name(text)
    assert target is None
    assert f'"{tag}" cannot be a tag' in check.finding or f"{tag} cannot be a tag" in check.finding
