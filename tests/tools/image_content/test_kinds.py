"""What a manifest is, by its media types."""

from __future__ import annotations

import pytest

from dockerhub_mcp.registry import Descriptor, ImageManifest, Referrers
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE, identify_content, identify_manifest
from dockerhub_mcp.tools.image_content.signatures import describe_referrers
from dockerhub_mcp.tools.image_content.statements import is_about, is_provenance, is_sbom, name_predicate_type

EMPTY = "application/vnd.oci.empty.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


@pytest.mark.parametrize(
    ("config_type", "artifact_type", "kind"),
    [
        (OCI_CONFIG, "", CONTAINER_IMAGE),
        ("application/vnd.docker.container.image.v1+json", "", CONTAINER_IMAGE),
        ("application/vnd.cncf.helm.config.v1+json", "", "Helm chart"),
        ("application/vnd.docker.plugin.v1+json", "", "plugin of Docker Engine"),
        ("application/vnd.docker.ai.model.config.v0.1+json", "", "AI model"),
        ("application/vnd.wasm.config.v0+json", "", "WebAssembly module"),
        (EMPTY, "application/vnd.docker.compose.project", "Compose application"),
        (EMPTY, "application/vnd.example.thing", "artifact of type application/vnd.example.thing"),
        (EMPTY, "", "artifact of unknown type"),
        (OCI_CONFIG, "application/vnd.example.thing", "artifact of type application/vnd.example.thing"),
        ("x/\x1b[31my", "", "artifact with a configuration of type x/ [31my"),
    ],
)
def test_a_manifest_is_identified(config_type: str, artifact_type: str, kind: str) -> None:
    config = Descriptor(config_type, "sha256:c", 2)
    assert identify_manifest(ImageManifest("d", "m", config, (), artifact_type=artifact_type)) == kind


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (None, CONTAINER_IMAGE),
        ("image", CONTAINER_IMAGE),
        ("helm", "Helm chart"),
        ("plugin", "plugin of Docker Engine"),
        ("unrecognized", "content of type unrecognized"),
    ],
)
def test_a_tag_is_identified_by_the_hub(content_type: str | None, kind: str) -> None:
    assert identify_content(content_type) == kind


def test_referrers_are_named_with_their_number() -> None:
    bundle = Descriptor("m", "sha256:1", 1, artifact_type="application/vnd.dev.sigstore.bundle.v0.3+json")
    other = Descriptor("m", "sha256:2", 1, artifact_type="application/vnd.example+json")
    unknown = Descriptor("m", "sha256:3", 1)
    tags = ("sha256-abc.sig", "sha256-abc.att")
    referrers = Referrers((bundle, bundle, other, unknown), tags)
    assert describe_referrers(referrers) == [
        "2 x Sigstore bundle",
        "application/vnd.example+json",
        "artifact of unknown type",
        "cosign signature",
        "cosign attestation",
    ]
    assert describe_referrers(Referrers()) == []


@pytest.mark.parametrize(
    ("predicate_type", "name", "holds_provenance", "holds_sbom"),
    [
        ("https://spdx.dev/Document", "SPDX SBOM", False, True),
        ("https://slsa.dev/provenance/v1", "SLSA provenance v1", True, False),
        ("https://slsa.dev/provenance/v0.2", "SLSA provenance v0.2", True, False),
        ("https://cyclonedx.org/bom/v1.5", "CycloneDX SBOM", False, True),
        ("https://scout.docker.com/health/v0.1", "Docker Scout health/v0.1", False, False),
        ("https://docker.com/dhi/fips/v0.1", "DHI fips/v0.1", False, False),
        ("https://example.com/other", "https://example.com/other", False, False),
    ],
)
def test_predicate_types_have_short_names(
    predicate_type: str, name: str, holds_provenance: bool, holds_sbom: bool
) -> None:
    assert name_predicate_type(predicate_type) == name
    assert (is_provenance(predicate_type), is_sbom(predicate_type)) == (holds_provenance, holds_sbom)


def test_a_statement_is_about_the_image_that_its_subject_names() -> None:
    statement = {"subject": [{"name": "x", "digest": {"sha256": "AB12"}}, {"digest": None}, 3]}
    assert is_about(statement, "sha256:ab12")
    assert not is_about(statement, "sha256:cd34")
    assert not is_about({"subject": None}, "sha256:ab12")
    assert not is_about({}, "")
