"""The cache of read results: lifetime, keys, single flight and invalidation."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio
import httpx2 as httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import find_cached_result, prepare_call, run_call
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, ConfirmationMode, Decision
from dockerhub_mcp.tools.request_context import (
    RequestState,
    reset_current_request,
    set_current_request,
)
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.calls import arguments_of
from tests.support.fixture_types import Clock, MakeHub
from tests.support.tool_calls import EVERYTHING, call, make_context
from tests.support.web_servers import call as message
from tests.support.web_servers import routed, served

AGE = re.compile(r"Note: as of \d\d:\d\d:\d\dZ, (\d+) s ago \(cached by this server\)\.\n")
STOREFRONT = {"repository": "acme/storefront"}


@pytest.fixture
def cache(clock: Clock) -> ResultCache:
    return ResultCache(30, clock=clock)


Ask = Callable[..., Coroutine[Any, Any, ToolResult]]


@pytest.fixture
def ask(make_hub: MakeHub, cache: ResultCache) -> Ask:
    """Call tools with one cache; by default as ada."""
    owner = make_hub("owner")

    async def asking(
        name: str,
        hub: Hub = owner,
        person: Callable[[Confirmation], Awaitable[Decision]] | None = None,
        /,
        **arguments: Any,
    ) -> ToolResult:
        options: dict[str, Any] = {"confirmation_mode": ConfirmationMode.NEVER}
        if person is not None:
            options = {"confirmer": person}
        return await call(make_context(hub, cache=cache, **options), name, **arguments)

    return asking


def count_requests(sandbox: Sandbox, part: str = "") -> int:
    """Return the number of requests to the Hub, except for sign-in."""
    return sum(part in f"{seen.path}?{seen.query}" and "/auth/" not in seen.path for seen in sandbox.requests)


def parse_age(outcome: ToolResult) -> int | None:
    found = AGE.match(outcome.text)
    return int(found[1]) if found else None


# Lifetime


async def test_a_repeated_read_is_cached_and_states_its_age(ask: Ask, sandbox: Sandbox, clock: Clock) -> None:
    first = await ask("get_tag", repository="redis:8.2")
    assert parse_age(first) is None
    for seconds, told in ((0.0, 0), (12.4, 12), (17.5, 30)):
        clock.time += seconds
        again = await ask("get_tag", repository="redis:8.2")
        assert parse_age(again) == told
        assert AGE.sub("", again.text) == first.text
        assert (again.structured_content, again.untrusted_fields) == (
            first.structured_content,
            first.untrusted_fields,
        )
    assert count_requests(sandbox) == 1
    clock.time += 0.1
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None
    assert count_requests(sandbox) == 2
    assert parse_age(await ask("get_tag", repository="redis:8.2")) == 0


async def test_the_age_counts_from_the_start_of_the_request(ask: Ask, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.faults.add(match="/tags/", latency=0.05)
    reading = asyncio.create_task(ask("get_tag", repository="redis:8.2"))
    await wait_until(lambda: count_requests(sandbox) == 1)
    clock.time += 20
    await reading
    assert parse_age(await ask("get_tag", repository="redis:8.2")) == 20
    clock.time += 10
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None


async def test_a_slow_read_after_a_quick_one_expires_in_time(
    ask: Ask, sandbox: Sandbox, clock: Clock
) -> None:
    await ask("get_current_user")  # signs in
    sandbox.faults.add(match="/tags/8.2", latency=0.05)
    slow = asyncio.create_task(ask("get_tag", repository="redis:8.2"))
    await wait_until(lambda: count_requests(sandbox, "/tags/8.2") == 1)
    clock.time += 20
    await ask("get_repository", repository="redis")
    await slow
    clock.time += 15
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None
    assert parse_age(await ask("get_repository", repository="redis")) == 15


@pytest.mark.parametrize("name", [m.tool_name for m in ALL_METHODS if m.effect is Effect.READ])
async def test_every_read_is_cached(ask: Ask, make_hub: MakeHub, sandbox: Sandbox, name: str) -> None:
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    first = await ask(name, hub, **arguments_of(sandbox)[name])
    count = len(sandbox.requests)
    again = await ask(name, hub, **arguments_of(sandbox)[name])
    assert len(sandbox.requests) == count
    assert AGE.sub("", again.text) == first.text


async def test_the_note_on_the_age_fits_the_size_limit(make_hub: MakeHub, cache: ResultCache) -> None:
    hub = make_hub()
    for _ in range(2):
        outcome = await call(make_context(hub, max_bytes=1024, cache=cache), "list_tags", repository="redis")
        assert len(outcome.text.encode()) <= 1024
    assert parse_age(outcome) == 0


async def test_the_number_of_cached_results_is_limited(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    hub = make_hub("owner")
    for number in range(1, 151):
        await ask("check_tag", hub, repository="redis", tag=f"t{number}")
    assert len(cache._clients[hub.account].entries) == 128
    count = len(sandbox.requests)
    await ask("check_tag", hub, repository="redis", tag="t150")
    assert len(sandbox.requests) == count
    await ask("check_tag", hub, repository="redis", tag="t1")
    assert len(sandbox.requests) == count + 1


async def test_large_results_take_the_room_of_many(make_hub: MakeHub) -> None:
    hub, cache, fetched = make_hub(), ResultCache(30), []

    async def fetch_text(key: str, text: str) -> None:
        async def fetch() -> ToolResult:
            fetched.append(key)
            return ToolResult(text)

        await cache.get_or_fetch(hub, lambda: key, fetch)

    for key in ("a", "b", "c", "d", "e", "a"):
        await fetch_text(key, "x" * 1024 * 1024)
    assert fetched == ["a", "b", "c", "d", "e", "a"], "four of a MiB are kept"
    for _ in range(2):
        await fetch_text("huge", "x" * 5 * 1024 * 1024)
    assert fetched[6:] == ["huge", "huge"], "a result that is larger than the cache is not kept"


async def test_the_results_of_a_collected_client_are_dropped(sandbox: Sandbox, cache: ResultCache) -> None:
    async with Hub(base_url="http://localhost", httpx_transport=httpx.ASGITransport(app=sandbox.app)) as hub:
        await call(make_context(hub, cache=cache), "get_repository", repository="redis")
        assert len(cache._clients) == 1
    del hub
    gc.collect()
    assert len(cache._clients) == 0


# Keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"repository": "redis"}, {"repository": "nginx"}),
        ({"repository": "redis"}, {"repository": "redis", "page": 2}),
        ({"repository": "redis"}, {"repository": "redis", "page_size": 10}),
        ({"repository": "redis"}, {"repository": "redis", "name": "8"}),
        ({"repository": "redis"}, {"repository": "redis", "max_items": 25}),
        ({"repository": "redis"}, {"repository": "redis", "fields": ["name"]}),
        ({"repository": "redis"}, {"repository": "redis", "detail": "full"}),
        ({"repository": "redis", "fields": ["name"]}, {"repository": "redis", "fields": ["name", "digest"]}),
        ({"repository": "redis", "ordering": "name"}, {"repository": "redis", "ordering": "newest"}),
    ],
)
async def test_different_arguments_do_not_share_results(
    ask: Ask, sandbox: Sandbox, one: dict[str, Any], other: dict[str, Any]
) -> None:
    first = await ask("list_tags", **one)
    count = count_requests(sandbox)
    second = await ask("list_tags", **other)
    assert parse_age(second) is None
    assert count_requests(sandbox) > count
    assert (await ask("list_tags", **one)).structured_content == first.structured_content


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"repository": "redis", "tag": "8.2"}, {"repository": "library/redis", "tag": "8.2"}),
        ({"repository": "redis:8.2"}, {"repository": "docker.io/library/redis:8.2"}),
        ({"repository": "redis:8.2"}, {"repository": "redis:8.2", "fields": None, "detail": "brief"}),
        (
            {"repository": "redis:8.2", "fields": ["name", "digest"]},
            {"repository": "redis:8.2", "fields": "name, digest"},
        ),
    ],
)
async def test_equivalent_arguments_share_results(
    ask: Ask, sandbox: Sandbox, one: dict[str, Any], other: dict[str, Any]
) -> None:
    await ask("get_tag", **one)
    assert parse_age(await ask("get_tag", **other)) == 0
    assert count_requests(sandbox) == 1


async def test_a_note_on_interpreted_arguments_is_not_shared_with_other_spellings(ask: Ask) -> None:
    reference = f"redis:8.2@sha256:{'0' * 64}"
    plain = await ask("get_tag", repository="redis:8.2")
    assert "was ignored" not in plain.text
    assert "was ignored" in (await ask("get_tag", repository=reference)).text
    assert "was ignored" in (await ask("get_tag", repository=reference)).text
    assert "was ignored" not in (await ask("get_tag", repository="redis:8.2")).text


async def test_accounts_share_no_results(ask: Ask, make_hub: MakeHub) -> None:
    owner, outsider, nobody = make_hub("owner"), make_hub("outsider"), make_hub()
    for hub in (owner, outsider, nobody) * 2:
        outcome = await ask("list_repositories", hub, namespace="acme")
        assert ("incident-kit" in outcome.text) == (hub is owner)
    private = [
        (await ask("get_repository", hub, **STOREFRONT)).is_error for hub in (owner, nobody, owner, nobody)
    ]
    assert private == [False, True, False, True]


async def test_a_client_that_changes_its_account_does_not_reuse_results(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub("owner")
    mine = await ask("get_current_user", hub)
    assert "username: ada" in mine.text
    whom = sandbox.get_identity("member")
    await ask("create_auth_token", hub, identifier=whom.username, secret=whom.secret)
    assert "username: linus" in (await ask("get_current_user", hub)).text


async def test_results_read_with_an_account_are_not_shown_without_it(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub("owner")
    assert not (await ask("get_repository", hub, **STOREFRONT)).is_error  # before the first sign-in
    assert parse_age(await ask("get_repository", hub, **STOREFRONT)) == 0
    sandbox.faults.add(
        match="/v2/auth/token", status=401, body='{"detail": "Incorrect authentication credentials"}'
    )
    sandbox.revoke_bearer_tokens()
    await ask("get_current_user", hub)
    refused = await ask("get_repository", hub, **STOREFRONT)
    assert refused.is_error
    assert parse_age(refused) is None


async def test_a_read_that_spans_a_change_of_account_is_not_cached(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub("owner")
    await ask("get_current_user", hub)
    sandbox.faults.add(match="storefront", latency=0.05)
    reading = asyncio.create_task(ask("get_repository", hub, **STOREFRONT))
    await wait_until(lambda: count_requests(sandbox, "storefront") == 1)
    whom = sandbox.get_identity("outsider")
    await ask("create_auth_token", hub, identifier=whom.username, secret=whom.secret)
    assert not (await reading).is_error
    assert (await ask("get_repository", hub, **STOREFRONT)).is_error


# Single flight


async def test_simultaneous_equal_reads_share_one_request(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags/", latency=0.02)
    outcomes = await asyncio.gather(*(ask("get_tag", repository="redis:8.2") for _ in range(20)))
    assert len({outcome.text for outcome in outcomes}) == 1
    assert parse_age(outcomes[0]) is None
    assert count_requests(sandbox) == 1
    await asyncio.gather(*(ask("get_tag", repository=f"redis:{tag}") for tag in ("8.2", "8.0", "7.4", "8.0")))
    assert count_requests(sandbox) == 3


async def test_another_caller_takes_over_when_the_first_is_cancelled(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags/", latency=0.05)
    first, *others = [asyncio.create_task(ask("get_tag", repository="redis:8.2")) for _ in range(5)]
    await wait_until(lambda: count_requests(sandbox) == 1)
    first.cancel()
    outcomes = await asyncio.gather(*others)
    assert all(not outcome.is_error and "digest: sha256:" in outcome.text for outcome in outcomes)
    assert first.cancelled()
    assert count_requests(sandbox) == 2
    assert parse_age(await ask("get_tag", repository="redis:8.2")) == 0


async def test_a_cancelled_waiter_does_not_affect_the_others(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags/", latency=0.05)
    tasks = [asyncio.create_task(ask("get_tag", repository="redis:8.2")) for _ in range(5)]
    await wait_until(lambda: count_requests(sandbox) == 1)
    tasks[2].cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, ToolResult) for each in ended] == [True, True, False, True, True]
    assert count_requests(sandbox) == 1


async def test_nothing_is_cached_when_all_callers_are_cancelled(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    hub = make_hub()
    sandbox.faults.add(match="/tags/", latency=0.05)
    tasks = [asyncio.create_task(ask("get_tag", hub, repository="redis:8.2")) for _ in range(4)]
    await wait_until(lambda: count_requests(sandbox) == 1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not cache._clients[hub.account].in_flight
    assert not cache._clients[hub.account].entries


async def test_an_unexpected_exception_is_not_shared(cache: ResultCache, make_hub: MakeHub) -> None:
    hub, asks = make_hub(), 0

    async def ask() -> ToolResult:
        nonlocal asks
        asks += 1
        await asyncio.sleep(0.01)
        if asks == 1:
            msg = "a fault"
            raise RuntimeError(msg)
        return ToolResult("fine")

    both = await asyncio.gather(
        *(cache.get_or_fetch(hub, lambda: "key", ask) for _ in range(3)), return_exceptions=True
    )
    assert isinstance(both[0], RuntimeError)
    assert both[1:] == [ToolResult("fine"), ToolResult("fine")]
    assert asks == 2


# Results that are not cached


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (403, 1), (404, 1), (500, 1), (503, 4)])
async def test_a_failure_is_shared_with_waiting_callers_but_not_cached(
    ask: Ask, sandbox: Sandbox, status: int, attempts: int
) -> None:
    sandbox.faults.add(match="/tags/", status=status, latency=0.02)
    outcomes = await asyncio.gather(*(ask("get_tag", repository="redis:8.2") for _ in range(6)))
    assert all(outcome.is_error for outcome in outcomes)
    assert count_requests(sandbox) == attempts
    sandbox.faults.clear()
    better = await ask("get_tag", repository="redis:8.2")
    assert not better.is_error
    assert parse_age(better) is None


async def test_a_partial_list_is_not_cached(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="page=2", status=400, latency=0.02)
    outcomes = await asyncio.gather(*(ask("list_tags", repository="redis", max_items=200) for _ in range(3)))
    assert all("PARTIAL" in outcome.text for outcome in outcomes)
    assert count_requests(sandbox) == 2
    sandbox.faults.clear()
    whole = await ask("list_tags", repository="redis", max_items=200)
    assert "PARTIAL" not in whole.text
    assert parse_age(whole) is None


async def test_invalid_arguments_send_no_request(ask: Ask, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert (await ask("get_tag", repository="redis:8.2", fields=["x"])).is_error
    assert not sandbox.requests


# Invalidation


async def test_a_mutation_clears_the_cache(ask: Ask, make_hub: MakeHub) -> None:
    other = make_hub("member")
    await ask("get_repository", **STOREFRONT)
    await ask("get_repository", other, **STOREFRONT)
    changed = await ask("update_repository", **STOREFRONT, description="Other words")
    assert not changed.is_error
    outcomes = [await ask("get_repository", **STOREFRONT), await ask("get_repository", other, **STOREFRONT)]
    assert all(parse_age(outcome) is None and "Other words" in outcome.text for outcome in outcomes)


async def test_a_dry_run_keeps_the_cache_and_does_not_use_it(ask: Ask, sandbox: Sandbox) -> None:
    await ask("get_repository", **STOREFRONT)
    sandbox.state.repositories["acme", "storefront"].description = "Changed by somebody else"
    shown = await ask("update_repository", **STOREFRONT, description="Other words", dry_run=True)
    assert "Changed by somebody else" in shown.text
    kept = await ask("get_repository", **STOREFRONT)
    assert parse_age(kept) == 0
    assert "Changed by somebody else" not in kept.text


async def test_a_dry_run_of_the_hub_keeps_the_cache(ask: Ask) -> None:
    await ask("list_org_invites", org_name="acme")
    await ask("create_org_invites", org="acme", invitees=["mallory"], dry_run=True)
    assert parse_age(await ask("list_org_invites", org_name="acme")) == 0
    await ask("create_org_invites", org="acme", invitees=["mallory"])
    assert parse_age(await ask("list_org_invites", org_name="acme")) is None


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_a_failed_mutation_clears_the_cache(ask: Ask, sandbox: Sandbox, status: int) -> None:
    await ask("get_repository", **STOREFRONT)
    sandbox.faults.add(method="PATCH", status=status)
    assert (await ask("update_repository", **STOREFRONT, description="Other words")).is_error
    assert parse_age(await ask("get_repository", **STOREFRONT)) is None


async def test_an_interrupted_mutation_clears_the_cache(ask: Ask, sandbox: Sandbox) -> None:
    await ask("get_repository", **STOREFRONT)
    sandbox.faults.add(method="PATCH", latency=5)
    changing = asyncio.create_task(ask("update_repository", **STOREFRONT, description="Other words"))
    await wait_until(lambda: any(seen.method == "PATCH" for seen in sandbox.requests))
    await ask("get_repository", **STOREFRONT)
    changing.cancel()
    await asyncio.gather(changing, return_exceptions=True)
    assert parse_age(await ask("get_repository", **STOREFRONT)) is None


async def test_a_declined_mutation_reads_the_current_state_itself(
    ask: Ask, make_hub: MakeHub, sandbox: Sandbox
) -> None:
    texts: list[str] = []

    async def no(question: Confirmation) -> Decision:
        texts.append(question.text)
        return Decision.DECLINED

    await ask("get_tag", **STOREFRONT, tag="latest")
    tag = next(tag for tag in sandbox.state.repositories["acme", "storefront"].tags if tag.name == "latest")
    tag.pushed_at = 0.0
    refused = await ask("delete_tag", make_hub("owner"), no, **STOREFRONT, tag="latest")
    assert refused.is_error
    assert "1970-01-01" in texts[0]


async def test_a_read_that_began_before_a_mutation_is_not_cached(ask: Ask, sandbox: Sandbox) -> None:
    await ask("get_current_user")  # signs in
    slow = Fault(match="storefront", method="GET", times=1, latency=0.1)
    sandbox.faults.rules.append(slow)
    early = asyncio.create_task(ask("get_repository", **STOREFRONT))
    await wait_until(lambda: count_requests(sandbox, "storefront") == 1)
    await ask("update_repository", **STOREFRONT, description="Other words")
    late = await ask("get_repository", **STOREFRONT)
    assert "Other words" in late.text
    assert not (await early).is_error
    again = await ask("get_repository", **STOREFRONT)
    assert "Other words" in again.text
    assert parse_age(again) == 0


async def test_a_read_during_a_mutation_is_not_cached(ask: Ask, sandbox: Sandbox) -> None:
    await ask("get_current_user")
    sandbox.faults.add(method="PATCH", latency=0.05)
    changing = asyncio.create_task(ask("update_repository", **STOREFRONT, description="Other words"))
    await wait_until(lambda: any(seen.method == "PATCH" for seen in sandbox.requests))
    assert "Other words" not in (await ask("get_repository", **STOREFRONT)).text
    await changing
    after = await ask("get_repository", **STOREFRONT)
    assert "Other words" in after.text
    assert parse_age(after) is None


# Suspended, while changes elsewhere may be missed


async def test_nothing_is_cached_while_the_cache_is_suspended(
    ask: Ask, sandbox: Sandbox, cache: ResultCache
) -> None:
    await ask("get_tag", repository="redis:8.2")
    cache.suspend()
    for _ in range(2):
        assert parse_age(await ask("get_tag", repository="redis:8.2")) is None
    assert count_requests(sandbox) == 3
    cache.resume()
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None
    assert parse_age(await ask("get_tag", repository="redis:8.2")) == 0


async def test_tag_listings_are_suspended_too(ask: Ask, sandbox: Sandbox, cache: ResultCache) -> None:
    for is_suspended, requests in ((True, 2), (False, 1)):
        (cache.suspend if is_suspended else cache.resume)()
        sandbox.requests.clear()
        for order in ("version", "oldest"):
            assert not (await ask("find_tags", **STOREFRONT, order=order)).is_error
        assert count_requests(sandbox, "page=1") == requests


async def test_a_read_across_the_time_of_a_suspension_is_not_cached(
    ask: Ask, sandbox: Sandbox, cache: ResultCache
) -> None:
    await ask("get_current_user")  # signs in
    sandbox.faults.add(match="/tags/", latency=0.05)
    early = asyncio.create_task(ask("get_tag", repository="redis:8.2"))
    await wait_until(lambda: count_requests(sandbox, "/tags/") == 1)
    cache.suspend()
    during = asyncio.create_task(ask("get_tag", repository="redis:8.2"))
    await wait_until(lambda: count_requests(sandbox, "/tags/") == 2)
    cache.resume()
    assert not any(result.is_error for result in await asyncio.gather(early, during))
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None


async def test_a_caller_that_waits_for_a_cancelled_read_caches_nothing_while_suspended(
    ask: Ask, sandbox: Sandbox, cache: ResultCache
) -> None:
    await ask("get_current_user")  # signs in
    sandbox.faults.add(match="/tags/", latency=0.05)
    first, waiting = [asyncio.create_task(ask("get_tag", repository="redis:8.2")) for _ in range(2)]
    await wait_until(lambda: count_requests(sandbox, "/tags/") == 1)
    cache.suspend()
    first.cancel()
    assert not (await waiting).is_error
    assert parse_age(await ask("get_tag", repository="redis:8.2")) is None
    assert count_requests(sandbox, "/tags/") == 3


# Published changes


@pytest.mark.parametrize(
    ("name", "arguments", "published"),
    [
        ("get_repository", STOREFRONT, 0),
        ("find_tags", STOREFRONT, 0),
        ("update_repository", {**STOREFRONT, "description": "Other words"}, 2),
        ("update_repository", {**STOREFRONT, "description": "Other words", "dry_run": True}, 0),
        ("create_repository", {"namespace": "acme", "name": "storefront"}, 2),
        ("create_auth_token", {}, 2),
    ],
)
async def test_changes_are_published_before_and_after(
    make_hub: MakeHub, sandbox: Sandbox, name: str, arguments: dict[str, Any], published: int
) -> None:
    """Whether they succeed or not; signing in counts as a change."""
    seen: list[int] = []

    async def publish() -> None:
        seen.append(len([each for each in sandbox.requests if each.method in {"PATCH", "POST"}]))

    options = {"confirmation_mode": ConfirmationMode.NEVER, "publish_change": publish}
    await call(make_context(make_hub("owner"), **options), name, **arguments)
    assert len(seen) == published
    if published:
        assert seen[0] < seen[1]


async def test_an_interrupted_change_is_published(make_hub: MakeHub, sandbox: Sandbox) -> None:
    published: list[bool] = []

    async def publish() -> None:
        await asyncio.sleep(0)
        published.append(True)

    sandbox.faults.add(method="PATCH", latency=5)
    options = {"confirmation_mode": ConfirmationMode.NEVER, "publish_change": publish}
    arguments = STOREFRONT | {"description": "Other words"}
    context = make_context(make_hub("owner"), **options)
    async with anyio.create_task_group() as tasks:  # whose cancellation reaches every await
        tasks.start_soon(lambda: call(context, "update_repository", **arguments))
        await wait_until(lambda: any(seen.method == "PATCH" for seen in sandbox.requests))
        tasks.cancel_scope.cancel()
    assert len(published) == 2


# Through the server


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


@pytest.mark.parametrize(("ttl", "requests"), [(0, 3), (30, 1)])
async def test_the_cache_can_be_disabled(
    make_hub: MakeHub, sandbox: Sandbox, ttl: float, requests: int
) -> None:
    context = ToolContext(make_hub(), cache=ResultCache(ttl))
    async with Client(build_server(RequestContext(EVERYTHING, context))) as client:
        texts = [text_of(await client.call_tool("get_tag", {"repository": "redis:8.2"})) for _ in range(3)]
        assert count_requests(sandbox) == requests
        sandbox.faults.add(match="/tags/", latency=0.02)
        outcomes: list[CallToolResult] = []

        async def ask() -> None:
            outcomes.append(await client.call_tool("get_tag", {"repository": "redis:8.0"}))

        await asyncio.gather(*(ask() for _ in range(4)))
    assert count_requests(sandbox) == requests + (4 if ttl == 0 else 1)
    assert [text.startswith("Note: as of ") for text in texts] == [False, bool(ttl), bool(ttl)]


async def test_a_disabled_cache_reserves_no_space(make_hub: MakeHub) -> None:
    assert (ResultCache(0).max_note_bytes, ResultCache(30).max_note_bytes > 60) == (0, True)
    off, on = ResultCache(0), ResultCache(30)
    arguments = {"repository": "redis", "page_size": 100}
    shown = [
        len(
            (
                (
                    await call(
                        make_context(make_hub(), max_bytes=1400, cache=cache), "list_tags", **arguments
                    )
                ).structured_content
                or {}
            )["results"]
        )
        for cache in (off, on)
    ]
    assert shown[0] >= shown[1]


async def test_over_http_accounts_share_no_results(sandbox: Sandbox, sandbox_url: str) -> None:
    environment = {"DOCKERHUB_API_URL": sandbox_url}
    async with served(environment=environment, identity="request", toolsets="all") as web:

        async def told(name: str | None, tool: str, **arguments: Any) -> str:
            headers = {}
            if name is not None:
                whom = sandbox.get_identity(name)
                headers = {"x-dockerhub-username": whom.username, "x-dockerhub-token": whom.secret}
            sent = message(tool, **arguments)
            async with web.http() as http:
                answer = await http.post("/mcp", json=sent, headers=routed(sent) | headers)
            line = next(
                (line[5:] for line in answer.text.splitlines() if line.startswith("data:")), answer.text
            )
            return "".join(part["text"] for part in json.loads(line)["result"]["content"])

        for _ in range(2):
            assert "username: ada" in await told("owner", "get_current_user")
            assert "username: mallory" in await told("outsider", "get_current_user")
            assert "shop" in await told("owner", "get_repository", **STOREFRONT)
            assert "No repository acme/storefront" in await told("outsider", "get_repository", **STOREFRONT)
            # Another secret of the same account may have fewer permissions, so it shares nothing.
            assert "count" not in await told("owner", "list_access_tokens")
            assert "personal access tokens to repositories" in await told("owner-pat", "list_access_tokens")
        assert "cached by this server" in await told("owner", "get_current_user")
        together = await asyncio.gather(
            *(told(name, "get_current_user") for name in ("owner", "member", "outsider") * 4)
        )
    assert [re.search(r"username: (\w+)", text)[1] for text in together] == ["ada", "linus", "mallory"] * 4  # type: ignore[index]


async def test_rejected_credentials_share_no_results(ask: Ask, make_hub: MakeHub) -> None:
    wrong = make_hub(credentials=Credentials.from_strings("ada", "dckr_pat_wrong"))
    await ask("get_repository", **STOREFRONT)
    for _ in range(2):
        assert (await ask("get_repository", wrong, **STOREFRONT)).is_error
    for _ in range(2):
        assert (
            "Answered as for an anonymous caller"
            in (await ask("get_tag", wrong, repository="redis:8.2")).text
        )


async def wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def test_an_answer_without_the_configured_account_is_not_cached(
    sandbox: Sandbox, make_hub: MakeHub, clock: Clock
) -> None:
    """The next call may be able to sign in, and the wait that the note names is soon over."""
    hub = make_hub("owner", clock=clock)
    context = make_context(hub, cache=ResultCache(30, clock=clock))
    sandbox.faults.add(match="/v2/auth/token", status=503, times=1)
    place = {"repository": "acme/storefront", "tag": "latest"}
    first = await call(context, "check_tag", **place)
    assert "exists: false" in first.text
    clock.time += 6
    second = await call(context, "check_tag", **place)
    assert second.text.startswith("exists: true"), second.text


# Cached results without waiting


async def test_a_cached_result_is_found_without_a_request(make_hub: MakeHub, clock: Clock) -> None:
    """It is the result that a call returns, and it counts as served from the cache."""
    context = make_context(make_hub("owner"), cache=ResultCache(30, clock=clock))
    prepared = prepare_call(EVERYTHING, "get_repository", STOREFRONT)
    assert find_cached_result(context, prepared) is None
    first = await run_call(context, prepared)
    token = set_current_request(request := RequestState())
    clock.time += 5
    found = find_cached_result(context, prepare_call(EVERYTHING, "get_repository", STOREFRONT))
    reset_current_request(token)
    assert found is not None
    assert parse_age(found) == 5
    assert request.served_from_cache
    assert found == await run_call(context, prepared)
    assert found.text.partition("\n")[2] == first.text
    clock.time += 26
    assert find_cached_result(context, prepared) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("what_can_i_do", {}),
        ("get_repository", {"repository": ""}),
        ("create_repository", {"namespace": "acme", "name": "made"}),
    ],
)
async def test_other_calls_have_no_cached_result(
    make_hub: MakeHub, clock: Clock, name: str, arguments: dict[str, Any]
) -> None:
    cache = ResultCache(30, clock=clock)
    context = make_context(make_hub("owner"), cache=cache, confirmation_mode=ConfirmationMode.NEVER)
    prepared = prepare_call(EVERYTHING, name, arguments)
    await run_call(context, prepared)
    assert find_cached_result(context, prepared) is None
