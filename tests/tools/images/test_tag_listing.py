"""Reading the tags of a repository: complete or said to be not, shared between calls, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from dockerhub_mcp.hub.errors import HubError, NotFound
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.context import ToolContext
from dockerhub_mcp.tools.images import tag_listing
from dockerhub_mcp.tools.images.tag_facts import TagListing
from dockerhub_mcp.tools.images.tag_listing import is_signature_tag, read_newest_tags, read_tags
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.fixture_types import Clock, MakeHub
from tests.support.image_calls import list_pulled_manifests, make_image_context
from tests.support.tag_listings import make_image, make_listing, make_tag
from tests.support.tool_calls import call, make_context

REDIS = ("library", "redis")
ALL_REDIS_TAGS = 2528


@pytest.fixture
def cache(clock: Clock) -> ResultCache:
    return ResultCache(30, clock=clock)


def count_pages(sandbox: Sandbox) -> int:
    return sum(request.path.endswith("/tags") for request in sandbox.requests)


def names_of(listing: TagListing) -> list[str]:
    return [tag.name for tag in listing.tags]


async def wait_until(is_met: Callable[[], bool]) -> None:
    while not is_met():
        await asyncio.sleep(0)


# What is read


async def test_all_tags_are_read_newest_first(make_hub: MakeHub, sandbox: Sandbox) -> None:
    listing = await read_tags(make_context(make_hub("owner")), *REDIS)
    records = {tag.name: tag for tag in sandbox.state.repositories[REDIS].tags}
    assert set(names_of(listing)) == set(records)
    assert (listing.total, listing.is_complete, listing.incomplete_reason) == (ALL_REDIS_TAGS, True, "")
    times = [tag.pushed_at for tag in listing.tags if tag.pushed_at]
    assert len(times) == ALL_REDIS_TAGS
    assert times == sorted(times, reverse=True)
    assert count_pages(sandbox) == 26


async def test_a_tag_has_its_images_without_attestations(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    listing = await read_tags(make_context(hub), *REDIS)
    latest = next(tag for tag in listing.tags if tag.name == "latest")
    described = await call(hub, "get_tag", repository="redis:latest", detail="full")
    images = (described.structured_content or {})["images"]
    runnable = [image for image in images if image["architecture"] != "unknown"]
    assert [image.digest for image in latest.platforms] == [image["digest"] for image in runnable]
    assert [image.size for image in latest.platforms] == [image["size"] for image in runnable]
    assert latest.platforms[0].platform == "linux/amd64"
    assert latest.attestation_count == len(images) - len(runnable) > 0
    assert latest.digest.startswith("sha256:")
    assert latest.pulled_at is not None
    never_pulled = [tag for tag in listing.tags if tag.pulled_at is None]
    assert never_pulled, "some old tags were never pulled"


async def test_a_part_of_a_name_is_filtered_by_the_hub(make_hub: MakeHub, sandbox: Sandbox) -> None:
    listing = await read_tags(make_context(make_hub("owner")), *REDIS, name_part="8.2.3-alpine")
    assert sorted(names_of(listing))[:2] == ["8.2.3-alpine", "8.2.3-alpine3.20"]
    assert all("8.2.3-alpine" in name for name in names_of(listing))
    assert listing.is_complete
    assert [request.query for request in sandbox.requests if "name=" in request.query]
    assert count_pages(sandbox) == 1


@pytest.mark.parametrize(
    ("name", "is_signature"),
    [
        (f"sha256-{'ab' * 32}", True),
        (f"sha256-{'ab' * 32}.sig", True),
        (f"sha256-{'ab' * 32}.att", True),
        (f"sha256-{'ab' * 31}", False),
        ("sha256-of-something", False),
        ("8.2", False),
    ],
)
def test_tags_of_signatures_are_recognized(name: str, is_signature: bool) -> None:
    assert is_signature_tag(name) is is_signature


async def test_tags_of_signatures_are_set_apart(make_hub: MakeHub, sandbox: Sandbox) -> None:
    tags = sandbox.state.repositories["acme", "storefront"].tags
    tags[0].name = f"sha256-{'0c' * 32}.sig"
    listing = await read_tags(make_context(make_hub("owner")), "acme", "storefront")
    assert listing.signature_tags == (tags[0].name,)
    assert tags[0].name not in names_of(listing)
    assert listing.total == len(listing.tags) + 1


async def test_an_empty_repository_is_a_complete_listing(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "storefront"].tags.clear()
    listing = await read_tags(make_context(make_hub("owner")), "acme", "storefront")
    assert (listing.tags, listing.is_complete) == ((), True)


async def test_the_newest_tags_are_one_page(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_context(make_hub("owner"))
    listing = await read_newest_tags(context, *REDIS)
    assert (len(listing.tags), listing.total, listing.is_complete) == (100, ALL_REDIS_TAGS, False)
    assert listing.incomplete_reason == "Read the newest 100 of 2,528 tags."
    assert count_pages(sandbox) == 1
    small = await read_newest_tags(context, "acme", "storefront")
    assert small.is_complete


# Shared between calls


async def test_later_calls_share_the_listing(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache, clock: Clock
) -> None:
    hub = make_hub("owner")
    first = await read_tags(make_context(hub, cache=cache), *REDIS)
    pages = count_pages(sandbox)
    checked = hub.with_method_check(lambda _: None)
    assert await read_tags(make_context(checked, cache=cache), *REDIS) is first
    assert await read_newest_tags(make_context(hub, cache=cache), *REDIS) is first
    part = await read_tags(make_context(hub, cache=cache), *REDIS, name_part="TRIXIE")
    assert names_of(part) == [name for name in names_of(first) if "trixie" in name]
    assert part.total == len(part.tags)
    assert count_pages(sandbox) == pages
    clock.time += 31
    assert await read_tags(make_context(hub, cache=cache), *REDIS) is not first
    assert count_pages(sandbox) == 2 * pages


async def test_the_part_of_a_name_is_cached_by_itself(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    first = await read_tags(context, *REDIS, name_part="8.2.3")
    assert await read_tags(context, *REDIS, name_part="8.2.3") is first
    await read_tags(context, *REDIS, name_part="8.2.2")
    assert count_pages(sandbox) == 2


async def test_accounts_share_no_listing(make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache) -> None:
    await read_tags(make_context(make_hub("owner"), cache=cache), "acme", "storefront")
    with pytest.raises(NotFound):
        await read_tags(make_context(make_hub("outsider"), cache=cache), "acme", "storefront")
    assert count_pages(sandbox) == 2


async def test_a_client_that_changes_its_account_reads_again(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    hub = make_hub("owner")
    context = make_context(hub, cache=cache)
    await read_tags(context, "acme", "storefront")
    identity = sandbox.get_identity("outsider")
    await call(hub, "create_auth_token", identifier=identity.username, secret=identity.secret)
    with pytest.raises(NotFound):
        await read_tags(context, "acme", "storefront")


async def test_a_mutation_through_another_client_clears_it(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    first = await read_tags(context, "acme", "storefront")
    name = first.tags[-1].name
    other = make_context(make_hub("owner"), cache=cache, confirmation_mode=ConfirmationMode.NEVER)
    deleted = await call(other, "delete_tag", repository="acme/storefront", tag=name)
    assert not deleted.is_error, deleted.text
    assert name not in names_of(await read_tags(context, "acme", "storefront"))
    assert count_pages(sandbox) == 2


async def test_a_walk_during_a_mutation_is_not_kept(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    sandbox.faults.add(match="/storefront/tags", latency=0.02)
    reading = asyncio.create_task(read_tags(context, "acme", "storefront"))
    await wait_until(lambda: count_pages(sandbox) == 1)
    cache.clear()
    first = await reading
    assert await read_tags(context, "acme", "storefront") is not first


async def test_simultaneous_calls_share_one_walk(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    listings = await asyncio.gather(*(read_tags(context, *REDIS) for _ in range(5)))
    assert all(listing is listings[0] for listing in listings)
    assert count_pages(sandbox) == 26


async def test_another_caller_takes_over_a_cancelled_walk(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    sandbox.faults.add(match="/storefront/tags", latency=0.02)
    first, second = (asyncio.create_task(read_tags(context, "acme", "storefront")) for _ in range(2))
    await wait_until(lambda: count_pages(sandbox) == 1)
    first.cancel()
    assert (await second).is_complete
    assert count_pages(sandbox) == 2


async def test_without_a_lifetime_nothing_is_kept(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_context(make_hub("owner"))
    for _ in range(2):
        await read_tags(context, "acme", "storefront")
    assert count_pages(sandbox) == 2


def test_images_that_tags_share_count_once() -> None:
    shared = tuple(make_image(f"linux/arm/v{number}") for number in range(8))
    alone = make_listing(make_tag("1", platforms=shared))
    both = make_listing(make_tag("1", platforms=shared), make_tag("2", platforms=shared))
    apart = make_listing(make_tag("1", platforms=shared), make_tag("2", platforms=[*shared]))
    assert both.measure() < 2 * alone.measure() < apart.measure() + alone.measure()


# Cut short


async def assert_read_again(
    context: ToolContext, sandbox: Sandbox, read: Callable[[], Awaitable[TagListing]]
) -> None:
    """Check that an incomplete listing was not kept."""
    sandbox.faults.clear()
    pages = count_pages(sandbox)
    assert (await read()).is_complete
    assert count_pages(sandbox) > pages
    assert context.cache.ttl


async def test_a_page_that_fails_leaves_a_partial_listing(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    context = make_context(make_hub("owner"), cache=cache)
    sandbox.faults.add(match="page=4&", status=400)
    listing = await read_tags(context, *REDIS)
    assert (len(listing.tags), listing.is_complete) == (300, False)
    assert listing.incomplete_reason.startswith("Read the newest 300 of 2,528 tags. ")
    assert "400" in listing.incomplete_reason
    await assert_read_again(context, sandbox, lambda: read_tags(context, *REDIS))


async def test_the_walk_ends_at_its_timeout(make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache) -> None:
    hub = make_hub("owner")
    await hub.sign_in()
    sandbox.faults.add(match="page=2&", latency=60)
    context = make_context(hub, cache=cache, pagination_timeout=1.5)
    listing = await read_tags(context, *REDIS)
    assert (len(listing.tags), listing.is_complete) == (100, False)
    assert "took longer than 1.5 s" in listing.incomplete_reason
    await assert_read_again(context, sandbox, lambda: read_tags(make_context(hub, cache=cache), *REDIS))


@pytest.mark.parametrize("sandbox", [Sandbox(signed_in_limit=20)], ids=["20 requests a minute"])
async def test_the_last_tenth_of_the_rate_limit_is_kept_free(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    hub = make_hub("owner")
    listing = await read_tags(make_context(hub, cache=cache), *REDIS)
    assert not listing.is_complete
    assert listing.incomplete_reason.startswith("Read the newest 1,")
    assert "The last tenth of the Hub's rate limit is kept free" in listing.incomplete_reason
    assert "Call again then." in listing.incomplete_reason
    assert hub.rate_limit is not None
    assert hub.rate_limit.remaining >= 2
    assert 15 <= count_pages(sandbox) <= 18


async def test_the_first_page_that_fails_is_an_error(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags", status=400)
    with pytest.raises(HubError, match="400"):
        await read_tags(make_context(make_hub("owner")), *REDIS)


async def test_a_missing_repository_is_an_error(make_hub: MakeHub) -> None:
    with pytest.raises(NotFound, match="acme/nothing"):
        await read_tags(make_context(make_hub("owner")), "acme", "nothing")


async def test_a_list_that_does_not_add_up_is_partial(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "storefront"].max_listed_tags = 30
    listing = await read_tags(make_context(make_hub("owner")), "acme", "storefront")
    assert (len(listing.tags), listing.is_complete) == (30, False)
    assert "Hub counts 40" in listing.incomplete_reason


async def test_a_listing_has_a_largest_size(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_listing, "MAX_TAGS", 300)
    listing = await read_tags(make_context(make_hub("owner")), *REDIS)
    assert (len(listing.tags), listing.is_complete) == (300, False)
    assert listing.incomplete_reason == "Read the newest 300 of 2,528 tags."


async def test_progress_is_reported(make_hub: MakeHub) -> None:
    seen: list[tuple[int, int | None]] = []

    async def on_progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    await read_tags(make_context(make_hub("owner"), on_progress=on_progress), *REDIS)
    assert seen[0] == (100, ALL_REDIS_TAGS)
    assert seen[-1] == (ALL_REDIS_TAGS, ALL_REDIS_TAGS)


# Anonymous callers


def all_names(sandbox: Sandbox) -> list[str]:
    return sorted(tag.name for tag in sandbox.state.repositories[REDIS].tags)


async def test_anonymous_callers_get_further_names_of_the_registry(
    make_hub: MakeHub, sandbox: Sandbox, cache: ResultCache
) -> None:
    oldest = min(sandbox.state.repositories[REDIS].tags, key=lambda tag: tag.pushed_at)
    oldest.name = f"sha256-{'ab' * 32}"
    context = make_image_context(sandbox, make_hub(), cache=cache)
    listing = await read_tags(context, *REDIS)
    assert (len(listing.tags), listing.is_complete, listing.has_all_names) == (1000, False, True)
    assert listing.signature_tags == (oldest.name,)
    names = [*names_of(listing), *listing.further_names, oldest.name]
    assert sorted(names) == all_names(sandbox)
    assert listing.incomplete_reason == (
        "Read the newest 1,000 of 2,528 tags: anonymous callers reach no more. "
        "The registry tells the names of the others. Sign in to read all."
    )
    assert count_pages(sandbox) == 10, "no request is made that would be refused"
    assert list_pulled_manifests(sandbox) == []
    await read_tags(context, *REDIS)
    assert count_pages(sandbox) == 20, "an incomplete listing is not kept"


async def test_a_client_that_turns_out_anonymous_reaches_no_more(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=500)
    listing = await read_tags(make_image_context(sandbox, make_hub("owner")), *REDIS)
    assert len(listing.tags) == 1000
    assert "anonymous callers reach no more" in listing.incomplete_reason


async def test_without_a_registry_the_others_are_unknown(make_hub: MakeHub) -> None:
    listing = await read_tags(make_context(make_hub()), *REDIS)
    assert (len(listing.tags), listing.further_names, listing.has_all_names) == (1000, (), False)
    assert listing.incomplete_reason.endswith("anonymous callers reach no more. Sign in to read all.")


async def test_a_registry_that_fails_leaves_the_others_unknown(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags/list", status=400)
    listing = await read_tags(make_image_context(sandbox, make_hub()), *REDIS)
    assert (len(listing.tags), listing.further_names, listing.has_all_names) == (1000, (), False)
    assert "The registry's list of names could not be read either: " in listing.incomplete_reason


async def test_further_names_have_the_part_that_was_asked_for(make_hub: MakeHub, sandbox: Sandbox) -> None:
    listing = await read_tags(make_image_context(sandbox, make_hub()), *REDIS, name_part="alpine")
    assert len(listing.tags) == 1000
    assert listing.further_names
    assert all("alpine" in name for name in listing.further_names)


async def test_anonymous_callers_read_small_repositories_completely(make_hub: MakeHub) -> None:
    listing = await read_tags(make_context(make_hub()), "library", "python")
    assert listing.is_complete
