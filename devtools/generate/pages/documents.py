"""Every generated document, and every document with generated sections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devtools.generate.artifacts import Files, find_leftovers
from devtools.generate.frozen_clock import freeze_clock
from devtools.generate.markdown import replace_section
from devtools.generate.pages import (
    confirmations,
    demo_picture,
    metrics,
    recipes,
    resources,
    settings,
    tool_pages,
    transcripts,
    troubleshooting,
)
from devtools.generate.paths import DOCS

RECIPES = ("agents.md", "platform-engineers.md", "administrators.md")
"""The pages of recipes."""


def build_files() -> Files:
    """Return the documents as they should be."""
    with freeze_clock():  # throughout: confirmations that are under way must not expire
        return asyncio.run(_build_documents())


async def _build_documents() -> dict[Path, str | None]:
    results = await asyncio.gather(
        asyncio.to_thread(demo_picture.build_picture),
        asyncio.to_thread(transcripts.fill_transcripts, _read_page("commands.md")),
        asyncio.to_thread(transcripts.fill_transcripts, _read_page("cleanup.md")),
        asyncio.to_thread(transcripts.fill_transcripts, _read_page("call-tables.md")),
        resources.fill_page(_read_page("resources.md")),
        troubleshooting.fill_page(_read_page("troubleshooting.md")),
        *(recipes.fill_page(_read_page(name)) for name in RECIPES),
        tool_pages.build_pages(),
        # Cancelling a page whose server is starting can block for ever, and hide the error.
        return_exceptions=True,
    )
    built = _raise_first_error(results)
    picture, commands, cleanup, tables, resources_page, errors, *recipe_pages, tools = built
    return {
        **tools,
        **find_leftovers(tool_pages.FOLDER, "*", tools),
        DOCS / "commands.md": commands,
        DOCS / "cleanup.md": cleanup,
        DOCS / "call-tables.md": tables,
        DOCS / "resources.md": resources_page,
        DOCS / "telemetry.md": _replace("telemetry.md", "metrics", metrics.render_metrics()),
        DOCS / "configuration.md": _replace("configuration.md", "settings", settings.render_settings()),
        DOCS / "sandbox.md": _replace("sandbox.md", "identities", settings.render_identities()),
        DOCS / "security.md": _replace("security.md", "confirmations", confirmations.render_confirmations()),
        DOCS / "troubleshooting.md": errors,
        **{DOCS / name: page for name, page in zip(RECIPES, recipe_pages, strict=True)},
        demo_picture.PICTURE: picture,
    }


def _raise_first_error(results: Sequence[Any]) -> Sequence[Any]:
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def _read_page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def _replace(name: str, section: str, text: str) -> str:
    return replace_section(_read_page(name), section, text)
