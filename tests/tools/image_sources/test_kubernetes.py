"""The images of Kubernetes manifests, of other YAML, and of templates."""

from __future__ import annotations

import pytest

from dockerhub_mcp.tools.image_sources.model import ReferenceStatus, SourceKind
from dockerhub_mcp.tools.image_sources.reading import read_source

POD_SPEC = """\
initContainers:
  - name: setup
    image: busybox:1.37
containers:
  - image: "redis:8"
    name: main
ephemeralContainers:
  - {name: debug, image: alpine:3}
volumes:
  - name: data
    image: {reference: "acme/data:1"}
"""


def indent(text: str, width: int) -> str:
    return "".join(f"{' ' * width}{line}\n" for line in text.splitlines())


def manifest(kind: str) -> str:
    head = f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: web\nspec:\n"
    if kind == "Pod":
        return head + indent(POD_SPEC, 2)
    if kind == "CronJob":
        return f"{head}  jobTemplate:\n    spec:\n      template:\n        spec:\n{indent(POD_SPEC, 10)}"
    return f"{head}  template:\n    spec:\n{indent(POD_SPEC, 6)}"


@pytest.mark.parametrize(
    "kind", ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"]
)
def test_workloads(kind: str) -> None:
    source = read_source(manifest(kind))
    assert source.kind is SourceKind.KUBERNETES
    assert [(each.raw, each.place) for each in source.references] == [
        ("busybox:1.37", f"{kind}/web init container setup"),
        ("redis:8", f"{kind}/web container main"),
        ("alpine:3", f"{kind}/web ephemeral container debug"),
        ("acme/data:1", f"{kind}/web volume data"),
    ]
    assert not any("perhaps" in each.place for each in source.references)
    lines = manifest(kind).splitlines()
    assert all(each.raw in lines[each.line - 1] for each in source.references)
    assert source.notes == ()


def test_several_documents_and_lists() -> None:
    items = indent(manifest("Pod"), 4).replace("    apiVersion", "  - apiVersion", 1)
    text = f"---\n{manifest('Job')}---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n{items}"
    found = read_source(text).references
    assert [each.place.partition(" ")[0] for each in found] == ["Job/web"] * 4 + ["Pod/web"] * 4
    assert found[0].line == 11


def test_images_of_unknown_kinds_are_perhaps_images() -> None:
    text = "apiVersion: x.dev/v1\nkind: Database\nmetadata: {name: db}\nspec:\n  backup: {name: b, image: redis:8}\n"
    source = read_source(text)
    (found,) = source.references
    assert (found.raw, found.place) == ("redis:8", "Database/db b (perhaps)")
    assert "perhaps" in source.notes[0]


def test_other_yaml() -> None:
    text = """\
jobs:
  test:
    container: {image: "node:22"}
    services:
      db: {image: postgres:16}
values:
  image:
    registry: docker.io
    repository: bitnami/redis
    tag: "8.2"
  sidecar:
    image: {repository: busybox, digest: "sha256:00"}
  expression: {image: "${{ matrix.image }}"}
"""
    source = read_source(text)
    assert source.kind is SourceKind.YAML
    assert [(each.line, each.raw, each.status.value) for each in source.references] == [
        (3, "node:22", "image"),
        (5, "postgres:16", "image"),
        (10, "docker.io/bitnami/redis:8.2", "image"),
        (12, "busybox@sha256:00", "image"),
        (13, "${{ matrix.image }}", "unresolved"),
    ]
    assert source.references[0].place == "jobs.test.container"
    assert "`image` fields were read as images" in source.notes[0]


def test_services_and_steps_of_ci() -> None:
    text = """\
image: {name: golang:1.24, entrypoint: [""]}
services:
  - postgres:16
  - {name: redis:8, alias: cache}
jobs:
  test:
    steps:
      - uses: docker://alpine:3.22
      - uses: actions/checkout@v5
"""
    assert [(each.line, each.raw) for each in read_source(text).references] == [
        (1, "golang:1.24"),
        (3, "postgres:16"),
        (4, "redis:8"),
        (8, "alpine:3.22"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n{{- if .Values.x }}\n  containers:\n  - image: redis:8 # why\n    name: x\n  - image: {{ .Values.image }}\n{{- end }}\n",
        "spec:\n# none\n  containers:\n  - image: redis:8\n    name: x\n  - image: {{ .Values.image }}\n",
    ],
    ids=["no YAML", "YAML by accident"],
)
def test_templates_are_read_by_lines(text: str) -> None:
    source = read_source(text)
    assert source.kind is SourceKind.TEMPLATE
    assert [(each.line, each.raw, each.status) for each in source.references] == [
        (4, "redis:8", ReferenceStatus.IMAGE),
        (6, "{{ .Values.image }}", ReferenceStatus.UNRESOLVED),
    ]
    assert "only its `image:` lines were read" in source.notes[0]


def test_a_template_that_is_yaml_is_read_as_yaml() -> None:
    text = manifest("Pod").replace('"redis:8"', '"{{ .Values.image }}:{{ .Values.tag }}"')
    source = read_source(text)
    assert source.kind is SourceKind.KUBERNETES
    assert [each.status.value for each in source.references] == ["image", "unresolved", "image", "image"]
