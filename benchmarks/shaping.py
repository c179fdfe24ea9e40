"""The processor time of a call without the network: arguments, response, and result.

A Hub client gets its responses from memory, each fetched once from the sandbox, so that a call takes nothing
but this program's own time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from dockerhub_mcp.bootstrap.garbage_collector import tune_garbage_collector
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.models import Page
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.results.tool_result import ResultOptions

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "one repository": ("get_repository", {"repository": "acme/storefront"}),
    "one tag": ("get_tag", {"repository": "redis", "tag": "8.2"}),
    "10 tags": ("list_tags", {"repository": "redis", "page_size": 10}),
    "25 tags": ("list_tags", {"repository": "redis"}),
    "100 tags": ("list_tags", {"repository": "redis", "page_size": 100}),
    "tags by name": ("list_tags", {"repository": "redis", "name": "8.2"}),
    "25 repositories": ("list_repositories", {"namespace": "library", "page_size": 25}),
    "a search": ("search_repositories", {"query": "redis"}),
}
STAGES = "arguments", "response", "result", "call", "call with data", "cached"
_BATCH_SECONDS = 0.02
_MICROSECONDS = 1e6


class RememberingTransport(httpx.AsyncBaseTransport):
    """Responds from memory, with what another transport responded to the first request of the kind."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._responses: dict[tuple[str, str], tuple[int, list[tuple[str, str]], bytes]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request."""
        key = request.method, str(request.url)
        if key not in self._responses:
            response = await self._transport.handle_async_request(request)
            content = await response.aread()
            self._responses[key] = response.status_code, response.headers.multi_items(), content
        status, headers, content = self._responses[key]
        return httpx.Response(status, headers=headers, content=content, request=request)


@dataclass(frozen=True)
class Measurement:
    """The microseconds of each stage of a call.

    Attributes:
        name: The call.
        stages: The microseconds by stage; `result` is what a call takes beyond its arguments and response.
    """

    name: str
    stages: dict[str, float]


async def measure(names: list[str], rounds: int) -> list[Measurement]:
    """Measure calls; of each stage the fastest round counts, because other programs only add time.

    Args:
        names: The calls.
        rounds: The number of rounds, in each of which every call is repeated for some milliseconds.
    """
    sandbox = Sandbox(anonymous_limit=None, signed_in_limit=None, token_lifetime=1e6)
    transport = RememberingTransport(httpx.ASGITransport(app=sandbox.app))
    owner = sandbox.state.users["ada"]
    credentials = Credentials.from_strings(owner.username, owner.password)
    async with Hub(credentials, base_url="http://localhost", httpx_transport=transport) as hub:
        stages = {name: _list_stages(hub, name) for name in names}
        best = {(name, stage): float("inf") for name in names for stage in stages[name]}
        tune_garbage_collector()  # as the server does
        for _ in range(rounds):
            for (name, stage), fastest in best.items():
                best[name, stage] = min(fastest, await _time(stages[name][stage]))
    return [_summarize(name, {stage: best[name, stage] for stage in stages[name]}) for name in names]


def _list_stages(hub: Hub, name: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return what to repeat for each stage of a call that can be measured by itself."""
    tool_name, arguments = CALLS[name]
    registry = Registry(access=Access.READ, toolsets=["all"])
    tool = registry.find_tool(tool_name)
    uncached, with_data = (
        ToolContext(hub, result_options=ResultOptions()),
        ToolContext(hub, result_options=ResultOptions(include_structured=True)),
    )
    cached = ToolContext(hub, result_options=ResultOptions(), cache=ResultCache(1e6))
    parsed = tool.parse(arguments)
    method: Any = parsed.arguments
    if method.summary_model is not None:
        method = method.as_summary()

    async def parse_arguments() -> object:
        return tool.parse(arguments)

    return {
        "arguments": parse_arguments,
        "response": lambda: _send(hub, method),
        "call": lambda: call_tool(registry, uncached, tool_name, arguments),
        "call with data": lambda: call_tool(registry, with_data, tool_name, arguments),
        "cached": lambda: call_tool(registry, cached, tool_name, arguments),
    }


async def _send(hub: Hub, method: Method[Any]) -> object:
    result: object = await hub.send(method)
    if isinstance(result, Page) and not result.results:
        msg = f"{method.tool_name} found nothing"
        raise ValueError(msg)
    return result


async def _time(run: Callable[[], Awaitable[object]]) -> float:
    """Return the microseconds of processor time of one run, of as many as take some milliseconds."""
    await run()
    count, started = 0, time.process_time()
    while (spent := time.process_time() - started) < _BATCH_SECONDS:
        await run()
        count += 1
    return spent / count * _MICROSECONDS


def _summarize(name: str, best: dict[str, float]) -> Measurement:
    result = best["call"] - best["arguments"] - best["response"]
    return Measurement(name, {stage: result if stage == "result" else best[stage] for stage in STAGES})


async def compare(other: Path, names: list[str], rounds: int) -> list[dict[str, Measurement]]:
    """Measure another version of this project and this one in turns, each time in a program of its own.

    Args:
        other: The folder `src` of the other version.
        names: The calls.
        rounds: The number of turns.

    Returns:
        The measurements by call, of the other version and of this one.
    """
    sources = other, Path(__file__).parents[1] / "src"
    best: list[dict[str, dict[str, float]]] = [{name: {} for name in names} for _ in sources]
    for _ in range(rounds):
        for source, fastest in zip(sources, best, strict=True):
            for name, stages in (await _measure_version(source, names)).items():
                fastest[name] = {
                    stage: min(took, fastest[name].get(stage, took)) for stage, took in stages.items()
                }
    return [{name: _summarize(name, stages) for name, stages in each.items()} for each in best]


async def _measure_version(source: Path, names: list[str]) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-m", "benchmarks.shaping", "--json", "--rounds", "2", "--calls", *names]
    environment = os.environ | {"PYTHONPATH": str(source)}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        msg = f"the version in {source} could not be measured"
        raise RuntimeError(msg)
    measured: dict[str, dict[str, float]] = json.loads(output)
    return measured


def format_comparison(before: dict[str, Measurement], after: dict[str, Measurement]) -> str:
    """Return two versions as a table in Markdown: microseconds before and after, and their ratio."""
    lines = [f"| call | {' | '.join(STAGES)} |", f"|---|{'--:|' * len(STAGES)}"]
    for name, old in before.items():
        pairs = [(old.stages[stage], after[name].stages[stage]) for stage in STAGES]
        cells = (f"{was:.0f} → {now:.0f} ({now / was:.2f})" for was, now in pairs)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def format_table(measurements: list[Measurement]) -> str:
    """Return measurements as a table in Markdown."""
    lines = [f"| call | {' | '.join(STAGES)} |", f"|---|{'--:|' * len(STAGES)}"]
    for each in measurements:
        cells = (f"{each.stages[stage]:.0f}" for stage in STAGES)
        lines.append(f"| {each.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", nargs="*", choices=CALLS, default=list(CALLS), metavar="CALL")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="compare with the version in this `src`"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.against:
        before, after = asyncio.run(compare(options.against, options.calls, options.rounds))
        sys.stdout.write(format_comparison(before, after) + "\n")
        return
    measurements = asyncio.run(measure(options.calls, options.rounds))
    if options.json:
        json.dump({each.name: each.stages for each in measurements}, sys.stdout, indent=1)
    else:
        sys.stdout.write(format_table(measurements) + "\n")


if __name__ == "__main__":
    main()
