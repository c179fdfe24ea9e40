"""Inspect an image: its platforms, configuration, layers, provenance and signatures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dockerhub_mcp.hub.errors import HubError, InvalidRequest
from dockerhub_mcp.hub.models import Repository, Shown
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.image_content.attestations import AttestationFacts, read_attestations
from dockerhub_mcp.tools.image_content.inspection import (
    NONE_FOUND,
    describe_attestations,
    describe_base,
    describe_config,
    describe_labels,
    describe_layers,
    has_claims,
    has_hidden_values,
)
from dockerhub_mcp.tools.image_content.kinds import CONTAINER_IMAGE
from dockerhub_mcp.tools.image_content.masking import HIDDEN_NOTE
from dockerhub_mcp.tools.image_content.outcomes import Outcome, capture_all
from dockerhub_mcp.tools.image_content.platforms import parse_platform
from dockerhub_mcp.tools.image_content.reading import ImageContent, read_image, read_index, select_platform
from dockerhub_mcp.tools.image_content.resolution import resolve_image
from dockerhub_mcp.tools.image_content.results.inspection import ImageInspection
from dockerhub_mcp.tools.image_content.signatures import describe_referrers
from dockerhub_mcp.tools.images.pulls import report_pulls
from dockerhub_mcp.tools.images.target import ImageTarget
from dockerhub_mcp.tools.workflows.base import WorkflowResult
from dockerhub_mcp.tools.workflows.inspect_image import InspectImage, Part

if TYPE_CHECKING:
    from dockerhub_mcp.registry import Referrers, RegistrySession

DEFAULT_PARTS: tuple[Part, ...] = ("config", "labels", "provenance", "signatures")

CLAIMS_NOTE = (
    "Labels, provenance, attestations and signatures are claims of the publisher; nothing is verified."
)


async def run(call: InspectImage, context: ToolContext) -> WorkflowResult:
    """Read what is included, and report what could not be read."""
    target = ImageTarget.parse(call.image)
    wanted = parse_platform(call.platform) if call.platform else None
    registry = context.registry
    session = registry.start_session() if registry else None
    resolved = await resolve_image(context, session, target)
    content = select_platform(resolved, wanted)
    result = ImageInspection(pinned=target.pin(resolved.digest) if resolved.digest else None)
    notes: list[str] = []
    if session is not None and resolved.is_in_registry:
        notes = await _read_registry(call, content, session, result)
    _describe_basics(result, content)
    if call.include:
        result.shorten_platforms()
    if session is not None:
        result.pulls = report_pulls(session)
    notes = [*resolved.remarks, *notes]
    if has_claims(result):
        notes.append(CLAIMS_NOTE)
    if has_hidden_values(result):
        notes.append(HIDDEN_NOTE)
    reason = " ".join(resolved.list_gaps())
    return WorkflowResult(result, notes, reason, uses_registry=resolved.is_in_registry)


def _list_parts(call: InspectImage) -> list[Part]:
    return call.include or list(DEFAULT_PARTS)


async def _read_registry(
    call: InspectImage, content: ImageContent, session: RegistrySession, result: ImageInspection
) -> list[str]:
    """Read the included parts from the registry into the result; return notes."""
    parts = _list_parts(call)
    target = content.resolved.target
    facts: Outcome[AttestationFacts | None] = Outcome()
    referrers: Outcome[Referrers] = Outcome()
    requests = [partial(facts.capture, partial(_read_content, call, content, session))]
    if "signatures" in parts:
        read = partial(session.list_referrers, target.full_name, content.resolved.digest)
        requests.append(partial(referrers.capture, read))
    await capture_all(*requests)
    if isinstance(facts.error, InvalidRequest):
        raise facts.error
    notes: list[str] = []
    if content.config is not None and "config" in parts:
        describe_config(result, content.config)
    if "layers" in parts or content.kind != CONTAINER_IMAGE:
        notes += describe_layers(result, content)
    if facts.value is not None:
        notes += describe_attestations(result, content, facts.value, sbom="sbom" in parts)
    describe_base(result, content)
    if "labels" in parts:
        notes += describe_labels(result, content)
    if referrers.error is not None:
        content.resolved.add_gap("signatures", referrers.error)
    elif referrers.value is not None:
        result.signatures = describe_referrers(referrers.value) or [NONE_FOUND]
    return notes


async def _read_content(
    call: InspectImage, content: ImageContent, session: RegistrySession
) -> AttestationFacts | None:
    """Read image and attestations as far as they are included; an error becomes a gap."""
    parts = _list_parts(call)
    wanted = parse_platform(call.platform) if call.platform else None
    needs_attestations = not {"provenance", "sbom"}.isdisjoint(parts)
    needs_image = not {"config", "labels", "layers"}.isdisjoint(parts)
    try:
        if needs_attestations and content.may_have_attestations:
            await read_index(content, session, wanted)
        if needs_image or content.kind != CONTAINER_IMAGE:
            await read_image(content, session, wanted)
    except InvalidRequest:
        raise
    except HubError as error:
        content.resolved.add_gap("content of the image", error)
    if content.kind != CONTAINER_IMAGE or not needs_attestations:
        return None
    return await read_attestations(content, session, provenance="provenance" in parts, sbom="sbom" in parts)


def _describe_basics(result: ImageInspection, content: ImageContent) -> None:
    """Fill in what does not depend on the included parts."""
    result.kind = content.kind
    resolved, chosen = content.resolved, content.chosen
    if resolved.tag is not None:
        result.pushed = resolved.tag.tag_last_pushed or resolved.tag.last_updated
    if resolved.repository is not None:
        result.is_private = resolved.repository.is_private
        result.repository_status = _name_status(resolved.repository)
    result.platforms = content.platforms or None
    if chosen is not None:
        result.platform, result.size = chosen.platform, chosen.size
    elif content.manifest is not None:
        result.size = content.manifest.compressed_size


def _name_status(repository: Repository) -> str | None:
    values = {"status_description": repository.status_description}
    names = type(repository).model_fields.keys()
    repository.adjust_values(values, Shown(names, is_brief=True, is_text=True))
    return values["status_description"]
