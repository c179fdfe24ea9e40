"""Agent Skills on tasks with this server's tools: a folder each, with instructions in `SKILL.md`."""

from __future__ import annotations

from typing import Any

EXTENSION_ID = "io.modelcontextprotocol/skills"
"""The MCP extension with which a server offers skills (SEP-2640)."""

EXTENSION_SETTINGS = {"directoryRead": True}
"""What this server declares: it has the optional method `resources/directory/read`."""


def declares_skills(capabilities: Any) -> bool:
    """Return whether the capabilities of a client, as JSON, have the extension."""
    extensions = capabilities.get("extensions") if isinstance(capabilities, dict) else None
    return isinstance(extensions, dict) and isinstance(extensions.get(EXTENSION_ID), dict)
