"""Names of all tags: pages, their links, and hostile lists."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub.errors import HubError, NotFound, UnexpectedAnswer
from tests.support.fake_registry import REGISTRY, FakeRegistry

PATH = "/v2/acme/api/tags/list"


def page(names: Any, link: str = "") -> httpx.Response:
    headers = {"link": link} if link else {}
    return httpx.Response(200, json={"name": "acme/api", "tags": names}, headers=headers)


async def test_one_page(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    tags = await session.list_tags("acme/api")
    assert (tags.names, tags.is_complete) == (("1.0", "single"), True)
    assert session.pulls_used == 0
    assert fake.list_requests(REGISTRY, path="tags") == [f"GET {PATH}?n=1000"]


async def test_pages_are_followed(fake: FakeRegistry) -> None:
    fake.override(
        PATH,
        page(["a", "b"], f'<{PATH}?last=b&n=1000>; rel="next"'),
        page(["c"], f'<https://{REGISTRY}{PATH}?next_page=x%2By%3D>; rel=next; title="x"'),
        page(["d"]),
    )
    tags = await fake.create_client().start_session().list_tags("acme/api")
    assert (tags.names, tags.is_complete) == (("a", "b", "c", "d"), True)
    assert fake.list_requests(REGISTRY, path="tags") == [
        f"GET {PATH}?n=1000",
        f"GET {PATH}?last=b&n=1000",
        f"GET {PATH}?next_page=x%2By%3D",
    ]


async def test_a_repository_without_tags(fake: FakeRegistry) -> None:
    fake.override(PATH, page(None))
    tags = await fake.create_client().start_session().list_tags("acme/api")
    assert (tags.names, tags.is_complete) == ((), True)


async def test_a_list_without_end_is_cut_and_says_so(fake: FakeRegistry) -> None:
    pages = [page([f"t{n}"], f'<{PATH}?last=t{n}&n=1000>; rel="next"') for n in range(50)]
    fake.override(PATH, *pages)
    tags = await fake.create_client().start_session().list_tags("acme/api")
    assert len(tags.names) == 20
    assert not tags.is_complete


async def test_a_page_that_leads_to_itself_ends_the_walk(fake: FakeRegistry) -> None:
    fake.override(PATH, page(["a"], f'<{PATH}?last=a>; rel="next"'))
    tags = await fake.create_client().start_session().list_tags("acme/api")
    assert tags.names == ("a",)
    assert not tags.is_complete
    assert len(fake.list_requests(REGISTRY, path="tags")) == 2


@pytest.mark.parametrize(
    "link",
    [
        f'<https://evil.example{PATH}?last=a>; rel="next"',
        f'<//evil.example{PATH}?last=a>; rel="next"',
        f'<http://{REGISTRY}{PATH}?last=a>; rel="next"',
        f'<https://user@{REGISTRY}{PATH}?last=a>; rel="next"',
        '</v2/ada/secret/tags/list?last=a>; rel="next"',
        '</v2/acme/api/tags/../../../ada/secret/tags/list>; rel="next"',
        f'<{PATH}?last={"a" * 3000}>; rel="next"',
        f'<{PATH}?{"a=b&" * 50}>; rel="next"',
        '<https://[::1/x>; rel="next"',
    ],
)
async def test_a_link_elsewhere_is_not_followed(fake: FakeRegistry, link: str) -> None:
    fake.override(PATH, page(["a"], link))
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().list_tags("acme/api")
    assert len(fake.list_requests(path="tags")) == 1


@pytest.mark.parametrize("link", ["", "x", f'<{PATH}>; rel="prev"', "<>", '<a>; rel="nextish"', "<" * 10_000])
async def test_other_links_end_the_list(fake: FakeRegistry, link: str) -> None:
    fake.override(PATH, page(["a"], link))
    assert (await fake.create_client().start_session().list_tags("acme/api")).is_complete


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"tags":"x"}',
        b'{"tags":[1]}',
        b'{"tags":["a b"]}',
        b'{"tags":["../x"]}',
        b"x",
        b'{"tags":' + b"[" * 100_000,
    ],
)
async def test_a_hostile_list_is_an_unexpected_answer(fake: FakeRegistry, content: bytes) -> None:
    fake.override(PATH, httpx.Response(200, content=content))
    with pytest.raises(UnexpectedAnswer):
        await fake.create_client().start_session().list_tags("acme/api")


async def test_a_page_that_fails_is_an_error(fake: FakeRegistry) -> None:
    fake.override(PATH, page(["a"], f'<{PATH}?last=a>; rel="next"'), httpx.Response(500, json={}))
    with pytest.raises(HubError, match="500"):
        await fake.create_client().start_session().list_tags("acme/api")


async def test_a_missing_repository(fake: FakeRegistry) -> None:
    fake.override(PATH, httpx.Response(404, json={"errors": [{"code": "NAME_UNKNOWN"}]}))
    with pytest.raises(NotFound, match=r"^The repository acme/api does not exist\."):
        await fake.create_client().start_session().list_tags("acme/api")
