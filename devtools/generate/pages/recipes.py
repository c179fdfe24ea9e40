"""The recipes for agents: each call on the page is followed by what the agent sees."""

from __future__ import annotations

import json
import re

from devtools.generate.markdown import format_code_block
from devtools.generate.pages.session import Session, ShownResult, open_session

_CALL = re.compile(
    r"^```json\n(\{\"name\": (?:(?!^```).*\n)+)^```\n\n^```text\n((?:(?!```).*\n)*)^```$", re.MULTILINE
)
_PLAN_ID = re.compile(r"cleanup-[0-9a-f]{32}")
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)


async def fill_page(page: str) -> str:
    """Return the page with the current result of each call; the calls of a section share one sandbox.

    A call that names a clean-up plan names the last one of its section.

    Raises:
        ValueError: A call fails.
    """
    return "".join([await _fill_section(section) for section in _SECTION.split(page)])


async def _fill_section(section: str) -> str:
    parts, end, plan_id = [], 0, ""
    async with open_session("owner") as session:
        for found in _CALL.finditer(section):
            call = _PLAN_ID.sub(plan_id, found[1]) if plan_id else found[1]
            result = await _call_tool(session, call)
            between = section[found.end(1) : found.start(2)]
            parts += [section[end : found.start(1)], call, between, _format_result(result)]
            end = found.end(2)
            if planned := _PLAN_ID.search(result.text):
                plan_id = planned[0]
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
