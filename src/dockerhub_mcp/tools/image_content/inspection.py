"""Describe an image from its configuration, labels, layers and attestations."""

from __future__ import annotations

from dockerhub_mcp.hub.models.timestamp import is_never
from dockerhub_mcp.registry import ImageConfig
from dockerhub_mcp.tools.image_content.attestations import (
    HARDENED_LABEL,
    HARDENED_REMARK,
    AttestationFacts,
)
from dockerhub_mcp.tools.image_content.history import list_artifact_layers, pair_layers
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
from dockerhub_mcp.tools.image_content.results.inspection import ImageInspection

NONE_FOUND = "none"
_MAX_VARIABLES = 60
_MAX_LABELS = 30
_MAX_NAMES = 30
_MAX_BASE_CHARS = 200
_BASE_NAME = "org.opencontainers.image.base.name"
_BASE_DIGEST = "org.opencontainers.image.base.digest"
_REVISION = "org.opencontainers.image.revision"
_CREATED = "org.opencontainers.image.created"
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
    """Fill in labels and annotations that no other field repeats; return remarks on them.

    The labels of an image come before its annotations, which alone could contradict them.
    """
    if content.kind == CONTAINER_IMAGE and content.config is None:
        return []
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
