"""Prompts that a person picks from a menu."""

from __future__ import annotations

from collections.abc import Mapping

import mcp_types as types

from dockerhub_mcp.hub.redaction import plain
from dockerhub_mcp.tools.registry import near

PROMPTS = (
    types.Prompt(
        name="pin_image",
        title="Pin an image",
        description="Choose a tag of an image for your purpose and pin it by digest.",
        arguments=[
            types.PromptArgument(
                name="image", description="Image, such as redis or acme/app.", required=True
            ),
            types.PromptArgument(name="purpose", description="What it is for and on which platform."),
        ],
    ),
    types.Prompt(
        name="review_access",
        title="Review who has access",
        description="Go through the members, teams and tokens of an organization and point out what is odd.",
        arguments=[types.PromptArgument(name="organization", description="Its name.", required=True)],
    ),
)

_TEXTS = {
    "pin_image": (
        "Which tag of the Docker Hub image {image} should I use{purpose}? Look at the newest tags, prefer a "
        "stable version over a moving tag, and check that the platform is there. Answer with the image "
        "reference pinned by digest, the date it was last pushed, and one sentence why."
    ),
    "review_access": (
        "Review who has access to the Docker Hub organization {organization}: its owners and other members, "
        "people invited, teams, and organization access tokens. Point out tokens that never expire or were "
        "long unused, guests, and more owners than needed. Say what you could not see, and why."
    ),
}


def render(name: str, arguments: Mapping[str, str]) -> types.GetPromptResult:
    """Return a prompt with its arguments filled in.

    Raises:
        ValueError: There is no such prompt, or an argument is missing or unknown.
    """
    prompt = next((prompt for prompt in PROMPTS if prompt.name == name), None)
    if prompt is None:
        known_names = [prompt.name for prompt in PROMPTS]
        msg = f"Unknown prompt: {plain(repr(name), 100)}{near(name[:100], known_names)}"
        raise ValueError(msg)
    known = {argument.name: bool(argument.required) for argument in prompt.arguments or []}
    for argument in arguments:
        if argument not in known:
            msg = f"{name} has no argument {argument!r}{near(argument, list(known))}"
            raise ValueError(msg)
    values = {argument: plain(arguments.get(argument, ""), 200) for argument in known}
    for argument, required in known.items():
        if required and not values[argument]:
            msg = f"{name} needs the argument {argument}"
            raise ValueError(msg)
    if "purpose" in values:
        values["purpose"] = f" for this: {values['purpose']}" if values["purpose"] else ""
    text = types.TextContent(type="text", text=_TEXTS[name].format(**values))
    return types.GetPromptResult(
        description=prompt.description, messages=[types.PromptMessage(role="user", content=text)]
    )
