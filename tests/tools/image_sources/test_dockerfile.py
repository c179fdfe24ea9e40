"""The images of Dockerfiles."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.image_sources.dockerfile import read_dockerfile
from dockerhub_mcp.tools.image_sources.model import FoundReference, ReferenceStatus, SourceKind
from dockerhub_mcp.tools.image_sources.reading import read_source


def read(text: str) -> tuple[FoundReference, ...]:
    source = read_source(text)
    assert source.kind is SourceKind.DOCKERFILE
    return source.references


def images(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.resolved) for each in read(text) if each.status is ReferenceStatus.IMAGE]


def statuses(text: str) -> list[tuple[str, str]]:
    return [(each.raw, each.status.value) for each in read(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM redis", [(1, "redis")]),
        ("from redis:8 as x", [(1, "redis:8")]),
        ("FROM --platform=linux/amd64 redis:8 AS x", [(1, "redis:8")]),
        ("FROM --platform=$BUILDPLATFORM redis:8 AS x", [(1, "redis:8")]),
        ('FROM "redis:8"', [(1, "redis:8")]),
        ("\ufeffFROM redis:8", [(1, "redis:8")]),
        ("FROM redis:8\r\nFROM nginx\r\n", [(1, "redis:8"), (2, "nginx")]),
        ("# a comment\n\nFROM redis:8\n# FROM nginx\n", [(3, "redis:8")]),
        ("  FROM redis:8", [(1, "redis:8")]),
        ("FROM \\\n  redis:8 \\\n  AS x", [(2, "redis:8")]),
        ("FROM \\\n# a comment\n\n  redis:8", [(4, "redis:8")]),
        ("# escape=`\nFROM `\n  redis:8\nRUN dir C:\\\nFROM nginx", [(3, "redis:8"), (5, "nginx")]),
        ("FROM a\nRUN echo \\\\\nFROM b", [(1, "a"), (3, "b")]),
        ("FROM redis@sha256:" + "a" * 64, [(1, "redis@sha256:" + "a" * 64)]),
        ("# syntax=docker/dockerfile:1.7\nFROM a", [(1, "docker/dockerfile:1.7"), (2, "a")]),
        ("# Syntax = docker/dockerfile:1\nFROM a", [(1, "docker/dockerfile:1"), (2, "a")]),
        ("#!/usr/bin/env x\n# syntax=docker/dockerfile:1\nFROM a", [(2, "docker/dockerfile:1"), (3, "a")]),
        ("# a comment\n# syntax=docker/dockerfile:1\nFROM a", [(3, "a")]),
        ("\n# syntax=docker/dockerfile:1\nFROM a", [(3, "a")]),
        ("# syntax=docker/dockerfile:1", [(1, "docker/dockerfile:1")]),
        ("```dockerfile\nFROM a\n```", [(2, "a")]),
    ],
)
def test_from(text: str, expected: list[tuple[int, str]]) -> None:
    assert images(text) == expected


@pytest.mark.parametrize(
    ("arguments", "written", "resolved"),
    [
        ("ARG V=8", "redis:$V", "redis:8"),
        ("ARG V=8", "redis:${V}-alpine", "redis:8-alpine"),
        ("ARG V='8'", "redis:$V", "redis:8"),
        ('ARG V="8"', "redis:$V", "redis:8"),
        ("ARG A=1 V=8", "redis:$V", "redis:8"),
        ("ARG A=8\nARG V=$A.2", "redis:$V", "redis:8.2"),
        ("ARG V=7\nARG V=8", "redis:$V", "redis:8"),
        ("ARG V=7\nARG V", "redis:$V", "redis:7"),
        ("arg V=8", "redis:$V", "redis:8"),
        ("ARG V=8", "redis:${V:-7}", "redis:8"),
        ("ARG V=", "redis:${V:-7}", "redis:7"),
        ("ARG V=", "redis${V-7}", "redis"),
        ("ARG V=8", "redis:${V:+9}", "redis:9"),
        ("ARG V=8", "redis:8${X:+-$V}", "redis:8"),
        ("ARG V=8", "redis:${X:-${V}}", "redis:8"),
        ("ARG V=8", "${REGISTRY:-docker.io}/library/redis:$V", "docker.io/library/redis:8"),
        ("ARG I=redis:8", "$I", "redis:8"),
        ("ARG V=8\nARG W=${V}", "${I:-redis}:${W}", "redis:8"),
    ],
)
def test_arguments_before_the_first_from(arguments: str, written: str, resolved: str) -> None:
    (found,) = read(f"{arguments}\nFROM {written}")
    assert (found.raw, found.resolved, found.status) == (written, resolved, ReferenceStatus.IMAGE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ARG V\nFROM redis:$V", "ARG V has no default"),
        ("FROM redis:$V", "V: no ARG before the first FROM declares it"),
        ("FROM a\nARG V=8\nFROM redis:$V", "ARG V is declared in a stage"),
        ("ARG TARGETARCH\nFROM redis-$TARGETARCH", "TARGETARCH depends on the platform"),
        ("ARG V=8\nFROM redis:${V%x}", "a form of ${...} that is not evaluated"),
        ("ARG V=8\nFROM redis:${V", "that is not evaluated"),
        ("ARG V=8\nFROM redis:${V:-x", "a brace is not closed"),
        ("ARG W\nARG V=$W\nFROM redis:$V", "ARG V has no default"),
        ("FROM a\nCOPY --from=$X /a /b", "Docker replaces no variables here"),
        ("FROM a\nRUN --mount=from=$X,target=/x true", "Docker replaces no variables here"),
        (
            "ARG A=" + "x" * 3000 + "\nARG B=$A$A\nARG C=$B$B\nFROM redis:$C",
            "ARG C has no default",
        ),
    ],
)
def test_references_without_a_known_value(text: str, reason: str) -> None:
    found = read(text)[-1]
    assert found.status is ReferenceStatus.UNRESOLVED
    assert reason in found.reason
    assert found.resolved == found.raw


def test_stages_are_no_images() -> None:
    text = """\
FROM golang:1.24 AS Build
FROM build AS test
FROM scratch
COPY --from=build /a /b
COPY --from=BUILD /a /b
COPY --from=0 /a /b
COPY --chown=1 --from=test --link /a /b
COPY --from=busybox:1.37 /bin/sh /bin/sh
COPY --from=7 /a /b
RUN --mount=type=bind,from=build,target=/x --mount=from=node:22,target=/y true
ADD --chown=1 x y
"""
    assert statuses(text) == [
        ("golang:1.24", "image"),
        ("build", "stage"),
        ("scratch", "scratch"),
        ("build", "stage"),
        ("BUILD", "stage"),
        ("0", "stage"),
        ("test", "stage"),
        ("busybox:1.37", "image"),
        ("7", "image"),
        ("build", "stage"),
        ("node:22", "image"),
    ]
    assert [each.place for each in read(text)][:3] == ["stage build", "stage test", "stage 2"]
    assert read(text)[-1].place == "RUN --mount in stage 2"


def test_a_stage_is_only_known_behind_its_from() -> None:
    assert statuses("FROM redis\nFROM nginx AS redis\nCOPY --from=redis a b\nFROM redis") == [
        ("redis", "image"),
        ("nginx", "image"),
        ("redis", "stage"),
        ("redis", "stage"),
    ]
    later = read("FROM a\nCOPY --from=later a b\nFROM b AS later")
    assert (later[1].status, later[1].reason) == (
        ReferenceStatus.STAGE,
        "a later stage, which Docker refuses",
    )


@pytest.mark.parametrize(
    "document",
    [
        "RUN <<EOF\nFROM evil\nEOF",
        "RUN cat <<'EOF' > /x\nFROM evil\nEOF",
        'COPY <<"A" <<B /x/\nFROM evil\nA\nFROM evil\nB',
        "RUN <<-EOF\nFROM evil\n\tEOF",
        "RUN --mount=type=cache,target=/x \\\n  sh <<EOF\nFROM evil\n EOF\nEOF",
        "COPY 3<<EOF /x\nFROM evil\nEOF",
    ],
)
def test_here_documents_are_skipped(document: str) -> None:
    assert [image for _, image in images(f"FROM a\n{document}\nFROM b")] == ["a", "b"]


def test_a_here_document_without_end_is_reported() -> None:
    source = read_source("FROM a\nRUN <<EOF\nFROM b")
    assert [each.raw for each in source.references] == ["a", "b"]
    assert source.notes == ("Line 2: the here-document EOF has no end; its lines were read as instructions.",)


def test_shifts_are_no_here_documents() -> None:
    assert images("FROM a\nRUN echo $((1<<2)) $((1 << 2))\nFROM b") == [(1, "a"), (3, "b")]


def test_triggers() -> None:
    found = read("FROM a\nONBUILD COPY --from=redis:8 a b\nonbuild run --mount=from=nginx,target=/x true")
    assert [(each.line, each.raw, each.place) for each in found[1:]] == [
        (2, "redis:8", "ONBUILD COPY --from in stage 0"),
        (3, "nginx", "ONBUILD RUN --mount in stage 0"),
    ]


def test_flags_of_a_shell_command_are_no_sources() -> None:
    assert images("FROM a\nRUN tool --mount=from=evil\nCOPY a --from=evil b") == [(1, "a")]


def test_lines_of_continued_instructions() -> None:
    text = "FROM a\nRUN --mount=type=cache,target=/x \\\n    --mount=from=b,target=/y \\\n    --mount=from=c,target=/z true"
    assert images(text) == [(1, "a"), (3, "b"), (4, "c")]


def test_build_arguments_replace_defaults() -> None:
    source = read_dockerfile("ARG V=7\nARG W\nFROM redis:$V\nFROM nginx:$W", {"V": "8", "W": "1", "X": "2"})
    assert [each.resolved for each in source.references] == ["redis:8", "nginx:1"]


def test_a_from_without_image_is_reported() -> None:
    source = read_dockerfile("FROM --platform=x")
    assert (source.references, source.notes) == ((), ("Line 1: FROM names no image.",))
