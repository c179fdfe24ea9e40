"""From declared prompts to the menu and to the text that a person sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import mcp_types as types

from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.server.prompts.catalog import PROMPTS, Argument, Declared
from dockerhub_mcp.tools.catalog.registry import Registry, near


class PromptError(ValueError):
    """There is no such prompt here, or its arguments do not fit; the message says what would help."""


def menu(registry: Registry) -> list[types.Prompt]:
    """Return the prompts that can be carried out with the tools that are on."""
    return [_listed(prompt) for prompt in PROMPTS if _is_on(prompt, registry)]


def find(name: str, registry: Registry) -> Declared:
    """Return a prompt by its name.

    Raises:
        PromptError: There is none, or the tools that it needs are off.
    """
    prompt = next((prompt for prompt in PROMPTS if prompt.name == name), None)
    if prompt is None:
        known = [prompt.name for prompt in PROMPTS if _is_on(prompt, registry)]
        msg = f"Unknown prompt: {plain(repr(name[:200]), 100)}{near(name, known)}"
        raise PromptError(msg)
    if not _is_on(prompt, registry):
        reasons = _by_reason(prompt.needs, registry)
        msg = f"The prompt {name} needs one of these tools, and all are switched off here: {reasons}."
        raise PromptError(msg)
    return prompt


def render(name: str, arguments: Mapping[str, str], registry: Registry) -> types.GetPromptResult:
    """Return a prompt with its arguments filled in, and with the tools that are on.

    Raises:
        PromptError: There is no such prompt here, or an argument is missing or unknown.
    """
    prompt = find(name, registry)
    values = _values(prompt, arguments)
    goal = prompt.goal.format(
        **{argument.name: _phrase(argument, values[argument.name]) for argument in prompt.arguments}
    )
    on = [f"- `{tool}`: {what}." for tool, what in prompt.steps if not registry.why_off(tool)]
    off = [tool for tool, _ in prompt.steps if registry.why_off(tool)]
    parts = [goal, "\n".join(["Use these tools:", *on]), prompt.answer]
    if off:
        parts.insert(2, f"Not to be had on this server: {_by_reason(off, registry)}. Say where that matters.")
    text = types.TextContent(type="text", text="\n\n".join(parts))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=text)]
    )


@cache
def _listed(prompt: Declared) -> types.Prompt:
    arguments = [
        types.PromptArgument(
            name=argument.name, description=argument.description, required=argument.required or None
        )
        for argument in prompt.arguments
    ]
    return types.Prompt(
        name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments
    )


def _is_on(prompt: Declared, registry: Registry) -> bool:
    return any(not registry.why_off(tool) for tool in prompt.needs)


def _by_reason(tools: list[str] | tuple[str, ...], registry: Registry) -> str:
    reasons: dict[str, list[str]] = {}
    for tool in tools:
        reasons.setdefault(registry.why_off(tool), []).append(tool)
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())


def _values(prompt: Declared, arguments: Mapping[str, str]) -> dict[str, str]:
    known = {argument.name: argument for argument in prompt.arguments}
    for name in arguments:
        if name not in known:
            msg = f"{prompt.name} has no argument {plain(repr(name[:200]), 100)}{near(name, list(known))}"
            raise PromptError(msg)
    values = {
        name: plain(arguments.get(name, "")[: 10 * argument.longest], argument.longest)
        for name, argument in known.items()
    }
    for name, argument in known.items():
        if argument.required and not values[name]:
            msg = f"{prompt.name} needs the argument {name}. {argument.description}"
            raise PromptError(msg)
    return values


def _phrase(argument: Argument, value: str) -> str:
    if not value:
        return ""
    return argument.phrase.format(json.dumps(value, ensure_ascii=False) if argument.pasted else value)
