"""Calls of the tools on images, with the registry of the sandbox."""

from __future__ import annotations

from typing import Any

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.context import ToolContext
from tests.support.registry_contexts import create_registry_server
from tests.support.tool_calls import make_context


def make_image_context(sandbox: Sandbox, hub: Hub, **options: Any) -> ToolContext:
    """Return a context with a client of the sandbox's registry, whose cache is empty."""
    _, server = create_registry_server(sandbox)
    client = RegistryClient(server, hub.account)
    return make_context(hub, registry_for=lambda _: client, **options)


def list_pulled_manifests(sandbox: Sandbox) -> list[str]:
    """Return the paths of the manifests that were downloaded from the sandbox's registry."""
    return [
        request.path
        for request in sandbox.requests
        if request.is_registry and request.method == "GET" and "/manifests/" in request.path
    ]
