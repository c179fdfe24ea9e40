"""Narrow the enabled tools by a caller's token and by the headers of its request."""

from __future__ import annotations

from difflib import get_close_matches

from cachetools import LRUCache

from dockerhub_mcp.server.http.auth.verifier import Caller
from dockerhub_mcp.server.http.headers import RequestHeaders
from dockerhub_mcp.server.http.responses import HTTPRejection
from dockerhub_mcp.tools.access import Access, ToolFilter, ToolInfo
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError

ACCESS_HEADER, TOOLSETS_HEADER = "x-mcp-access", "x-mcp-toolsets"
TOOLS_HEADER, EXCLUDE_TOOLS_HEADER = "x-mcp-tools", "x-mcp-exclude-tools"
FILTER_HEADERS = (ACCESS_HEADER, TOOLSETS_HEADER, TOOLS_HEADER, EXCLUDE_TOOLS_HEADER)
_HEADER_PREFIX = "x-mcp-"
_SIMILARITY = 0.9  # of a misspelt header, such as X-MCP-Toolset; other X-MCP headers are not for this server
_MAX_CACHED_REGISTRIES = 256  # each takes a few kilobytes


class RequestToolFilter:
    """Determines the tools of each request.

    Args:
        registry: The tools that the server's own settings enable.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._cached_registries: LRUCache[tuple[object, ...], Registry] = LRUCache(_MAX_CACHED_REGISTRIES)

    def registry_for(self, caller: Caller, headers: RequestHeaders) -> Registry:
        """Return the tools that a caller may use in this request.

        Raises:
            HTTPRejection: 400 if a header is misspelt, or names nothing, or no level, toolset or tool.
        """
        _reject_misspelt_headers(headers)
        filters = tuple(headers.get(name, "").strip() for name in FILTER_HEADERS)
        key = (caller.issuer, caller.name, caller.access, caller.toolsets, *filters)
        registry = self._cached_registries.get(key)
        if registry is None:
            registry = self._cached_registries[key] = self._filter_registry(caller, *filters)
        return registry

    def _filter_registry(
        self, caller: Caller, access: str, toolsets: str, tools: str, excluded: str
    ) -> Registry:
        registry = self._registry
        try:
            if caller.access is not Access.ADMIN or caller.toolsets:
                registry = registry.restrict_tools(
                    access=caller.access,
                    toolsets=caller.toolsets,
                    reason=lambda limits, tool: _describe_caller_limits(caller, limits, tool),
                )
            if access or toolsets or tools or excluded:
                registry = registry.restrict_tools(
                    access=Access(access.lower()) if access else Access.ADMIN,
                    toolsets=_parse_names(toolsets, "X-MCP-Toolsets"),
                    tools=_parse_names(tools, "X-MCP-Tools"),
                    exclude_tools=_parse_names(excluded, "X-MCP-Exclude-Tools"),
                    reason=_describe_header_limits,
                    off_by="headers",
                )
        except UnknownNameError as error:
            option, colon, problem = str(error).partition(":")
            msg = f"The header X-MCP-{option.title()}{colon}{problem}"
            raise HTTPRejection(400, msg) from None
        except ValueError:
            msg = f"The header X-MCP-Access must be one of {', '.join(Access)}."
            raise HTTPRejection(400, msg) from None
        return registry


def _reject_misspelt_headers(headers: RequestHeaders) -> None:
    """Refuse a request that would have more tools than its client meant, because the server ignores a header.

    Raises:
        HTTPRejection: 400.
    """
    for name in headers:
        if not name.startswith(_HEADER_PREFIX) or name in FILTER_HEADERS:
            continue
        if similar := get_close_matches(name[:64], FILTER_HEADERS, n=1, cutoff=_SIMILARITY):
            given, meant = (each.title().replace("Mcp", "MCP", 1) for each in (name[:64], similar[0]))
            msg = f"There is no header {given}; did you mean {meant}?"
            raise HTTPRejection(400, msg)


def _describe_caller_limits(caller: Caller, limits: ToolFilter, tool: ToolInfo) -> str:
    missing = limits.find_missing(tool)
    if missing.access and (scope := caller.scopes.get(missing.access)):
        return (
            f"the token of {caller.name} was not given it: that needs the scope {scope}, which the "
            "authorization server grants"
        )
    subject = f"the token {caller.name}" if caller.name else "this server"
    needs = [f"access {missing.access}"] if missing.access else []
    needs += [f"the toolset {tool.area}"] if missing.toolsets else []
    return (
        f"{subject} was not given it: that needs {' and '.join(needs)}; only the owner of this server can "
        "change that"
    )


def _describe_header_limits(limits: ToolFilter, tool: ToolInfo) -> str:
    missing = limits.find_missing(tool)
    needs = [f"X-MCP-Access: {missing.access}"] if missing.access else []
    needs += [f"X-MCP-Toolsets: {','.join(missing.toolsets)}"] if missing.toolsets else []
    needs += [f"{tool.name} in X-MCP-Tools"] if limits.tools and tool.name not in limits.tools else []
    needs += [f"X-MCP-Exclude-Tools without {tool.name}"] if tool.name in limits.exclude_tools else []
    return f"the X-MCP headers of this request leave it out: it needs {' and '.join(needs)}"


def _parse_names(text: str, header: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if text and not names:
        msg = f"The header {header} names nothing; leave it out to set no limit."
        raise HTTPRejection(400, msg)
    return names
