"""What provenance claims, in both of its forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.tools.image_content.provenance import Provenance, read_provenance

DIGEST = "4a" * 32
DEBIAN = {"uri": "pkg:docker/debian@bookworm-slim?platform=linux%2Famd64", "digest": {"sha256": DIGEST}}
REMOTE = {"uri": f"pkg:docker/ghcr.io/owner/name@1.2?digest=sha256%3A{DIGEST}&platform=linux%2Famd64"}
TOOLS = [
    {"uri": "pkg:docker/docker/buildkit-syft-scanner@stable-1", "digest": {"sha256": DIGEST}},
    {"uri": "pkg:docker/docker/dockerfile@1"},
]
GIT = {"uri": "https://github.com/o/r.git#refs/heads/main", "digest": {"sha1": "c0ffee"}}

V1 = {
    "predicate": {
        "buildDefinition": {
            "externalParameters": {
                "configSource": {**GIT, "path": "Dockerfile"},
                "request": {"args": {"build-arg:TOKEN": "hunter2", "label:x": "y"}},
            },
            "resolvedDependencies": [DEBIAN, REMOTE, *TOOLS, GIT],
        },
        "runDetails": {"builder": {"id": "https://github.com/o/r/actions/runs/1"}, "metadata": {}},
    }
}
V02 = {
    "predicate": {
        "builder": {"id": "https://github.com/o/r/actions/runs/1"},
        "materials": [DEBIAN, REMOTE, *TOOLS, GIT],
        "invocation": {"configSource": GIT, "parameters": {"args": {"build-arg:TOKEN": "hunter2"}}},
        "metadata": {},
    }
}


@pytest.mark.parametrize("statement", [V1, V02])
def test_base_source_builder_and_names_of_arguments_are_read(statement: dict[str, Any]) -> None:
    provenance = read_provenance(statement)
    assert provenance == Provenance(
        images=(f"debian:bookworm-slim@sha256:{DIGEST}", f"ghcr.io/owner/name:1.2@sha256:{DIGEST}"),
        tools=("docker/buildkit-syft-scanner:stable-1", "docker/dockerfile:1"),
        source="https://github.com/o/r.git#refs/heads/main",
        revision="c0ffee",
        builder="https://github.com/o/r/actions/runs/1",
        build_arguments=("TOKEN",),
    )
    assert "hunter2" not in repr(provenance)


@pytest.mark.parametrize(
    "predicate",
    [
        {
            "runDetails": {
                "metadata": {"buildkit_metadata": {"vcs": {"source": "https://x/r", "revision": "abc"}}}
            }
        },
        {
            "metadata": {
                "https://mobyproject.org/buildkit@v1#metadata": {
                    "vcs": {"source": "https://x/r", "revision": "abc"}
                }
            }
        },
    ],
)
def test_version_control_data_is_used_where_there_is_no_other_source(predicate: dict[str, Any]) -> None:
    provenance = read_provenance({"predicate": predicate})
    assert (provenance.source, provenance.revision) == ("https://x/r", "abc")


def test_credentials_in_the_source_are_masked() -> None:
    source = {"configSource": {"uri": "https://me:hunter2@example.com/r.git"}}
    provenance = read_provenance({"predicate": {"invocation": source}})
    assert provenance.source == "https://***@example.com/r.git"


def test_a_material_by_digest_alone_keeps_the_digest() -> None:
    material = {"uri": f"pkg:docker/alpine@sha256:{DIGEST}"}
    assert read_provenance({"predicate": {"materials": [material]}}).images == (f"alpine@sha256:{DIGEST}",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("buildDefinition", "runDetails", "invocation", "materials", "builder", "metadata"), JSON
        ),
    )
)
def test_any_json_is_read_without_an_error(predicate: dict[str, Any]) -> None:
    assert isinstance(read_provenance({"predicate": predicate}), Provenance)
