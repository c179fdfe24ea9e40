"""MCP resources, which users and hosts add to a conversation: repositories, tags, READMEs, this server.

Each is read by the tool that returns the same data, so a disabled tool disables its resources.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from dockerhub_mcp.hub.errors import HubError, InvalidRequest, NotFound
from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.plan_resources import PLAN_TOOL, read_plan
from dockerhub_mcp.tools.catalog.registry import Registry, ToolDisabledError
from dockerhub_mcp.tools.cleanup.plans import PLAN_ID, UnusablePlanError
from dockerhub_mcp.tools.meta_keys import UNTRUSTED_META_KEY
from dockerhub_mcp.tools.results.readme import (
    MAX_README_BYTES,
    README_FIELD,
    build_readme_arguments,
    render_readme,
)
from dockerhub_mcp.tools.results.tool_result import ToolFailure, ToolResult
from dockerhub_mcp.tools.validation import ArgumentsError

SERVER_URI = "dockerhub://server"
_PLANS = "plans"
TEXT_MIME_TYPE, MARKDOWN_MIME_TYPE = "text/plain", "text/markdown"
LEGACY_RESOURCE_NOT_FOUND = -32002
"""The error code for a missing resource before protocol 2026-07-28, which uses invalid params instead."""

_SCHEME_PATTERN = re.compile("dockerhub://", re.IGNORECASE)
_INVALID_ESCAPE_PATTERN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUDIENCE: list[types.Role] = ["user", "assistant"]

StatusReader = Callable[[], Awaitable[str]]
"""Returns the text of the resource that describes this server."""


@dataclass(frozen=True, slots=True)
class ToolResourceTemplate:
    """A URI template, and the tool that reads its resources."""

    tool: str
    template: types.ResourceTemplate


def _build_template(
    tool: str, path: str, subject: str, description: str, **options: Any
) -> ToolResourceTemplate:
    template = types.ResourceTemplate(
        uri_template=f"dockerhub://{{namespace}}/{{repository}}{path}",
        name=subject.lower(),
        title=f"Docker Hub {subject}",
        description=description,
        mime_type=options.get("mime_type", TEXT_MIME_TYPE),
        annotations=types.Annotations(audience=_AUDIENCE, priority=options.get("priority", 0.6)),
    )
    return ToolResourceTemplate(tool, template)


TEMPLATES = (
    _build_template(
        "get_repository",
        "",
        "repository",
        "A repository of Docker Hub: description, pulls, stars, dates, permissions. Official images are in "
        "the namespace library.",
    ),
    _build_template(
        "get_tag",
        "/tags/{tag}",
        "tag",
        "A tag: the digest to pin, and each platform with its own digest and size.",
    ),
    _build_template(
        "get_repository",
        "/readme",
        "README",
        "The overview of a repository in Markdown. It is quoted, since third parties wrote it.",
        mime_type=MARKDOWN_MIME_TYPE,
        priority=0.5,
    ),
    ToolResourceTemplate(
        PLAN_TOOL,
        types.ResourceTemplate(
            uri_template="dockerhub://plans/{plan_id}",
            name="plan",
            title="Clean-up plan",
            description="Every tag that a plan of plan_tag_cleanup deletes.",
            mime_type=TEXT_MIME_TYPE,
            annotations=types.Annotations(audience=_AUDIENCE, priority=0.4),
        ),
    ),
)
RESOURCES = (
    types.Resource(
        uri=SERVER_URI,
        name="server",
        title="This Docker Hub server",
        description="State of this server: version, account, access, enabled and disabled tools with the "
        "reason, rate limit, cache.",
        mime_type=TEXT_MIME_TYPE,
        annotations=types.Annotations(audience=_AUDIENCE, priority=0.3),
    ),
)


def list_enabled_templates(registry: Registry) -> list[types.ResourceTemplate]:
    """Return the templates with enabled tools."""
    return [each.template for each in TEMPLATES if registry.is_callable(each.tool)]


async def read_resource(
    uri: str, request: RequestContext, read_status: StatusReader, *, protocol_version: str
) -> types.ReadResourceResult:
    """Read a resource.

    Args:
        uri: The URI of the resource.
        request: The context of the request.
        read_status: Returns the text of the resource that describes this server.
        protocol_version: The protocol version of the client, which decides on error codes.

    Raises:
        MCPError: The URI is invalid, or the resource is missing, not visible to the caller or could not be
            read. The message says what to do, and the data contains the URI.
    """

    def build_error(text: str, cause: Exception | None) -> MCPError:
        return MCPError(_error_code_for(cause, protocol_version), text, {"uri": uri})

    try:
        names = _parse_uri(uri)
        if names is None:
            return _build_result(uri, TEXT_MIME_TYPE, ToolResult(await read_status()))
    except (_UnknownResourceError, ArgumentsError) as error:
        raise build_error(str(error), error) from None
    max_bytes = request.tool_context.result_options.max_bytes
    namespace, repository, *rest = names
    if not rest and namespace == _PLANS and PLAN_ID.fullmatch(repository):
        try:
            result = await read_plan(repository, request.registry, request.tool_context)
        except (HubError, ToolDisabledError) as error:
            raise build_error(str(error), error) from None
        return _build_result(uri, TEXT_MIME_TYPE, result)
    if rest == ["readme"]:
        result = await request.read(
            "get_repository",
            build_readme_arguments(namespace, repository),
            max_bytes=max(max_bytes, MAX_README_BYTES),
            include_structured=True,
        )
    elif rest:
        arguments = {"namespace": namespace, "repository": repository, "tag": rest[1]}
        result = await request.read("get_tag", arguments)
    else:
        result = await request.read("get_repository", {"namespace": namespace, "repository": repository})
    if result.is_error:
        raise build_error(result.text, result.cause if isinstance(result, ToolFailure) else None)
    if rest == ["readme"]:
        text = render_readme(result, namespace, repository, max_bytes)
        return _build_result(uri, MARKDOWN_MIME_TYPE, ToolResult(text, untrusted_fields=(README_FIELD,)))
    return _build_result(uri, TEXT_MIME_TYPE, result)


class _UnknownResourceError(Exception):
    """A URI that belongs to no resource."""


def _parse_uri(uri: str) -> Sequence[str] | None:
    """Return namespace, repository, and `readme` or `tags` and a tag; None for this server.

    Raises:
        _UnknownResourceError: The URI belongs to no resource.
        ArgumentsError: A name in the URI is empty or wrongly encoded.
    """
    scheme = _SCHEME_PATTERN.match(uri)
    if scheme is None or re.search("[?#]", uri):
        raise _UnknownResourceError(_describe_unknown_resource(uri))
    match uri[scheme.end() :].split("/"):
        case ["server"]:
            return None
        case [namespace, repository]:
            return _decode_names(namespace, repository)
        case [namespace, repository, "readme"]:
            return [*_decode_names(namespace, repository), "readme"]
        case [namespace, repository, "tags", tag]:
            namespace, repository, tag = _decode_names(namespace, repository, tag)
            return [namespace, repository, "tags", tag]
    raise _UnknownResourceError(_describe_unknown_resource(uri))


def _decode_names(*names: str) -> list[str]:
    """Remove percent-encoding; the tool validates the names.

    Raises:
        ArgumentsError: A name is empty or wrongly encoded.
    """
    decoded_names = []
    for name in names:
        try:
            # %FF is never valid in UTF-8, so an invalid escape is an error.
            decoded = unquote(_INVALID_ESCAPE_PATTERN.sub("%FF", name), errors="strict")
        except ValueError:
            shown = to_single_line(repr(name), 80)
            msg = f"{shown} is not percent-encoded UTF-8. Write a percent sign itself as %25."
            raise ArgumentsError(msg) from None
        if not decoded.strip():
            msg = (
                "A name in this URI is empty. Write dockerhub://namespace/repository, such as "
                "dockerhub://library/redis; official images are in the namespace library."
            )
            raise ArgumentsError(msg)
        decoded_names.append(decoded)
    return decoded_names


def _describe_unknown_resource(uri: str) -> str:
    shown = to_single_line(repr(uri[:200]), 120)
    known = ", ".join([SERVER_URI, *(each.template.uri_template for each in TEMPLATES)])
    return f"There is no resource {shown}. There are {known}; official images are in the namespace library."


def _error_code_for(cause: Exception | None, protocol_version: str) -> int:
    if isinstance(cause, ArgumentsError | InvalidRequest):
        return types.INVALID_PARAMS
    if isinstance(cause, NotFound | ToolDisabledError | UnusablePlanError | _UnknownResourceError):
        is_modern = protocol_version in MODERN_PROTOCOL_VERSIONS
        return types.INVALID_PARAMS if is_modern else LEGACY_RESOURCE_NOT_FOUND
    return types.INTERNAL_ERROR


def _build_result(uri: str, mime_type: str, result: ToolResult) -> types.ReadResourceResult:
    meta = {UNTRUSTED_META_KEY: list(result.untrusted_fields)} if result.untrusted_fields else None
    contents = types.TextResourceContents(uri=uri, mime_type=mime_type, text=result.text, _meta=meta)
    # Clients need not cache it: this server does, and knows when something changes.
    return types.ReadResourceResult(contents=[contents], _meta=meta, ttl_ms=0, cache_scope="private")
