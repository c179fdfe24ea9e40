"""Pages of recipes: each call on a page is followed by what the agent sees.

A section that needs options of the server names them in a line "Options: `--toolsets tags --access admin`".
Its calls are made by a server that was started with them, or with none, so that the line cannot be wrong.
"""

from __future__ import annotations

import json
import re

from devtools.generate.markdown import format_code_block
from devtools.generate.pages.session import Session, ShownResult, open_session
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.catalog.registry import Registry

_CALL = re.compile(
    r"^```json\n(\{\"name\": (?:(?!^```).*\n)+)^```\n\n^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE
)
_PLAN_ID = re.compile(r"cleanup-[0-9a-f]{32}")
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)
_OPTIONS = re.compile(r"^Options: `([^`]*)`", re.MULTILINE)


async def fill_page(page: str) -> str:
    """Return the page with the current result of each call; the calls of a section share one sandbox.

    A call that names a clean-up plan names the last one of its section.

    Raises:
        ValueError: A call fails.
    """
    return "".join([await _fill_section(section) for section in _SECTION.split(page)])


async def _fill_section(section: str) -> str:
    parts, end, plan_id = [], 0, ""
    async with open_session("owner", registry=_build_registry(section)) as session:
        for found in _CALL.finditer(section):
            call = _PLAN_ID.sub(plan_id, found[1]) if plan_id else found[1]
            result = await _call_tool(session, call)
            between = section[found.end(1) : found.start(2)]
            parts += [section[end : found.start(1)], call, between, _format_result(result)]
            end = found.end(2)
            if planned := _PLAN_ID.search(result.text):
                plan_id = planned[0]
    return "".join([*parts, section[end:]])


def _build_registry(section: str) -> Registry:
    """Return the tools of a server that is started with the options that a section names.

    Raises:
        ValueError: The section names an option other than `--access` and `--toolsets`.
    """
    found = _OPTIONS.search(section)
    words = found[1].split() if found else []
    options = dict(zip(words[::2], words[1::2], strict=True))
    registry = Registry(
        access=Access(options.pop("--access", Access.READ)),
        toolsets=options.pop("--toolsets", "default").split(","),
    )
    if options:
        msg = f"recipes can be made with --access and --toolsets only, not with {', '.join(options)}"
        raise ValueError(msg)
    return registry


async def _call_tool(session: Session, text: str) -> ShownResult:
    call = json.loads(text)
    result = await session.call_tool(call["name"], call["arguments"])
    if result.is_error:
        msg = f"{call['name']} fails: {result.text}"
        raise ValueError(msg)
    return result


def _format_result(result: ShownResult) -> str:
    """Return the lines between the fences."""
    questions = [f"(The user is asked: {question} The answer is yes.)\n" for question in result.questions]
    block = format_code_block("".join([*questions, result.text]))
    return block.split("\n", 1)[1].rsplit("\n", 2)[0] + "\n"
