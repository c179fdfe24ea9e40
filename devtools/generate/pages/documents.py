"""Every page, or part of one, that a program writes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from docs.make import beside, blocks, numbers, picture, settings, tools, transcripts
from docs.make.marks import DOCS, between


def made() -> dict[Path, str]:
    """Return the pages as they should be, by path."""
    return asyncio.run(_made())


async def _made() -> dict[Path, str]:
    def page(name: str) -> str:
        return (DOCS / name).read_text("utf-8")

    demonstration, commands, on_resources, troubles, recipes, on_tools = await asyncio.gather(
        asyncio.to_thread(picture.made),
        asyncio.to_thread(transcripts.filled, page("commands.md")),
        beside.filled(page("resources.md")),
        blocks.troubles(page("troubleshooting.md")),
        blocks.recipes(page("agents.md")),
        tools.pages(),
    )
    return {
        **on_tools,
        DOCS / "commands.md": commands,
        DOCS / "resources.md": on_resources,
        DOCS / "telemetry.md": between(page("telemetry.md"), "numbers", numbers.as_markdown()),
        DOCS / "configuration.md": between(page("configuration.md"), "settings", settings.as_markdown()),
        DOCS / "sandbox.md": between(page("sandbox.md"), "identities", settings.identities()),
        DOCS / "troubleshooting.md": troubles,
        DOCS / "agents.md": recipes,
        picture.PICTURE: demonstration,
    }


def stale(pages: Mapping[Path, str]) -> list[Path]:
    """Return the pages that stand otherwise in the checkout."""
    return [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
