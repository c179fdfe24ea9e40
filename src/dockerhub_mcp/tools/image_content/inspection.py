"""The result of inspecting an image."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from dockerhub_mcp.hub.models import Display, HubModel, Image, Shown
from dockerhub_mcp.hub.models.timestamp import Timestamp, is_never
from dockerhub_mcp.registry import ImageConfig
from dockerhub_mcp.tools.image_content.attestations import (
    HARDENED_LABEL,
    HARDENED_REMARK,
    AttestationFacts,
)
from dockerhub_mcp.tools.image_content.history import LayerStep, list_artifact_layers, pair_layers
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE
from dockerhub_mcp.tools.image_content.masking import (
    HIDDEN,
    hide_values,
    mask_arguments,
    mask_labels,
    mask_secrets,
)
from dockerhub_mcp.tools.image_content.packages import count_by_type
from dockerhub_mcp.tools.image_content.provenance import Provenance
from dockerhub_mcp.tools.image_content.reading import ImageContent
from dockerhub_mcp.tools.images.pulls import PullReport

NONE_FOUND = "none"
_MAX_VARIABLES = 60
_MAX_LABELS = 30
_MAX_NAMES = 30
_MAX_BASE_CHARS = 200
_BASE_NAME = "org.opencontainers.image.base.name"
_BASE_DIGEST = "org.opencontainers.image.base.digest"
_REVISION = "org.opencontainers.image.revision"
_CREATED = "org.opencontainers.image.created"


class ImageInspection(HubModel):
    """What an image is, as far as it was read."""

    summary_fields: ClassVar[tuple[str, ...]] = (
        "pinned", "kind", "repository_status", "is_private", "pushed", "platform", "size", "created", "user",
        "entrypoint", "command", "working_dir", "ports", "volumes", "stop_signal", "healthcheck",
        "environment", "base_image", "built_from", "build_tools", "source", "revision", "builder",
        "build_arguments", "attestations", "signatures", "packages", "pulls", "platforms", "labels", "layers",
    )  # fmt: skip
    untrusted_fields: ClassVar[tuple[str, ...]] = (
        "user", "entrypoint", "command", "working_dir", "ports", "volumes", "stop_signal", "healthcheck",
        "environment", "labels", "layers", "base_image", "built_from", "build_tools", "source", "revision",
        "builder", "build_arguments", "attestations", "signatures", "packages",
    )  # fmt: skip
    implied_values: ClassVar[dict[str, Any]] = {
        "kind": CONTAINER_IMAGE,
        "repository_status": "active",
        "is_private": False,
    }

    pinned: str | None = Field(default=None, description="The reference with its digest.")
    kind: str | None = Field(default=None, description="Such as Helm chart, where it is no container image.")
    repository_status: str | None = Field(default=None, description="Such as archived.")
    is_private: bool | None = None
    pushed: Timestamp = None
    platform: str | None = Field(default=None, description="The platform that the fields describe.")
    size: Annotated[int | None, Display.SIZE] = Field(default=None, description="Compressed, in bytes.")
    created: Timestamp = None
    user: str | None = None
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    working_dir: str | None = None
    ports: list[str] | None = None
    volumes: list[str] | None = None
    stop_signal: str | None = None
    healthcheck: list[str] | None = None
    environment: list[str] | None = Field(
        default=None, description="NAME=value; the value only of well-known harmless variables."
    )
    base_image: str | None = Field(default=None, description="As annotations or labels claim.")
    built_from: list[str] | None = Field(
        default=None, description="Images that the build used, as the provenance claims."
    )
    build_tools: list[str] | None = None
    source: str | None = None
    revision: str | None = Field(default=None, description="The commit of the source.")
    builder: str | None = None
    build_arguments: list[str] | None = Field(default=None, description="Names only.")
    attestations: list[str] | None = Field(default=None, description="Claimed, not verified.")
    signatures: list[str] | None = Field(default=None, description="Present, not verified.")
    packages: dict[str, int] | None = Field(default=None, description="Packages in the SBOMs, by type.")
    pulls: PullReport | None = None
    platforms: list[Image] | None = None
    labels: dict[str, str] | None = None
    layers: list[LayerStep] | None = None

    def adjust_values(self, values: dict[str, Any], shown: Shown) -> None:
        """Let texts show labels as rows, and the only platform as a line."""
        if not shown.is_text:
            return
        if labels := values.get("labels"):
            values["labels"] = [[name, value] for name, value in labels.items()]
        platforms = values.get("platforms") or []
        if len(platforms) == 1 and (self.pinned or "").endswith(f"@{platforms[0].digest}"):
            del values["platforms"]
        elif platforms:
            values.pop("size", None)
            if len(platforms) == 1:
                values.pop("platform", None)


_WINDOWS_DEFAULT = "not set"
"""The user of a Windows image without one: Windows has no root, and its default depends on the base image."""


def describe_config(result: ImageInspection, config: ImageConfig) -> None:
    """Fill in what the configuration says, cut, without values that may be secrets."""
    result.created = None if config.created is None or is_never(config.created) else config.created
    result.user = describe_user(config)
    result.entrypoint = mask_arguments(config.entrypoint)
    result.command = mask_arguments(config.command)
    result.working_dir = mask_secrets(config.working_dir)
    result.ports = [mask_secrets(port) for port in config.exposed_ports[:_MAX_NAMES]]
    result.volumes = [mask_secrets(volume) for volume in config.volumes[:_MAX_NAMES]]
    result.stop_signal = mask_secrets(config.stop_signal)
    result.healthcheck = mask_arguments(config.healthcheck)
    result.environment = hide_values(config.environment[:_MAX_VARIABLES])
    if (more := len(config.environment) - _MAX_VARIABLES) > 0:
        result.environment.append(f"and {more} more")


def describe_user(config: ImageConfig) -> str:
    """Return the user that the image runs as: where none is set root, except on Windows."""
    name = config.user.partition(":")[0]
    if not name and config.platform.os == "windows":
        return _WINDOWS_DEFAULT
    if name in {"", "root", "0"}:
        return "root"
    return mask_secrets(config.user)


def describe_labels(result: ImageInspection, content: ImageContent) -> list[str]:
    """Fill in labels and annotations that no other field repeats; return remarks on them."""
    labels = {**content.annotations(), **(content.config.labels if content.config else {})}
    repeated = {_BASE_NAME, _BASE_DIGEST}
    repeated |= {_REVISION} if result.revision and labels.get(_REVISION) == result.revision else set()
    repeated |= {_CREATED} if result.created else set()
    kept = {name: value for name, value in sorted(labels.items()) if name not in repeated}
    result.labels = mask_labels(dict(list(kept.items())[:_MAX_LABELS]))
    more = len(kept) - len(result.labels)
    return [f"{more} more labels are left out."] if more > 0 else []


def find_base_image(content: ImageContent) -> str:
    """Return the base image that annotations or labels claim; empty where they do not."""
    labels = {**(content.config.labels if content.config else {}), **content.annotations()}
    name, digest = labels.get(_BASE_NAME, ""), labels.get(_BASE_DIGEST, "")
    text = mask_secrets(f"{name}@{digest}" if name and digest and "@" not in name else name, _MAX_BASE_CHARS)
    return _shorten_reference(text)


def _shorten_reference(reference: str) -> str:
    """Return a reference as Docker's command line shows it, without the names of its own registry."""
    return reference.removeprefix("docker.io/").removeprefix("library/")


def describe_base(result: ImageInspection, content: ImageContent) -> None:
    """Fill in the base image that labels claim, with the digest that the provenance names for it."""
    base = find_base_image(content)
    images = result.built_from or []
    same = next((each for each in images if base and each.partition("@")[0] == base.partition("@")[0]), None)
    if same is not None and "@" not in base:
        base = same
    result.base_image = base or None
    result.built_from = [each for each in images if each not in {same, base}] or None


def describe_layers(result: ImageInspection, content: ImageContent) -> list[str]:
    """Fill in the layers; return remarks on them."""
    if content.manifest is None:
        return []
    if content.kind != CONTAINER_IMAGE:
        result.layers = list_artifact_layers(content.manifest)
        return []
    result.layers, problem = pair_layers(content.manifest, content.config)
    return [problem] if problem else []


def describe_provenance(result: ImageInspection, provenance: Provenance) -> None:
    """Fill in what the provenance claims."""
    result.built_from = list(provenance.images)
    result.build_tools = list(provenance.tools)
    result.source, result.revision = provenance.source, provenance.revision
    result.builder = provenance.builder
    result.build_arguments = list(provenance.build_arguments)


def describe_attestations(
    result: ImageInspection, content: ImageContent, facts: AttestationFacts, *, sbom: bool
) -> list[str]:
    """Fill in which attestations there are, and the packages; return remarks on them."""
    remarks = []
    if facts.provenance is not None:
        describe_provenance(result, facts.provenance)
    if facts.packages is not None:
        result.packages = count_by_type(facts.packages)
    if facts.ignored:
        remarks.append(
            f"Ignored {facts.ignored} attestation(s) or statement(s), because they name another image."
        )
    if facts.found is None:
        return remarks
    labels = content.config.labels if content.config else {}
    if not facts.found and any(name.startswith(HARDENED_LABEL) for name in labels):
        return [*remarks, HARDENED_REMARK]
    result.attestations = facts.describe_types() or [NONE_FOUND]
    if sbom and not facts.has_sbom:
        remarks.append("No SBOM is attested, so its packages are unknown.")
    return remarks


def has_claims(result: ImageInspection) -> bool:
    """Tell whether something is shown that the publisher claims."""
    found = [
        each for each in (result.attestations, result.signatures) if each not in (None, [], [NONE_FOUND])
    ]
    return bool(found or result.labels or result.base_image or result.source or result.built_from)


def has_hidden_values(result: ImageInspection) -> bool:
    """Tell whether a value is cut or hidden."""
    return HIDDEN in repr(
        (result.environment, result.labels, result.entrypoint, result.command, result.layers)
    )
