"""The images of compose files."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.image_sources.model import FoundReference, ReferenceStatus, SourceKind
from dockerhub_mcp.tools.image_sources.reading import read_source


def read(text: str) -> tuple[FoundReference, ...]:
    source = read_source(text)
    assert source.kind is SourceKind.COMPOSE
    return source.references


def service(image: str) -> FoundReference:
    (found,) = read(f"services:\n  web:\n    image: {image}\n")
    return found


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("redis:8", "redis:8"),
        ('"redis:8"', "redis:8"),
        ("redis:${V:-8}", "redis:8"),
        ("redis:${V-8}", "redis:8"),
        ("redis:8${V:+-alpine}", "redis:8"),
        ("${A:-${B:-redis}}:${V:-8}", "redis:8"),
        ("redis:8$$x", "redis:8$x"),
        ("!custom redis:8", "redis:8"),
        ("|-\n      redis:8", "redis:8"),
    ],
)
def test_values_of_images(written: str, resolved: str) -> None:
    found = service(written)
    assert (found.resolved, found.status, found.place) == (resolved, ReferenceStatus.IMAGE, "service web")


def test_a_default_is_named() -> None:
    assert service("redis:${V:-8}").reason == "with V unset"
    assert not service("redis:8").reason


@pytest.mark.parametrize("written", ["redis:${V}", "redis:$V", "redis:${V:?set it}", "redis:${V?}"])
def test_variables_without_default_are_unresolved(written: str) -> None:
    found = service(written)
    assert (found.status, found.resolved) == (ReferenceStatus.UNRESOLVED, written)
    assert found.reason == "V has no default here; pass the image with its value"


ANCHORS = """\
x-base: &base
  image: redis:8
  restart: always
x-other: &other
  image: nginx:1
services:
  a:
    <<: *base
  b:
    <<: [*other, *base]
  c:
    <<: *base
    image: own:1
  d: *base
  e:
    image: &own quoted:1
  f:
    image: *own
"""


def test_anchors_and_merges() -> None:
    assert [(each.line, each.raw, each.place) for each in read(ANCHORS)] == [
        (2, "redis:8", "service a"),
        (5, "nginx:1", "service b"),
        (13, "own:1", "service c"),
        (2, "redis:8", "service d"),
        (16, "quoted:1", "service e"),
        (16, "quoted:1", "service f"),
    ]


def test_merged_services() -> None:
    text = "x: &x\n  a: {image: redis:8}\nservices:\n  <<: *x\n  b: {image: nginx}\n"
    assert sorted(each.raw for each in read(text)) == ["nginx", "redis:8"]


def test_built_images_and_their_dockerfiles() -> None:
    text = """\
services:
  app:
    image: acme/app:${TAG}
    build:
      args: {GO: "1.24"}
      additional_contexts:
        base: docker-image://alpine:3.22
        local: ../x
      dockerfile_inline: |
        ARG GO=1.20
        FROM golang:$${GO} AS build
        RUN true
        FROM debian:${SUITE:-trixie}
  plain:
    build: ./x
"""
    source = read_source(text)
    assert [(each.line, each.resolved, each.status.value) for each in source.references] == [
        (3, "acme/app:", "built"),
        (7, "alpine:3.22", "image"),
        (11, "golang:1.24", "image"),
        (13, "debian:trixie", "image"),
    ]
    assert source.notes == ("Service plain is built from a Dockerfile that was not read; pass its text too.",)


def test_build_arguments_as_a_list() -> None:
    text = "services:\n  a:\n    build:\n      args: [V=8, W]\n      dockerfile_inline: |\n        ARG V\n        FROM redis:$$V\n"
    assert [each.resolved for each in read(text)] == ["redis:8"]


def test_platform_profiles_volumes_and_models() -> None:
    text = """\
services:
  a:
    image: redis:8
    platform: linux/arm64
    profiles: [debug, test]
    volumes:
      - ./x:/x
      - {type: image, source: "acme/data:1", target: /data}
      - {type: volume, source: "not-an-image", target: /y}
models:
  small: {model: ai/smollm2}
"""
    assert [(each.raw, each.place) for each in read(text)] == [
        ("redis:8", "service a (linux/arm64, profile debug test)"),
        ("acme/data:1", "volume of service a"),
        ("ai/smollm2", "model small"),
    ]


def test_what_is_in_other_files_is_noted() -> None:
    text = "include: [x.yml]\nservices:\n  a:\n    extends: {file: base.yml, service: x}\n  b:\n    extends: {service: a}\n"
    assert read_source(text).notes == (
        "Service a extends one of base.yml, which was not read; pass its text too.",
        "Service b has the image of the service that it extends.",
        "The files under `include` were not read; pass their text too.",
    )


@pytest.mark.parametrize(
    "services", ["a:", "a: []", "a: {image: }", "a: {image: null}", "a: {image: [x]}", "a: {build: }"]
)
def test_services_without_image(services: str) -> None:
    assert read(f"services:\n  {services}\n") == ()


def test_json() -> None:
    assert [each.raw for each in read('{\n\t"services": {\n\t\t"a": {"image": "redis:8"}\n\t}\n}')] == [
        "redis:8"
    ]
