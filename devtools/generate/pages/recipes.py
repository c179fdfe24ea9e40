"""The recipes for agents: each call on the page is followed by what the agent sees."""

from __future__ import annotations

import json
import re

from devtools.generate.markdown import format_code_block
from devtools.generate.pages.session import Session, ShownResult, open_session

_CALL = re.compile(
    r"^```json\n(\{\"name\": (?:(?!^```).*\n)+)^```\n\n^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE
)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


async def fill_page(page: str) -> str:
    """Return the page with the current result of each call; the calls of a section share one sandbox.

    Raises:
        ValueError: A call fails.
    """
    return "".join([await _fill_section(section) for section in _SECTION.split(page)])


async def _fill_section(section: str) -> str:
    parts, end = [], 0
    async with open_session("owner") as session:
        for found in _CALL.finditer(section):
            result = await _call_tool(session, found[1])
            parts += [section[end : found.start(2)], _format_result(result)]
            end = found.end(2)
    return "".join([*parts, section[end:]])


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
