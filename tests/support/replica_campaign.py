"""Replicas that share a real store, random faults of the store, and what clients must see meanwhile."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.shared.redis_state import RedisState
from dockerhub_mcp.shared.state import ChannelListener
from tests.support.elicitation import Person
from tests.support.http_replicas import PATIENCE, STOREFRONT, replicas
from tests.support.http_requests import OWNER, bearer
from tests.support.programs import text_of
from tests.support.redis_servers import RedisServer, run_redis
from tests.support.shared_states import share_state
from tests.support.store_faults import FAULTS
from tests.support.web_servers import Running, call, routed

COUNT = 3
CAPABILITIES: dict[str, Any] = {"elicitation": {"form": {}}}
UNSENT = re.compile(r"[Nn]othing was sent|was not sent")
ANSWERS: tuple[dict[str, Any], ...] = (
    *[{"action": "accept", "content": {"confirm": True}}] * 4,
    {"action": "accept", "content": {"confirm": False}},
    {"action": "decline"},
)


class WatchedState(RedisState):
    """The state of a replica; a test sees whether the replica is subscribed to changes."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        super().__init__(url, clock=clock)
        self.is_subscribed = False

    async def listen(self, channel: str, listener: ChannelListener) -> None:
        state = self

        class Listener:
            def on_subscribed(self) -> None:
                listener.on_subscribed()
                state.is_subscribed = True

            def on_message(self) -> None:
                listener.on_message()

            def on_lost(self) -> None:
                state.is_subscribed = False
                listener.on_lost()

        await super().listen(channel, Listener())


class Outages(logging.Handler):
    """Counts the outages that replicas have noticed."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += "is unavailable" in record.getMessage()


@dataclass
class Campaign:
    """What happens to replicas and a store, chosen by a seed.

    Each question is about a token with a label of its own.

    Attributes:
        failures: What contradicts a promise.
        counts: How often each thing happened.
        yeses: How often the user has said yes, by label.
        done: How many results said that the token was created, by label.
        answers: Each sends the answer to one question again.
        written: The number of the last change.
        acknowledged: The number of the last change that no replica may miss.
    """

    sandbox: Sandbox
    store: RedisServer
    servers: list[Running]
    states: list[WatchedState]
    outages: Outages
    random: random.Random
    https: list[httpx.AsyncClient] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    yeses: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    answers: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    is_faulty: bool = False
    is_over: bool = False
    written: int = 0
    acknowledged: int = 0
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def note(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def fail(self, what: str) -> None:
        self.failures.append(what)

    # The state of the store

    @property
    def moment(self) -> tuple[int, int] | None:
        """The same as before if there was no fault since; None during a fault."""
        is_subscribed = all(state.is_subscribed for state in self.states)
        return None if self.is_faulty or not is_subscribed else (self.faults, self.outages.count)

    @property
    def is_calm(self) -> bool:
        return self.moment is not None and all(state.is_available for state in self.states)

    async def until_calm(self) -> None:
        """Wait until all replicas can send commands and hear of changes."""
        async with asyncio.timeout(PATIENCE):
            while not self.is_calm:
                await asyncio.sleep(0.02)

    async def break_store(self) -> None:
        """Break the store and let it work again, until the campaign is over."""
        while not self.is_over:
            if self.random.random() < 0.5:
                await self.until_calm()
            await asyncio.sleep(self.random.uniform(0, 0.4))
            self.is_faulty = True
            self.faults += 1
            name = self.random.choice(list(FAULTS))
            self.note(f"fault: {name}")
            try:
                await FAULTS[name](self.store, self.random.uniform(0.05, 1.0))
            finally:
                self.is_faulty = False

    # Requests

    async def send(self, replica: int, message: dict[str, Any], token: str = OWNER, place: str = "") -> Any:
        headers = routed(message) | bearer(token) | ({"x-forwarded-for": place} if place else {})
        return await self.https[replica].post("/mcp", json=message, headers=headers)

    async def call(self, replica: int, tool: str, arguments: dict[str, Any], **params: Any) -> dict[str, Any]:
        message = call(tool, **arguments)
        message["params"] |= params
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = CAPABILITIES
        response = await self.send(replica, message)
        if response.status_code != 200:
            self.fail(f"a right token: {response.status_code} {response.text}")
            return {}
        result: dict[str, Any] = response.json()["result"]
        return result

    def pick(self) -> int:
        return self.random.randrange(COUNT)

    # Confirmations

    async def confirm(self, label: str) -> None:
        """Ask, answer, and send the answer several times to any replicas, some of which are interrupted."""
        arguments = {"token_label": label, "scopes": ["repo:read"]}
        asked = await self.call(self.pick(), "create_access_token", arguments)
        if "requestState" not in asked:
            self.check_refusal(label, asked)
            return
        if self.random.random() < 0.5:
            await asyncio.sleep(self.random.uniform(0, 1.5))
        answer = self.random.choice(ANSWERS)
        if answer["action"] == "accept" and answer["content"]["confirm"]:
            self.yeses[label] = self.yeses.get(label, 0) + 1
        params = {"inputResponses": {"confirm": answer}, "requestState": asked["requestState"]}

        async def answer_once() -> None:
            if self.random.random() < 0.5:
                await asyncio.sleep(self.random.choice([0.01, 0.3, 1.5]))
            result = await self.call(self.pick(), "create_access_token", arguments, **params)
            self.check_result(label, result)

        self.answers.append(answer_once)
        await self.run_interrupted([answer_once() for _ in range(self.random.randint(1, 4))])
        await self.run_interrupted([self.random.choice(self.answers)()])

    async def replay(self) -> None:
        """Send all answers once more."""
        await self.run_interrupted([answer_once() for answer_once in self.answers])

    async def confirm_during_the_call(self, client: Client, person: Person, label: str) -> None:
        """Confirm as clients of earlier protocols do."""
        answer = self.random.choice(ANSWERS)
        person.action, person.content = answer["action"], answer.get("content") or {}

        async def answer_once() -> None:
            before = len(person.asked)
            result = await client.call_tool(
                "create_access_token", {"token_label": label, "scopes": ["repo:read"]}
            )
            assert len(person.asked) == before + 1
            self.check_result(label, {"isError": result.is_error, "content": [{"text": text_of(result)}]})

        if answer.get("content", {}).get("confirm"):
            self.yeses[label] = 1
        await self.run_interrupted([answer_once()])

    async def run_interrupted(self, calls: list[Coroutine[Any, Any, None]]) -> None:
        tasks = [asyncio.create_task(each) for each in calls]
        for task in tasks:
            if self.random.random() < 0.2:
                asyncio.get_running_loop().call_later(self.random.uniform(0, 0.06), task.cancel)
                self.note("interrupted call")
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self.fail(f"{result!r}")

    def check_result(self, label: str, result: dict[str, Any]) -> None:
        if not result or "requestState" in result:
            if result:
                self.fail(f"{label}: asked again")
            return
        if result.get("isError"):
            self.check_refusal(label, result)
            return
        self.note("token created")
        self.done[label] = self.done.get(label, 0) + 1

    def check_refusal(self, label: str, result: dict[str, Any]) -> None:
        text = result["content"][0]["text"] if result else ""
        self.note(f"refused: {text.partition(': ')[2][:40] or text[:40]}" if text else "refused")
        if not (result.get("isError") and UNSENT.search(text)):
            self.fail(f"{label}: {text}")

    def check_writes(self) -> None:
        """Compare the tokens that the Hub has with the answers."""
        created: dict[str, int] = {}
        for token in self.sandbox.state.personal_access_tokens:
            created[token.label] = created.get(token.label, 0) + 1
        for label, count in created.items():
            if label.startswith("campaign") and count > self.yeses.get(label, 0):
                self.fail(f"{label}: {count} writes for {self.yeses.get(label, 0)} yeses")
        for label, count in self.done.items():
            if count != created.get(label):
                self.fail(f"{label}: {count} results for {created.get(label)} writes")

    # Changes

    async def write(self) -> None:
        """Change a description; whether all replicas must show it depends on the store."""
        async with self.writing:
            before = self.moment
            number = self.written = self.written + 1
            result = await self.call(
                self.pick(), "update_repository", STOREFRONT | {"description": f"Number {number}."}
            )
            if result.get("isError"):
                self.fail(f"a change: {result}")
            if before is not None and before == self.moment:
                self.acknowledged = number
                self.note("change that all replicas must show")

    async def read(self, replica: int) -> int:
        """Read the description, and return its number."""
        at_least = self.acknowledged
        result = await self.call(replica, "get_repository", STOREFRONT)
        text = result["content"][0]["text"]
        found = re.search(r"Number (\d+)\.", text)
        number = int(found.group(1)) if found else 0
        self.note("cached read" if "cached by this server" in text else "read")
        if number < at_least:
            self.fail(f"read {number} after the change {at_least} was acknowledged: {text}")
        return number

    # Wrong tokens

    async def guess(self, place: str) -> None:
        """Send wrong tokens from one place to all replicas, in parallel or one after another."""
        before = self.moment if self.is_calm else None
        statuses: list[list[int]] = [[] for _ in range(COUNT)]
        limit = asyncio.Semaphore(self.random.choice([1, 8, 40]))

        async def send(number: int) -> None:
            replica = self.pick()
            async with limit:
                response = await self.send(
                    replica, call("get_current_user"), f"wrong-{place}-{number}", place
                )
            statuses[replica].append(response.status_code)

        await asyncio.gather(*(send(number) for number in range(40)))
        for replica in statuses:
            if set(replica) - {401, 429} or replica.count(401) > 10:
                self.fail(f"{place}: {statuses}")
        if before is not None and before == self.moment:
            self.note("guesses with the store")
            if sum(replica.count(401) for replica in statuses) != 10:
                self.fail(f"{place}, with the store: {statuses}")
        else:
            self.note("guesses during a fault")


@asynccontextmanager
async def run_replicas(
    seed: int, sandbox: Sandbox, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Campaign]:
    """Run the replicas of a campaign; the clock of their circuits is fast with every other seed."""
    chosen = random.Random(seed)  # noqa: S311
    speed = chosen.choice([1, 20])
    states: list[WatchedState] = []
    logger = logging.getLogger("dockerhub_mcp.shared.circuit")
    outages = Outages()
    environment = {
        "DOCKERHUB_API_URL": url,
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN": "sandbox-password-ada",
        "DOCKERHUB_MCP_AUTH_TOKEN": OWNER,
    }
    with run_redis() as store:

        def build_state() -> WatchedState:
            states.append(WatchedState(store.url, lambda: time.monotonic() * speed))
            return states[-1]

        share_state(monkeypatch, build_state)
        logger.addHandler(outages)
        async with AsyncExitStack() as stack:
            servers = await stack.enter_async_context(
                replicas(COUNT, folder, environment, sessions=True, confirm="ask")
            )
            campaign = Campaign(sandbox, store, servers, states, outages, chosen)
            for server in servers:
                campaign.https.append(await stack.enter_async_context(server.http()))
            try:
                yield campaign
            finally:
                logger.removeHandler(outages)


async def run_campaign(campaign: Campaign, size: int) -> None:
    """Let users, readers, writers and guessers do as many things each, while the store breaks."""
    for replica in range(COUNT):
        await campaign.read(replica)  # the right token is exempt from now on
    await campaign.until_calm()
    breaking = asyncio.create_task(campaign.break_store())
    try:
        await asyncio.gather(
            *(_confirm(campaign, name, size) for name in "ab"),
            _confirm_during_calls(campaign, size),
            _change(campaign, 4 * size),
            _guess(campaign, size),
        )
    finally:
        campaign.is_over = True
        await breaking
    await campaign.until_calm()
    await campaign.replay()
    campaign.check_writes()
    async with asyncio.timeout(PATIENCE):  # changes that could not be published are published now
        for replica in range(COUNT):
            while await campaign.read(replica) < campaign.written:
                await asyncio.sleep(0.1)


async def _confirm(campaign: Campaign, name: str, count: int) -> None:
    for number in range(count):
        await campaign.confirm(f"campaign {name}{number}")


async def _confirm_during_calls(campaign: Campaign, count: int) -> None:
    for number in range(count):
        person, server = Person(), campaign.servers[campaign.pick()]
        options = {"elicitation_callback": person}
        async with server.client(mode="legacy", client=options, **bearer(OWNER)) as client:
            await campaign.confirm_during_the_call(client, person, f"campaign c{number}")


async def _change(campaign: Campaign, count: int) -> None:
    for _ in range(count):
        for replica in range(COUNT):
            await campaign.read(replica)
        await campaign.write()
        await asyncio.gather(*(campaign.read(campaign.pick()) for _ in range(4)))
        await asyncio.sleep(campaign.random.uniform(0, 0.2))


async def _guess(campaign: Campaign, count: int) -> None:
    for number in range(count):
        await campaign.guess(f"10.0.{number}.1")
