"""Rendering of prompts: the list for menus, and the message with the arguments filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache

import mcp_types as types

from dockerhub_mcp.hub.redaction import to_single_line
from dockerhub_mcp.server.prompts.catalog import PROMPTS, ArgumentDefinition, PromptDefinition
from dockerhub_mcp.skills.catalog import ANSWER_SECTION, Skill, load_content
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.suggestions import did_you_mean, suggest_arguments

_TOOL_NAME = re.compile(r'(?:`|"name": ")(\w+)[`"]')


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
    """Return the message of a prompt: its goal with the arguments, and the skill or the steps to follow.

    Raises:
        PromptError: The prompt does not exist, its tools are disabled, or an argument is missing or unknown.
    """
    prompt = find_prompt(name, registry)
    values = _validate_arguments(prompt, arguments)
    goal = prompt.goal.format(
        **{argument.name: _format_argument(argument, values[argument.name]) for argument in prompt.arguments}
    )
    if prompt.skill and not registry.disabled_reason(prompt.skill.main_tool):
        guidance = _render_skill(prompt.skill, registry)
    else:
        guidance = _render_steps(prompt, registry)
    text = types.TextContent(type="text", text="\n\n".join([goal, *guidance]))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=text)]
    )


def _render_skill(skill: Skill, registry: Registry) -> list[str]:
    """Return which tools are disabled, and the first section and the section on the answer.

    Other sections are about changes, which a prompt does not ask for, and about options.
    """
    content = load_content(skill.name)
    sections = [content.get_introduction(), content.get_section(ANSWER_SECTION)]
    named = dict.fromkeys(tool for section in sections for tool in _TOOL_NAME.findall(section))
    disabled = [tool for tool in named if registry.disabled_reason(tool)]
    return [*_describe_missing_tools(disabled, registry), *sections]


def _render_steps(prompt: PromptDefinition, registry: Registry) -> list[str]:
    """Return the steps with enabled tools, which tools are disabled, and the expected answer."""
    tools = prompt.steps.tools
    disabled = [tool for tool, _ in tools if registry.disabled_reason(tool)]
    steps = [f"- `{tool}`: {purpose}." for tool, purpose in tools if tool not in disabled]
    if prompt.skill:
        disabled.insert(0, prompt.skill.main_tool)  # it would do most of this in one call
    answer = (
        load_content(prompt.skill.name).get_section(ANSWER_SECTION)
        if prompt.skill
        else prompt.steps.expected_answer
    )
    return [
        "\n".join(["Use these tools:", *steps]),
        *_describe_missing_tools(disabled, registry),
        answer,
    ]


def _describe_missing_tools(tools: list[str], registry: Registry) -> list[str]:
    if not tools:
        return []
    reasons = registry.describe_disabled_tools(tools)
    return [f"Not available on this server: {reasons}. Say where that matters."]


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
