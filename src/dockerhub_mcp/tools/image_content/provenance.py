"""What the provenance of an image claims: the images that it was built from, and its source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from dockerhub_mcp.registry.models import JSONObject
from dockerhub_mcp.tools.image_content.masking import mask_secrets
from dockerhub_mcp.tools.image_content.statements import get_object, get_objects, get_text
from dockerhub_mcp.tools.results.sanitize import sanitize_line

_PURL_PREFIX = "pkg:docker/"
_BUILD_TOOLS = frozenset(
    {
        "docker/buildkit-syft-scanner", "docker/buildx-bin", "docker/dockerfile",
        "docker/dockerfile-upstream", "docker/scout-sbom-indexer", "moby/buildkit",
        "tonistiigi/binfmt", "tonistiigi/xx",
    }
)  # fmt: skip
"""Images that BuildKit itself uses: frontends and scanners, which are no base of the image."""

_BUILD_ARGUMENT = "build-arg:"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MAX_URI_CHARS = 200
_MAX_NAME_CHARS = 64
_MAX_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Provenance:
    """What one provenance statement claims; all of it is text of the publisher.

    Attributes:
        images: The images that the build used, as references with digests: its base and those of its stages.
        tools: The images of build tools, such as the Dockerfile frontend.
        source: The address of the source.
        revision: The commit of the source.
        builder: The identity of the builder.
        build_arguments: The names of the build arguments; their values may be secrets.
    """

    images: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    source: str = ""
    revision: str = ""
    builder: str = ""
    build_arguments: tuple[str, ...] = ()


def read_provenance(statement: JSONObject) -> Provenance:
    """Return what a statement claims, in the form of SLSA v1 or of v0.2; empty where it says nothing."""
    predicate = get_object(statement, "predicate")
    definition, details = get_object(predicate, "buildDefinition"), get_object(predicate, "runDetails")
    if definition or details:
        parameters = get_object(definition, "externalParameters")
        source = get_object(parameters, "configSource")
        materials = list(get_objects(definition, "resolvedDependencies"))
        arguments = get_object(parameters, "request", "args")
        builder, metadata = get_text(details, "builder", "id"), get_object(details, "metadata")
    else:
        source = get_object(predicate, "invocation", "configSource")
        materials = list(get_objects(predicate, "materials"))
        arguments = get_object(predicate, "invocation", "parameters", "args")
        builder, metadata = get_text(predicate, "builder", "id"), get_object(predicate, "metadata")
    references = [reference for each in materials[:500] if (reference := _read_material(each))]
    vcs = _find_vcs(metadata)
    return Provenance(
        images=_keep_first(each for each in references if not _is_build_tool(each)),
        tools=_keep_first(each.partition("@")[0] for each in references if _is_build_tool(each)),
        source=_clean(get_text(source, "uri") or get_text(vcs, "source")),
        revision=_clean(_get_commit(source) or get_text(vcs, "revision")),
        builder=_clean(builder),
        build_arguments=_keep_first(
            sanitize_line(name[len(_BUILD_ARGUMENT) :], _MAX_NAME_CHARS)
            for name in arguments
            if name.startswith(_BUILD_ARGUMENT)
        ),
    )


def _is_build_tool(reference: str) -> bool:
    name = reference.removeprefix("docker.io/").partition("@")[0].rpartition(":")[0]
    return (name or reference.partition("@")[0]) in _BUILD_TOOLS


def _keep_first(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:_MAX_ITEMS]


def _clean(text: str) -> str:
    return mask_secrets(text, _MAX_URI_CHARS)


def _get_commit(source: JSONObject) -> str:
    """Return the commit of a source: Git's digest, under one of its names."""
    return get_text(source, "digest", "sha1") or get_text(source, "digest", "gitCommit")


def _find_vcs(metadata: JSONObject) -> JSONObject:
    """Return the object with the version control data, which BuildKit puts under a key of its own."""
    for key, value in metadata.items():
        if "buildkit" in key and (vcs := get_object(value, "vcs")):
            return vcs
    return {}


def _read_material(material: JSONObject) -> str:
    """Return the reference of an image among the materials, or an empty string."""
    uri = get_text(material, "uri")
    if not uri.startswith(_PURL_PREFIX):
        return ""
    path, _, query = uri[len(_PURL_PREFIX) :].partition("?")
    name, _, version = path.partition("@")
    name, version = unquote(name), unquote(version)
    digest = get_text(material, "digest", "sha256")
    if not digest:
        digest = parse_qs(query).get("digest", [""])[0].removeprefix("sha256:")
    if version.startswith("sha256:"):
        digest, version = digest or version.removeprefix("sha256:"), ""
    reference = f"{name}:{version}" if version else name
    if _DIGEST.fullmatch(digest):
        reference += f"@sha256:{digest}"
    return sanitize_line(reference, _MAX_URI_CHARS)
