"""Image references as they are written, and the same with a digest."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.images.spelling import ForeignRegistryError, parse_image, pin_as_written
from dockerhub_mcp.tools.images.target import ImageTarget

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        ("redis", "redis:latest"),
        ("redis:8.2", "redis:8.2"),
        ("library/redis:8.2", "library/redis:8.2"),
        ("docker.io/redis:8.2", "docker.io/redis:8.2"),
        ("docker.io/library/redis:8.2", "docker.io/library/redis:8.2"),
        ("index.docker.io/acme/app:v1", "index.docker.io/acme/app:v1"),
        ("acme/app", "acme/app:latest"),
        (f"acme/app:v1@{OTHER_DIGEST}", "acme/app:v1"),
        (f"acme/app@{OTHER_DIGEST}", "acme/app"),
        ("Acme/App:V1", "acme/app:V1"),
        ("docker pull acme/app:v1", "acme/app:v1"),
        ("https://hub.docker.com/_/redis", "redis:latest"),
        ("hub.docker.com/r/acme/app/tags", "acme/app:latest"),
        ("docker://redis:8", "redis:8"),
        ("my__app:1", "my__app:1"),
    ],
)
def test_pins_are_spelled_like_the_source(text: str, pinned: str) -> None:
    assert pin_as_written(text, parse_image(text), DIGEST) == f"{pinned}@{DIGEST}"


@pytest.mark.parametrize("text", ["scratch", "scratch:latest", "docker.io/library/scratch"])
def test_the_reserved_name_is_no_image(text: str) -> None:
    with pytest.raises(ValueError, match="reserved name"):
        parse_image(text)


def test_names_are_in_lower_case() -> None:
    assert parse_image("Acme/App:V1") == ImageTarget("acme", "app", "V1")


@pytest.mark.parametrize(
    "text",
    [
        "ghcr.io/a/b:1",
        "localhost/a",
        "localhost:5000/a",
        "quay.io/a",
        "registry:5000/x/y",
        "docker.io.evil.example/a/b",
    ],
)
def test_other_registries(text: str) -> None:
    with pytest.raises(ForeignRegistryError):
        parse_image(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "redis:",
        "redis@",
        "a b",
        "a/b/c",
        "docker.io/a/b/c",
        "<none>",
        "$X",
        "a:b:c",
        "redis:.x",
        "redis@sha256:12",
        "a" * 256,
        "-",
        "../x",
        "redis:sha256:" + "a" * 64,
        "redis@sha512:" + "a" * 128,
    ],
)
def test_texts_that_are_no_references(text: str) -> None:
    with pytest.raises(ValueError, match=r"no image of Docker Hub|the digest is incomplete") as caught:
        parse_image(text)
    assert not isinstance(caught.value, ForeignRegistryError)
