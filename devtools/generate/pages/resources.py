"""What there is beside tools, as a client gets it: resources, completions and prompts."""

from __future__ import annotations

import json

from mcp import Client
from mcp_types import PromptReference, ResourceTemplateReference

from dockerhub_mcp.server.prompts.catalog import PROMPTS
from docs.make.marks import between, fenced, in_cell
from docs.make.stage import stage

_README_LINES = 12
_OFFERED = 5
"""Names that are shown of what is offered."""
_NAMESPACE = "dockerhub://{namespace}/{repository}"
_ASKED: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (_NAMESPACE, "namespace", "ac", {}),
    (_NAMESPACE, "repository", "st", {"namespace": "acme"}),
    (f"{_NAMESPACE}/tags/{{tag}}", "tag", "8.2-al", {"namespace": "library", "repository": "redis"}),
    ("pin_image", "image", "redis:8.2-al", {}),
    ("review_access", "organization", "", {}),
    ("pin_image", "platform", "arm", {}),
)
"""What somebody types, as the page shows it: where, in which argument, what, and what was chosen before."""


async def filled(page: str) -> str:
    """Return the page with what there is, and with what a client gets."""
    async with stage("owner") as on:
        client = on.client
        parts = {
            "resources": await _resources(client),
            "server": await _read(client, "dockerhub://server"),
            "tag": await _read(client, "dockerhub://library/redis/tags/8.2"),
            "readme": await _read(client, "dockerhub://library/redis/readme", _README_LINES),
            "completions": await _completions(client),
            "prompts": _prompts(),
            "prompt": await _prompt(client),
        }
    for name, text in parts.items():
        page = between(page, name, text)
    return page


async def _resources(client: Client) -> str:
    lines = ["| Address | What it is | Form |", "| --- | --- | --- |"]
    for resource in (await client.list_resources()).resources:
        told = in_cell(resource.description or "")
        lines.append(f"| `{resource.uri}` | **{resource.title}.** {told} | `{resource.mime_type}` |")
    for template in (await client.list_resource_templates()).resource_templates:
        told = in_cell(template.description or "")
        lines.append(f"| `{template.uri_template}` | **{template.title}.** {told} | `{template.mime_type}` |")
    return "\n".join(lines) + "\n"


async def _read(client: Client, uri: str, most: int = 0) -> str:
    [content] = (await client.read_resource(uri)).contents
    lines = content.model_dump()["text"].split("\n")
    return fenced("\n".join([*lines[:most], "..."] if 0 < most < len(lines) else lines))


async def _completions(client: Client) -> str:
    rows = ["| Where | Typed | Offered |", "| --- | --- | --- |"]
    for where, name, typed, before in _ASKED:
        ref = ResourceTemplateReference(uri=where) if "://" in where else PromptReference(name=where)
        found = await client.complete(ref, {"name": name, "value": typed}, before or None)
        values = found.completion.values
        offered = ", ".join(f"`{value}`" for value in values[:_OFFERED]) + (
            ", ..." if len(values) > _OFFERED else ""
        )
        chosen = f", after {', '.join(f'`{value}`' for value in before.values())}" if before else ""
        rows.append(
            f"| `{name}` of `{where}`{chosen} | {f'`{typed}`' if typed else 'nothing yet'} | {offered} |"
        )
    return "\n".join(rows) + "\n"


def _prompts() -> str:
    parts = []
    for prompt in PROMPTS:
        lines = [f"### {prompt.title}\n", f"`{prompt.name}`. {prompt.description}\n"]
        lines += ["| Argument | Required | Meaning |", "| --- | --- | --- |"]
        for argument in prompt.arguments:
            required = "yes" if argument.required else ""
            lines.append(f"| `{argument.name}` | {required} | {in_cell(argument.description)} |")
        tools = ", ".join(f"`{tool}`" for tool, _ in prompt.steps)
        needed = ", ".join(f"`{tool}`" for tool in prompt.any_of_tools)
        lines.append(f"\nUses what is on of {tools}. Is offered while one of these is on: {needed}.\n")
        parts.append("\n".join(lines))
    return "\n".join(parts)


async def _prompt(client: Client) -> str:
    arguments = {"image": "redis", "purpose": "a cache beside a web service", "platform": "linux/arm64"}
    got = await client.get_prompt("pin_image", arguments)
    [message] = got.messages
    asked = json.dumps({"name": "pin_image", "arguments": arguments})
    return f"{fenced(asked)}\n{fenced(message.content.model_dump()['text'])}"
