"""Arguments that hosts are known to add to the arguments of a tool call, for purposes of their own.

docs/hosts.md documents the list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

INJECTED_ARGUMENTS: dict[str, str] = {
    "toolCallId": "n8n",
    "sessionId": "n8n",
    "action": "n8n",
    "chatInput": "n8n",
    "tool": "n8n",
    "task_progress": "Cline",
    "random_string": "Cursor",
    "_placeholder": "AI SDK, opencode",
    "security_context": "CrewAI",
    "security_risk": "OpenHands",
    "toolAction": "Antigravity",
    "toolSummary": "Antigravity, Windsurf",
    "waitForPreviousTools": "Antigravity",
    "_auth_auth_type": "mcpproxy",
    "_tool_context": "HolmesGPT",
    "_meta": "clients that put the request's metadata into the arguments",
    "progressToken": "clients that put the request's metadata into the arguments",
}
"""The names, each with the hosts that add it."""


def set_aside_injected_arguments(
    arguments: Mapping[str, Any], known_names: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments without injected ones, and a note that names these.

    Args:
        arguments: The arguments as the client sent them.
        known_names: The arguments that the tool takes; they are never set aside.
    """
    if INJECTED_ARGUMENTS.keys().isdisjoint(arguments):
        return dict(arguments), []
    injected = [name for name in arguments if name in INJECTED_ARGUMENTS and name not in known_names]
    if not injected:
        return dict(arguments), []
    rest = {name: value for name, value in arguments.items() if name not in injected}
    return rest, [f"Set aside as added by the host: {', '.join(injected)}."]
