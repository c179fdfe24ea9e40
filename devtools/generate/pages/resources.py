"""The page on resources, completions and prompts, as a client gets them."""

from __future__ import annotations

import json

from mcp import Client
from mcp_types import PromptReference, ResourceTemplateReference

from devtools.generate.markdown import escape_cell, format_code_block, format_table, replace_section
from devtools.generate.pages.session import open_session
from dockerhub_mcp.server.prompts.catalog import PROMPTS

_README_LINES = 12
_SHOWN_COMPLETIONS = 5
_REPOSITORY = "dockerhub://{namespace}/{repository}"
_COMPLETIONS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (_REPOSITORY, "namespace", "ac", {}),
    (_REPOSITORY, "repository", "st", {"namespace": "acme"}),
    (f"{_REPOSITORY}/tags/{{tag}}", "tag", "8.2-al", {"namespace": "library", "repository": "redis"}),
    ("pin_image", "image", "redis:8.2-al", {}),
    ("review_access", "organization", "", {}),
    ("pin_image", "platform", "arm", {}),
)
"""The completions that the page shows: resource or prompt, argument, typed text, arguments chosen before."""


async def fill_page(page: str) -> str:
    """Return the page with its generated sections."""
    async with open_session("owner") as session:
        client = session.client
        sections = {
            "resources": await _list_resources(client),
            "server": await _read_resource(client, "dockerhub://server"),
            "tag": await _read_resource(client, "dockerhub://library/redis/tags/8.2"),
            "readme": await _read_resource(client, "dockerhub://library/redis/readme", _README_LINES),
            "completions": await _complete_arguments(client),
            "prompts": _describe_prompts(),
            "prompt": await _get_prompt(client),
        }
    for name, text in sections.items():
        page = replace_section(page, name, text)
    return page


async def _list_resources(client: Client) -> str:
    resources = [
        (resource.uri, resource.title, resource.description, resource.mime_type)
        for resource in (await client.list_resources()).resources
    ]
    templates = [
        (template.uri_template, template.title, template.description, template.mime_type)
        for template in (await client.list_resource_templates()).resource_templates
    ]
    rows = [
        (f"`{uri}`", f"**{title}.** {escape_cell(description or '')}", f"`{mime_type}`")
        for uri, title, description, mime_type in [*resources, *templates]
    ]
    return format_table(("URI", "Content", "MIME type"), rows)


async def _read_resource(client: Client, uri: str, max_lines: int = 0) -> str:
    [content] = (await client.read_resource(uri)).contents
    lines = content.model_dump()["text"].split("\n")
    if 0 < max_lines < len(lines):
        lines = [*lines[:max_lines], "..."]
    return format_code_block("\n".join(lines))


async def _complete_arguments(client: Client) -> str:
    rows = []
    for source, name, typed, chosen in _COMPLETIONS:
        ref = ResourceTemplateReference(uri=source) if "://" in source else PromptReference(name=source)
        found = await client.complete(ref, {"name": name, "value": typed}, chosen or None)
        values = [f"`{value}`" for value in found.completion.values]
        if len(values) > _SHOWN_COMPLETIONS:
            values = [*values[:_SHOWN_COMPLETIONS], "..."]
        after = f", after {', '.join(f'`{value}`' for value in chosen.values())}" if chosen else ""
        rows.append(
            (f"`{name}` of `{source}`{after}", f"`{typed}`" if typed else "nothing", ", ".join(values))
        )
    return format_table(("Argument", "Typed", "Completions"), rows)


def _describe_prompts() -> str:
    parts = []
    for prompt in PROMPTS:
        rows = [
            (f"`{argument.name}`", "yes" if argument.required else "", escape_cell(argument.description))
            for argument in prompt.arguments
        ]
        tools = ", ".join(f"`{tool}`" for tool, _ in prompt.steps.tools)
        steps = f"It lists steps with these tools, where they are on: {tools}."
        if prompt.skill:
            steps = (
                f"It follows the skill `{prompt.skill.name}` if `{prompt.skill.main_tool}` is on. "
                f"Otherwise it{steps.removeprefix('It')}"
            )
        any_of = ", ".join(f"`{tool}`" for tool in prompt.all_tools)
        parts.append(
            f"### {prompt.title}\n\n`{prompt.name}`. {prompt.description}\n\n"
            f"{format_table(('Argument', 'Required', 'Meaning'), rows)}\n"
            f"{steps} It is offered while at least one of these is on: {any_of}.\n"
        )
    return "\n".join(parts)


async def _get_prompt(client: Client) -> str:
    arguments = {"image": "redis", "purpose": "a cache beside a web service", "platform": "linux/arm64"}
    [message] = (await client.get_prompt("pin_image", arguments)).messages
    request = json.dumps({"name": "pin_image", "arguments": arguments})
    text = message.content.model_dump()["text"]
    return f"{format_code_block(request)}\n{format_code_block(text)}"
