"""The ways to clean up: an agent with a plan, a person with a command, and a call for each tag."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent

from benchmarks.cleanup.service import IMAGE, RULES, Service

MODE = "2026-07-28"
SAMPLE = 25
"""The number of tags that are deleted one by one."""
_PATIENCE = 3600.0  # seconds for a call


@dataclass(slots=True)
class Cost:
    """What a way takes.

    Attributes:
        deleted: How many tags it deleted.
        calls: The calls of tools, or commands.
        questions: The questions to the user.
        seconds: From the start of the program to its last answer.
        requests: The requests to the sandbox.
        peak_mib: The peak of the program's resident memory.
        texts: Arguments and results that the model reads and writes; of a command, its output.
        asked: The texts of the questions.
    """

    deleted: int = 0
    calls: int = 0
    questions: int = 0
    seconds: float = 0.0
    requests: int = 0
    peak_mib: float = 0.0
    texts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


class Agent:
    """A client of the server over stdio that confirms every question.

    Attributes:
        asked: The questions.
        texts: Arguments and results, in order.
        pid: The process of the server.
    """

    def __init__(self, client: Client, asked: list[str], pid: int) -> None:
        self._client = client
        self.asked = asked
        self.texts: list[str] = []
        self.pid = pid

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, and return its structured result.

        Raises:
            RuntimeError: The result is an error.
        """
        result = await self._client.call_tool(tool, arguments)
        text = text_of(result)
        self.texts += [json.dumps({"name": tool, "arguments": arguments}), text]
        if result.is_error:
            raise RuntimeError(text)
        return dict(result.structured_content or {})

    def read_peak(self) -> float:
        """Return the peak of the server's resident memory in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def text_of(result: CallToolResult) -> str:
    """Return the text of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


@asynccontextmanager
async def connect_agent(service: Service, *options: str) -> AsyncIterator[Agent]:
    """Start the server, and connect a client that answers yes to every question."""
    asked: list[str] = []

    async def confirm(context: Any, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        asked.append(params.message)
        fields = getattr(params, "requested_schema", {}).get("properties", {})
        return ElicitResult(action="accept", content=dict.fromkeys(fields, True))

    server = StdioServerParameters(
        command=sys.executable, args=["-m", "dockerhub_mcp", *options], env=service.environment
    )
    before = _list_children()
    async with Client(
        server, mode=MODE, elicitation_callback=confirm, read_timeout_seconds=_PATIENCE
    ) as client:
        [pid] = _list_children() - before
        yield Agent(client, asked, pid)


async def clean_as_agent(service: Service) -> Cost:
    """Plan and apply: two calls and one question."""
    before, start = service.count_requests(), time.perf_counter()
    options = "--access", "admin", "--toolsets", "cleanup", "--results", "both"
    async with connect_agent(service, *options) as agent:
        plan = await agent.call("plan_tag_cleanup", repository=IMAGE, **RULES)
        result = await agent.call("apply_tag_cleanup", plan_id=plan["plan_id"])
        seconds, peak = time.perf_counter() - start, agent.read_peak()
    requests = service.count_requests() - before
    check_result(result, plan["deletes"])
    return Cost(result["deleted"], 2, len(agent.asked), seconds, requests, peak, agent.texts, agent.asked)


async def clean_one_by_one(service: Service, names: list[str]) -> Cost:
    """Delete tags with one call and one question each."""
    before, start = service.count_requests(), time.perf_counter()
    options = "--access", "admin", "--tools", "delete_tag"
    async with connect_agent(service, *options) as agent:
        namespace, _, repository = IMAGE.partition("/")
        for name in names:
            await agent.call("delete_tag", namespace=namespace, repository=repository, tag=name)
        seconds, peak = time.perf_counter() - start, agent.read_peak()
    requests = service.count_requests() - before
    return Cost(len(names), len(names), len(agent.asked), seconds, requests, peak, agent.texts, agent.asked)


def clean_as_person(service: Service) -> Cost:
    """Run `dockerhub-mcp cleanup --apply` at a terminal, and answer its question with y."""
    before, start = service.count_requests(), time.perf_counter()
    words = [
        "cleanup",
        IMAGE,
        "--delete-matching",
        "*",
        "--undated",
        "old",
        "--max-delete",
        "3000",
        "--apply",
    ]
    (master, slave), (reading, writing) = pty.openpty(), os.pipe()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "dockerhub_mcp", *words],
        env=service.environment,
        stdin=slave,
        stderr=slave,
        stdout=writing,
    )
    for descriptor in (slave, writing):
        os.close(descriptor)
    shown: list[str] = []
    reader = threading.Thread(target=_answer_question, args=(master, shown))
    reader.start()
    output = b"".join(iter(partial(os.read, reading, 65_536), b"")).decode()
    os.close(reading)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    reader.join()
    os.close(master)
    if process.returncode:
        raise RuntimeError("".join(shown))
    requests = service.count_requests() - before
    question = "".join(shown).count("Do it? [y/N]")
    row = next(line for line in output.splitlines() if line.startswith(f"{IMAGE}  done"))
    deleted = int(row.split()[2].replace(",", ""))
    return Cost(deleted, 1, question, seconds, requests, usage.ru_maxrss / 1024, [output])


def _answer_question(terminal: int, shown: list[str]) -> None:
    """Read what a terminal shows to its end, and answer the question in it."""
    while True:
        try:
            text = os.read(terminal, 65_536).decode("utf-8", "replace")
        except OSError:  # the program has ended
            return
        was_asked = "Do it?" in "".join(shown)
        shown.append(text)
        if not was_asked and "Do it?" in "".join(shown):
            os.write(terminal, b"y\r")


def check_result(result: dict[str, Any], expected: int) -> None:
    """Check that a clean-up deleted all that was planned.

    Raises:
        RuntimeError: It did not.
    """
    if (result["status"], result["deleted"]) != ("done", expected):
        raise RuntimeError(json.dumps(result)[:2000])


def _list_children() -> set[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text("ascii").split()}
