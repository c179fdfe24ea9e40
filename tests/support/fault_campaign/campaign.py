"""Make the calls of the campaign through the MCP server, and judge them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import anyio
from mcp import Client

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.transport.pool import ConnectionPool
from dockerhub_mcp.registry import RegistryClient, RegistryServer
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.cleanup.memory_plans import MemoryPlans
from dockerhub_mcp.tools.cleanup.plans import CleanupPlans
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.workflows.base import WorkflowTool
from tests.support.elicitation import Person
from tests.support.fault_campaign.cases import START, Call, Case, draw_cases, list_calls
from tests.support.fault_campaign.catalogue import FAULTS
from tests.support.fault_campaign.evidence import Evidence, Finding, Reply
from tests.support.fault_campaign.faults import REGISTRY_TARGETS, Fault, Outcome, Target
from tests.support.fault_campaign.oracle import judge
from tests.support.fault_campaign.truth import dump_state
from tests.support.fault_campaign.wire import FaultyWire, Strike
from tests.support.tool_calls import EVERYTHING, make_context
from tests.support.virtual_time import virtual_time

_PLAN_KEY = bytes(32)
"""The same for all calls, so that the same plan has the same identifier."""
_PATIENCE = 3600.0
"""Seconds of virtual time after which a call hangs."""
_SIGN_IN_REPEATS = 4
"""How often a read is made where its sign-in fails."""


@dataclass(slots=True)
class Report:
    """What a campaign found.

    Attributes:
        calls: The number of calls in which the fault struck.
        missed: The number of calls that never sent the request that the fault waits for.
        faults: The names of the faults that struck.
        tools: The names of the tools in whose calls one struck.
        findings: What was wrong.
    """

    calls: int = 0
    missed: int = 0
    faults: set[str] = field(default_factory=set)
    tools: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


class _Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Campaign:
    """One MCP server and client; each call gets a sandbox, a wire and a Hub client of its own."""

    def __init__(self, client: Client, slot: list[RequestContext], records: _Records) -> None:
        self._client, self._slot, self._records = client, slot, records
        self._clean: dict[tuple[str, str], Evidence] = {}
        self._initial_state = dump_state(Sandbox(now=lambda: START))

    async def run(self, cases: Sequence[Case]) -> Report:
        """Make the calls of the cases."""
        report = Report()
        for case in cases:
            await self._bound_skip(case)
            evidence = await self.make_call(case.call, case.strike, asks=case.asks)
            if not any(exchange.fault for exchange in evidence.exchanges):
                report.missed += 1
                continue
            report.calls += 1
            report.faults.add(case.fault.name)
            report.tools.add(case.call.tool.name)
            clean = await self.make_clean_call(case.call)
            anonymous = await self._make_anonymous_call(case)
            report.findings += judge(case, evidence, clean, anonymous)
        return report

    async def observe_targets(self, call: Call) -> Call:
        """Return a call of a workflow with the kinds of requests that it sends, other calls as they are."""
        if not isinstance(call.tool, WorkflowTool):
            return call
        clean = await self.make_clean_call(call)
        return replace(call, observed_targets=frozenset(exchange.target for exchange in clean.exchanges))

    async def _bound_skip(self, case: Case) -> None:
        """Let the fault strike one of the requests that the call sends to the registry."""
        if case.strike.target in REGISTRY_TARGETS:
            clean = await self.make_clean_call(case.call)
            sent = sum(exchange.target is case.strike.target for exchange in clean.exchanges)
            case.strike.skip %= sent

    async def make_clean_call(self, call: Call, identity: str | None = "") -> Evidence:
        """Return what the same call does and says without a fault."""
        who = call.identity if identity == "" else identity
        key = (call.key, str(who))
        if key not in self._clean:
            self._clean[key] = await self.make_call(call, Strike(), asks=True, identity=who)
        return self._clean[key]

    async def _make_anonymous_call(self, case: Case) -> Evidence | None:
        if case.strike.target is not Target.SIGN_IN or not case.call.tool.allows_anonymous:
            return None
        return await self.make_clean_call(case.call, None)

    async def make_call(
        self, call: Call, strike: Strike, *, asks: bool, identity: str | None = ""
    ) -> Evidence:
        """Make a call on a new sandbox, and keep what was said and what was done."""
        sandbox = Sandbox(now=lambda: START, anonymous_limit=None, signed_in_limit=None)
        wire = FaultyWire(sandbox, strike)
        who = call.identity if identity == "" else identity
        credentials = None
        if who is not None:
            account = sandbox.get_identity(who)
            wire.account_secret = account.secret
            wire.secrets.append(account.secret)
            credentials = Credentials.from_strings(account.username, account.secret)
        wire.secrets.append(sandbox.scim_token)
        hub = Hub(
            credentials,
            scim_token=StaticSecret(sandbox.scim_token),
            base_url="http://localhost",
            httpx_transport=wire,
        )
        mode = ConfirmationMode.ASK if asks else ConfirmationMode.NEVER
        pool = ConnectionPool(timeout=30, httpx_transport=wire)
        registry = RegistryServer(
            pool, url="http://localhost", has_limit_preview=True, clock=anyio.current_time
        )
        context = make_context(
            hub,
            plans=CleanupPlans(MemoryPlans(_PLAN_KEY)),
            registry_for=lambda each: RegistryClient.for_account(registry, each.account),
            cache=ResultCache(),
            confirmation_mode=mode,
            clock=lambda: datetime.fromtimestamp(START, UTC),
        )
        self._slot[:] = [RequestContext(EVERYTHING, context)]
        self._records.records.clear()
        repeats = _count_repeats(call, strike)
        replies = [await self._ask(call) for _ in range(repeats)]
        await hub.aclose()
        await pool.aclose()
        return Evidence(
            replies=replies,
            exchanges=wire.exchanges,
            before=self._initial_state,
            # Only a write that reached the sandbox can have changed something.
            after=dump_state(sandbox) if _has_written(wire) else self._initial_state,
            secrets=[*dict.fromkeys(wire.secrets)],
            new_secrets=wire.new_secrets,
            records=[*self._records.records],
        )

    async def _ask(self, call: Call) -> Reply:
        try:
            with anyio.fail_after(_PATIENCE):
                result = await self._client.call_tool(call.tool.name, call.arguments)
        except Exception as error:  # noqa: BLE001 - any exception is a finding
            return Reply(f"{type(error).__name__}: {error}", is_error=True, data=None, exception=error)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        return Reply(text, is_error=bool(result.is_error), data=result.structured_content)


def _has_written(wire: FaultyWire) -> bool:
    return any(exchange.target is Target.WRITE and exchange.status is not None for exchange in wire.exchanges)


def _count_repeats(call: Call, strike: Strike) -> int:
    """Return how often to make the call: a failing sign-in must not be repeated with every read."""
    signs_in = strike.target in {Target.SIGN_IN, Target.REGISTRY_TOKEN}
    if strike.fault is None or not signs_in or call.tool.is_mutation:
        return 1
    if Target.SIGN_IN in call.targets and len(call.targets) == 1:
        return 1
    return _SIGN_IN_REPEATS if strike.times is None and strike.fault.outcome is not Outcome.UNSENT else 1


@asynccontextmanager
async def open_campaign() -> AsyncIterator[Campaign]:
    """Start the MCP server and its client, in virtual time."""
    slot: list[RequestContext] = []
    records = _Records()
    root = logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.INFO)
    server: Any = build_server(lambda _: slot[0])
    try:
        with virtual_time():
            async with Client(server, mode="2026-07-28", elicitation_callback=Person()) as client:
                yield Campaign(client, slot, records)
    finally:
        root.removeHandler(records)
        root.setLevel(level)


async def run_campaign(
    calls: int, seed: int, fault: str = "", tool: str = "", catalogue: Sequence[Fault] = FAULTS
) -> Report:
    """Make a number of calls.

    Args:
        calls: The number of calls.
        seed: The seed of the draw.
        fault: Part of the names of the faults to draw; all by default.
        tool: Part of the names of the tools to call; all by default.
        catalogue: The kinds of fault.
    """
    faults = tuple(each for each in catalogue if fault in each.name)
    async with open_campaign() as campaign:
        tools = [await campaign.observe_targets(call) for call in list_calls() if tool in call.tool.name]
        return await campaign.run([*islice(draw_cases(seed, tools, faults), calls)])
