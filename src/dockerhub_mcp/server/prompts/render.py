"""Rendering of prompts: the list for menus, and the message with the arguments filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import mcp_types as types

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.prompts.catalog import PROMPTS, ArgumentDefinition, PromptDefinition
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.suggestions import did_you_mean, suggest_arguments


class PromptError(ValueError):
    """An unknown or unavailable prompt, or invalid arguments; the message says how to correct the request."""


def list_available_prompts(registry: Registry) -> list[types.Prompt]:
    """Return the prompts that the enabled tools can carry out."""
    return [_build_prompt(prompt) for prompt in PROMPTS if _is_available(prompt, registry)]


def find_prompt(name: str, registry: Registry) -> PromptDefinition:
    """Return a prompt.

    Raises:
        PromptError: The prompt does not exist, or its tools are disabled.
    """
    prompt = next((prompt for prompt in PROMPTS if prompt.name == name), None)
    if prompt is None:
        known = [prompt.name for prompt in PROMPTS if _is_available(prompt, registry)]
        msg = f"Unknown prompt: {to_single_line(repr(name[:200]), 100)}{did_you_mean(name, known)}"
        raise PromptError(msg)
    if not _is_available(prompt, registry):
        reasons = registry.describe_disabled_tools(prompt.all_tools)
        msg = f"The prompt {name} needs one of these tools, and all are switched off here: {reasons}."
        raise PromptError(msg)
    return prompt


def render_prompt(name: str, arguments: Mapping[str, str], registry: Registry) -> types.GetPromptResult:
    """Return the message of a prompt, with its arguments and the steps with enabled tools.

    Raises:
        PromptError: The prompt does not exist, its tools are disabled, or an argument is missing or unknown.
    """
    prompt = find_prompt(name, registry)
    values = _validate_arguments(prompt, arguments)
    goal = prompt.goal.format(
        **{argument.name: _format_argument(argument, values[argument.name]) for argument in prompt.arguments}
    )
    selected = prompt.select_steps(lambda tool: not registry.disabled_reason(tool))
    steps = [f"- `{tool}`: {purpose}." for tool, purpose in selected if not registry.disabled_reason(tool)]
    disabled = [tool for tool, _ in selected if registry.disabled_reason(tool)]
    parts = [goal, "\n".join(["Use these tools:", *steps]), prompt.expected_answer]
    if disabled:
        reasons = registry.describe_disabled_tools(disabled)
        parts.insert(2, f"Not available on this server: {reasons}. Say where that matters.")
    text = types.TextContent(type="text", text="\n\n".join(parts))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=text)]
    )


@cache
def _build_prompt(prompt: PromptDefinition) -> types.Prompt:
    arguments = [
        types.PromptArgument(
            name=argument.name, description=argument.description, required=argument.required or None
        )
        for argument in prompt.arguments
    ]
    return types.Prompt(
        name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments
    )


def _is_available(prompt: PromptDefinition, registry: Registry) -> bool:
    return any(not registry.disabled_reason(tool) for tool in prompt.all_tools)


def _validate_arguments(prompt: PromptDefinition, arguments: Mapping[str, str]) -> dict[str, str]:
    known = {argument.name: argument for argument in prompt.arguments}
    for name in arguments:
        if name not in known:
            shown = to_single_line(repr(name[:200]), 100)
            msg = f"{prompt.name} has no argument {shown}{suggest_arguments(name, list(known))}"
            raise PromptError(msg)
    values = {
        name: to_single_line(arguments.get(name, "")[: 10 * argument.max_length], argument.max_length)
        for name, argument in known.items()
    }
    for name, argument in known.items():
        if argument.required and not values[name]:
            msg = f"{prompt.name} needs the argument {name}. {argument.description}"
            raise PromptError(msg)
    return values


def _format_argument(argument: ArgumentDefinition, value: str) -> str:
    if not value:
        return ""
    return argument.template.format(json.dumps(value, ensure_ascii=False) if argument.is_quoted else value)
