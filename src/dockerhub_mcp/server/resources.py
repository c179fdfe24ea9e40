"""What a person or a host takes into a conversation by its address: repositories, tags, READMEs, this server.

Each is read by the tool that shows the same, so a tool that is off takes its resource along.
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

from dockerhub_mcp.hub.errors import InvalidRequest, NotFound
from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.tools.call import Failure
from dockerhub_mcp.tools.catalog.registry import GatedError, Registry
from dockerhub_mcp.tools.catalog.schema import PREFIX
from dockerhub_mcp.tools.lookup import Lookup
from dockerhub_mcp.tools.results.readme import FIELD, WHOLE, arguments_of, as_markdown
from dockerhub_mcp.tools.results.results import Outcome
from dockerhub_mcp.tools.validation import ArgumentsError

UNTRUSTED = PREFIX + "untrusted"
"""Names, in the `_meta` of a result, the fields that hold text by strangers."""
SERVER = "dockerhub://server"
TEXT, MARKDOWN = "text/plain", "text/markdown"
NOT_FOUND_UNTIL_2025 = -32002
"""The code for a resource that is not there, which protocol 2026-07-28 gave up for that of invalid params."""

_SCHEME = re.compile("dockerhub://", re.IGNORECASE)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BOTH: list[types.Role] = ["user", "assistant"]

State = Callable[[], Awaitable[str]]
"""Tells this server's own state."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A template, and the tool that reads what it names."""

    tool: str
    template: types.ResourceTemplate


def _offered(tool: str, path: str, what: str, description: str, **more: Any) -> Offered:
    template = types.ResourceTemplate(
        uri_template=f"dockerhub://{{namespace}}/{{repository}}{path}",
        name=what.lower(),
        title=f"Docker Hub {what}",
        description=description,
        mime_type=more.get("mime_type", TEXT),
        annotations=types.Annotations(audience=_BOTH, priority=more.get("priority", 0.6)),
    )
    return Offered(tool, template)


TEMPLATES = (
    _offered(
        "get_repository",
        "",
        "repository",
        "A repository of Docker Hub: description, pulls, stars, dates, permissions. Official images are in "
        "the namespace library.",
    ),
    _offered(
        "get_tag",
        "/tags/{tag}",
        "tag",
        "A tag: the digest to pin, and each platform with its own digest and size.",
    ),
    _offered(
        "get_repository",
        "/readme",
        "README",
        "The overview of a repository in Markdown. It is quoted, since strangers wrote it.",
        mime_type=MARKDOWN,
        priority=0.5,
    ),
)
RESOURCES = (
    types.Resource(
        uri=SERVER,
        name="server",
        title="This Docker Hub server",
        description="What this server is and may do: version, account, access, tools that are on and off and "
        "why, rate limit, cache.",
        mime_type=TEXT,
        annotations=types.Annotations(audience=_BOTH, priority=0.3),
    ),
)


def templates_of(registry: Registry) -> list[types.ResourceTemplate]:
    """Return the templates whose tools are on."""
    return [each.template for each in TEMPLATES if not registry.why_off(each.tool)]


async def read(uri: str, lookup: Lookup, state: State, *, protocol_version: str) -> types.ReadResourceResult:
    """Read a resource.

    Args:
        uri: Its address.
        lookup: Reads through the tools.
        state: Tells this server's own state.
        protocol_version: What the client speaks; it decides on the code of an error.

    Raises:
        MCPError: There is no such resource for this caller, its address is none, or it could not be read;
            the message tells what to do, and the data which address it was.
    """

    def refuse(text: str, cause: Exception | None) -> MCPError:
        return MCPError(_code(cause, protocol_version), text, {"uri": uri})

    try:
        names = _names(uri)
        if names is None:
            return _result(uri, TEXT, Outcome(await state()))
    except (_NoResourceError, ArgumentsError) as error:
        raise refuse(str(error), error) from None
    namespace, repository, *rest = names
    if rest == ["readme"]:
        outcome = await lookup.read(
            "get_repository",
            arguments_of(namespace, repository),
            room=max(lookup.room, WHOLE),
            with_data=True,
        )
    elif rest:
        arguments = {"namespace": namespace, "repository": repository, "tag": rest[1]}
        outcome = await lookup.read("get_tag", arguments)
    else:
        outcome = await lookup.read("get_repository", {"namespace": namespace, "repository": repository})
    if outcome.is_error:
        raise refuse(outcome.text, outcome.cause if isinstance(outcome, Failure) else None)
    if rest == ["readme"]:
        text = as_markdown(outcome, namespace, repository, lookup.room)
        return _result(uri, MARKDOWN, Outcome(text, untrusted=(FIELD,)))
    return _result(uri, TEXT, outcome)


class _NoResourceError(Exception):
    """No resource has such an address."""


def _names(uri: str) -> Sequence[str] | None:
    """Return namespace, repository, and `readme` or `tags` and a tag; None for the server itself.

    Raises:
        _NoResourceError: It is no address of a resource.
        ArgumentsError: A name in it is empty or wrongly encoded.
    """
    scheme = _SCHEME.match(uri)
    if scheme is None or re.search("[?#]", uri):
        raise _NoResourceError(_what_there_is(uri))
    match uri[scheme.end() :].split("/"):
        case ["server"]:
            return None
        case [namespace, repository]:
            return _decoded(namespace, repository)
        case [namespace, repository, "readme"]:
            return [*_decoded(namespace, repository), "readme"]
        case [namespace, repository, "tags", tag]:
            namespace, repository, tag = _decoded(namespace, repository, tag)
            return [namespace, repository, "tags", tag]
    raise _NoResourceError(_what_there_is(uri))


def _decoded(*names: str) -> list[str]:
    """Take the percent-encoding off names; everything else about them is judged by the tool."""
    found = []
    for name in names:
        try:
            decoded = unquote(_PERCENT.sub("%FF", name), errors="strict")  # no UTF-8 has it
        except ValueError:
            msg = f"{plain(repr(name), 80)} is not percent-encoded UTF-8. Write a percent sign itself as %25."
            raise ArgumentsError(msg) from None
        if not decoded.strip():
            msg = (
                "A name in this address is empty. Write dockerhub://namespace/repository, such as "
                "dockerhub://library/redis; official images are in the namespace library."
            )
            raise ArgumentsError(msg)
        found.append(decoded)
    return found


def _what_there_is(uri: str) -> str:
    known = [SERVER, *(each.template.uri_template for each in TEMPLATES)]
    return (
        f"There is no resource {plain(repr(uri[:200]), 120)}. There are {', '.join(known)}; official images "
        "are in the namespace library."
    )


def _code(cause: Exception | None, protocol_version: str) -> int:
    if isinstance(cause, ArgumentsError | InvalidRequest):
        return types.INVALID_PARAMS
    if isinstance(cause, NotFound | GatedError | _NoResourceError):
        is_modern = protocol_version in MODERN_PROTOCOL_VERSIONS
        return types.INVALID_PARAMS if is_modern else NOT_FOUND_UNTIL_2025
    return types.INTERNAL_ERROR


def _result(uri: str, mime_type: str, outcome: Outcome) -> types.ReadResourceResult:
    meta = {UNTRUSTED: list(outcome.untrusted)} if outcome.untrusted else None
    contents = types.TextResourceContents(uri=uri, mime_type=mime_type, text=outcome.text, _meta=meta)
    # Nobody else needs to keep it: this server does, and knows when something was changed.
    return types.ReadResourceResult(contents=[contents], _meta=meta, ttl_ms=0, cache_scope="private")
