"""The pull limit: headers, the last tenth, refusals, and the answers that report none."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import HubError, NotFound, RateLimited, UnexpectedAnswer
from dockerhub_mcp.registry import ImageIndex, PullLimit, PullReserveReached
from dockerhub_mcp.registry.pull_limits import parse_pull_limit
from tests.support.fake_registry import REGISTRY, FakeRegistry


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("100;w=21600", "76;w=21600", PullLimit(100, 76, 21_600)),
        ("100", "76", PullLimit(100, 76, 21_600)),
        (" 200 ; w=3600 ", "0;w=3600", PullLimit(200, 0, 3600)),
        ("100;w=21600, 100;w=21600", "76;w=21600", PullLimit(100, 76, 21_600)),
        ("100;w=0", "5", PullLimit(100, 5, 21_600)),
        ("100;w=21600", "500;w=21600", PullLimit(100, 100, 21_600)),
        ("100;w=21600", "-7;w=21600", PullLimit(100, 0, 21_600)),
        ("100;w=21600", "", None),
        ("", "76;w=21600", None),
        ("0;w=21600", "0", None),
        ("-1", "-1", None),
        ("unlimited", "76", None),
        ("9" * 5000, "76", None),
        ("²", "76", None),
    ],
)
def test_headers_are_parsed(limit: str, remaining: str, expected: PullLimit | None) -> None:
    assert parse_pull_limit({"ratelimit-limit": limit, "ratelimit-remaining": remaining}) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(21_600, "6 hours"), (3600, "1 hour"), (90, "90 seconds"), (60, "1 minute"), (7, "7 seconds")],
)
def test_a_window_is_described(seconds: int, text: str) -> None:
    assert PullLimit(100, 10, seconds).window == text


async def test_every_response_reports_the_limit(fake: FakeRegistry) -> None:
    fake.limit = [100, 80]
    client = fake.create_client()
    session = client.start_session()
    assert (client.pull_limit, session.pull_limit) == (None, None)
    await session.head_manifest("acme/api", "1.0")
    assert session.pull_limit == PullLimit(100, 80, 21_600, "203.0.113.7")
    await session.get_manifest("acme/api", "1.0")
    assert session.pull_limit == client.pull_limit == PullLimit(100, 79, 21_600, "203.0.113.7")
    assert client.start_session().pull_limit == client.pull_limit


async def test_a_repository_without_a_limit_has_none(fake: FakeRegistry) -> None:
    fake.limit = [100, 5]
    client = fake.create_client()
    await client.start_session().head_manifest("acme/api", "1.0")
    fake.limit = None  # as for a publisher that Docker sponsors
    fake.add_repository("sponsored/app").add_image(tag="1.0")
    session = client.start_session()
    await session.get_manifest("sponsored/app", "1.0")
    assert session.pull_limit is None
    assert session.pulls_used == 1
    assert client.pull_limit is not None


@pytest.mark.parametrize(("limit", "left"), [(100, 10), (200, 20), (5, 1), (101, 11)])
async def test_the_last_tenth_is_left_to_others(fake: FakeRegistry, limit: int, left: int) -> None:
    fake.limit = [limit, left + 1]
    session = fake.create_client().start_session()
    index = await session.get_manifest("acme/api", "1.0")
    assert isinstance(index, ImageIndex)
    with pytest.raises(PullReserveReached) as caught:
        await session.get_manifest("acme/api", index.descriptors[0].digest)
    assert f"{left} of {limit} pulls in 6 hours are left for an anonymous caller" in str(caught.value)
    assert "sign in" in caught.value.remedy
    assert fake.limit == [limit, left]
    assert session.pulls_used == 1
    assert await session.get_manifest("acme/api", "1.0") == index  # from the cache


async def test_the_limit_is_known_before_the_first_pull_by_digest(fake: FakeRegistry) -> None:
    fake.limit = [100, 10]
    digest = fake.repositories["acme/api"].tags["1.0"]
    with pytest.raises(PullReserveReached):
        await fake.create_client().start_session().get_manifest("acme/api", digest)
    assert fake.list_requests(REGISTRY, "GET", "manifests") == []


async def test_a_new_window_is_noticed(fake: FakeRegistry) -> None:
    fake.limit = [100, 10]
    digest = fake.repositories["acme/api"].tags["1.0"]
    client = fake.create_client()
    with pytest.raises(PullReserveReached):
        await client.start_session().get_manifest("acme/api", digest)
    fake.limit = [100, 100]
    fake.clock.time += 6
    assert (await client.start_session().get_manifest("acme/api", digest)).digest == digest


async def test_pulls_at_once_do_not_use_the_last_tenth(fake: FakeRegistry) -> None:
    api = fake.repositories["acme/api"]
    digests = [api.add_image(architecture=f"arch{n}")["digest"] for n in range(20)]
    fake.limit = [100, 15]
    session = fake.create_client().start_session()
    results = await asyncio.gather(
        *(session.get_manifest("acme/api", digest) for digest in digests), return_exceptions=True
    )
    assert fake.limit[1] >= 10
    assert sum(not isinstance(result, Exception) for result in results) == session.pulls_used <= 5
    assert {type(result) for result in results if isinstance(result, Exception)} == {PullReserveReached}


async def test_pulls_from_several_repositories_count_together(fake: FakeRegistry) -> None:
    fake.limit = [100, 13]
    names = [f"acme/repository{n}" for n in range(20)]
    for name in names:
        fake.add_repository(name).add_image(tag="latest", architecture=name)
    session = fake.create_client().start_session()
    for name in names:  # the limit is known in each of them
        await session.head_manifest(name, "latest")
    for name in names[:10]:
        with contextlib.suppress(PullReserveReached):
            await session.get_manifest(name, "latest")
    assert (fake.limit[1], session.pulls_used) == (10, 3)


@pytest.mark.parametrize("seed", range(6))
async def test_pulls_at_once_with_late_responses_leave_the_last_tenth(fake: FakeRegistry, seed: int) -> None:
    random = fake.delays = Random(seed)  # noqa: S311 - draws delays
    start = random.randint(12, 40)
    fake.limit = [100, start]
    images = [(f"acme/repository{n % 6}", f"{n}") for n in range(48)]
    for name, tag in images:
        repository = fake.repositories.get(name) or fake.add_repository(name)
        repository.add_image(tag=tag, architecture=f"architecture{tag}")
    client = fake.create_client()
    sessions = [client.start_session() for _ in images]
    calls = [session.get_manifest(*image) for session, image in zip(sessions, images, strict=True)]
    random.shuffle(calls)
    await asyncio.gather(*calls, return_exceptions=True)
    assert sum(session.pulls_used for session in sessions) == start - fake.limit[1] > 0
    assert fake.limit[1] >= 10


async def test_pulls_that_are_not_counted_do_not_reach_the_reserve(fake: FakeRegistry) -> None:
    fake.limit = [100, 14]
    client = fake.create_client()
    await client.start_session().head_manifest("acme/api", "1.0")
    sponsored = fake.add_repository("acme/sponsored")
    for number in range(20):
        sponsored.add_image(tag=f"{number}", architecture=f"{number}")
    limit, fake.limit = fake.limit, None
    for number in range(20):
        await client.start_session().get_manifest("acme/sponsored", f"{number}")
    fake.limit = limit
    await client.start_session().get_manifest("acme/api", "1.0")
    assert fake.limit[1] == 13


async def test_the_same_manifest_at_once_is_one_pull(fake: FakeRegistry) -> None:
    client = fake.create_client()
    sessions = [client.start_session() for _ in range(10)]
    await asyncio.gather(*(session.get_manifest("acme/api", "1.0") for session in sessions))
    assert sum(session.pulls_used for session in sessions) == 1


@pytest.mark.parametrize("username", ["", "ada"])
async def test_a_refused_pull_is_explained_and_not_repeated(fake: FakeRegistry, username: str) -> None:
    message = "You have reached your pull rate limit. You may increase the limit by authenticating."
    headers = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600"}
    body = {"errors": [{"code": "TOOMANYREQUESTS", "message": message}]}
    fake.override("/manifests/", httpx.Response(429, json=body, headers=headers), verb="GET")
    session = fake.create_client(username).start_session()
    with pytest.raises(RateLimited) as caught:
        await session.get_manifest("acme/api", "1.0")
    assert "pull limit of 100 pulls in 6 hours is reached" in str(caught.value)
    assert ("sign in" if not username else "plan") in caught.value.remedy
    assert len(fake.list_requests(REGISTRY, "GET", "manifests")) == 1


@pytest.mark.parametrize("reported", [{}, {"ratelimit-limit": "100", "ratelimit-remaining": "0"}])
async def test_after_a_refused_pull_none_is_left(fake: FakeRegistry, reported: dict[str, str]) -> None:
    fake.limit = [100, 100]
    refusal = httpx.Response(429, text="You have reached your pull rate limit.", headers=reported)
    fake.override("/manifests/", refusal, verb="GET")
    session = fake.create_client().start_session()
    with pytest.raises(RateLimited):
        await session.get_manifest("acme/api", "1.0")
    assert session.pull_limit is not None
    assert (session.pull_limit.remaining, session.pulls_used) == (0, 0)
    with pytest.raises(PullReserveReached):
        await session.get_manifest("acme/api", "1.0")
    assert len(fake.list_requests(REGISTRY, "GET", "manifests")) == 1


async def test_other_limits_are_repeated_and_named_for_what_they_are(fake: FakeRegistry) -> None:
    fake.override("/manifests/", httpx.Response(429, text="Too Many Requests"))
    with pytest.raises(RateLimited, match="not the pull limit"):
        await fake.create_client().start_session().get_manifest("acme/api", "1.0")
    assert len(fake.list_requests(REGISTRY, path="manifests")) == 4


async def test_a_short_limit_of_requests_passes(fake: FakeRegistry) -> None:
    digest = fake.repositories["acme/api"].tags["1.0"]
    fine = httpx.Response(200, headers={"docker-content-digest": digest})
    fake.override("/manifests/1.0", httpx.Response(429, headers={"retry-after": "0"}), fine)
    head = await fake.create_client().start_session().head_manifest("acme/api", "1.0")
    assert head.digest == digest


async def test_a_failed_pull_is_not_counted(fake: FakeRegistry) -> None:
    fake.override("/manifests/", httpx.Response(500, json={}), verb="GET")
    session = fake.create_client().start_session()
    with pytest.raises(HubError):
        await session.get_manifest("acme/api", "1.0")
    assert session.pulls_used == 0


async def test_the_limit_can_be_asked_for_without_a_pull(fake: FakeRegistry) -> None:
    fake.add_repository("ratelimitpreview/test").add_image(tag="latest")
    fake.limit = [200, 150]
    client = fake.create_client("ada")
    session = client.start_session()
    assert await session.fetch_pull_limit() == PullLimit(200, 150, 21_600, "203.0.113.7")
    assert session.pulls_used == 0
    fake.limit = None  # as for an account with a plan
    assert await client.start_session().fetch_pull_limit() is None
    assert client.pull_limit is None


async def test_without_the_preview_the_last_response_counts(fake: FakeRegistry) -> None:
    fake.limit = [100, 50]
    client = fake.create_client()
    with pytest.raises(NotFound, match="does not report the pull limit"):
        await client.start_session().fetch_pull_limit()
    await client.start_session().head_manifest("acme/api", "1.0")
    found = await client.start_session().fetch_pull_limit()
    assert found is not None
    assert found.remaining == 50


async def test_an_answer_of_another_server_does_not_mean_that_there_is_no_limit(fake: FakeRegistry) -> None:
    fake.add_repository("ratelimitpreview/test").add_image(tag="latest")
    fake.limit = [100, 50]
    client = fake.create_client()
    fake.override("/manifests/latest", httpx.Response(200, headers={"content-type": "text/xml"}))
    with pytest.raises(UnexpectedAnswer, match="Docker-Content-Digest"):
        await client.start_session().fetch_pull_limit()
