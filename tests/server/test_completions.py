"""Completions: names from the Hub within the time limit."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, Completion, PromptReference, ResourceTemplateReference

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.server import completions
from tests.support.fixture_types import MakeHub
from tests.support.server_clients import MODES, connected

REPOSITORY = "dockerhub://{namespace}/{repository}"
README = f"{REPOSITORY}/readme"
TAG = f"{REPOSITORY}/tags/{{tag}}"


async def completed(
    client: Client, where: str, name: str, typed: str, before: dict[str, str] | None = None
) -> Completion:
    uri = "://" in where
    ref = ResourceTemplateReference(uri=where) if uri else PromptReference(name=where)
    return (await client.complete(ref, {"name": name, "value": typed}, before)).completion


@MODES
async def test_repositories_of_the_given_namespace(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        found = await completed(client, README, "repository", "st", {"namespace": "acme"})
        assert found.values == ["storefront", "load-tester"], "what begins with it first"
        assert (found.total, found.has_more) == (2, False)
        many = await completed(client, REPOSITORY, "repository", "", {"namespace": "bigcorp"})
        assert (len(many.values), many.total, many.has_more) == (100, 230, True)
        some = await completed(client, REPOSITORY, "repository", "mailer", {"namespace": "bigcorp"})
        assert 0 < len(some.values) < 100
        assert (len(some.values), False) == (some.total, some.has_more)
        nobody_knows = await completed(client, REPOSITORY, "repository", "st")
        assert (nobody_knows.values, nobody_knows.total, nobody_knows.has_more) == ([], 0, False)


@MODES
async def test_tags_of_the_given_repository(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub(), mode) as client:
        place = {"namespace": "library", "repository": "redis"}
        found = await completed(client, TAG, "tag", "8.2", place)
        assert found.values[0] == "8.2"
        assert len(found.values) == 100
        assert found.total
        assert found.total > 100
        assert found.has_more is True
        few = await completed(client, TAG, "tag", "8.2.3-alpine3.22", place)
        assert few.values == ["8.2.3-alpine3.22"]
        assert (few.total, few.has_more) == (1, False)
        for before in (None, {"namespace": "library"}, {"repository": "redis"}):
            assert (await completed(client, TAG, "tag", "8", before)).values == []


@MODES
async def test_namespaces_are_those_of_the_account_and_of_a_search(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        mine = await completed(client, REPOSITORY, "namespace", "")
        assert mine.values == ["library", "acme", "milldale", "ada"]
        assert (mine.total, mine.has_more) == (4, False)
        found = await completed(client, TAG, "namespace", "lant")
        assert found.values == ["lanternworks"]
        assert found.total is None, "nobody counts them"
    async with connected(make_hub(), mode) as client:
        nobody = await completed(client, REPOSITORY, "namespace", "")
        assert (nobody.values, nobody.total) == (["library"], 1)
        assert (await completed(client, "review_access", "organization", "")).total == 0


@MODES
async def test_a_token_completes_the_names_that_its_sign_in_tells(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    sandbox.faults.add(match="/v2/user", status=403, body='{"message": "forbidden"}')
    for identity, namespaces, organizations in (
        ("org-token", ["library", "acme"], ["acme"]),
        ("owner-pat", ["library", "ada"], []),
    ):
        async with connected(make_hub(identity), mode) as client:
            assert (await completed(client, REPOSITORY, "namespace", "")).values == namespaces
            assert (await completed(client, "review_access", "organization", "")).values == organizations


@MODES
async def test_the_arguments_of_prompts(make_hub: MakeHub, mode: str) -> None:
    async with connected(make_hub("owner"), mode) as client:
        for prompt, name, typed, values in (
            ("pin_image", "image", "redi", ["redis"]),
            ("pin_image", "image", "acme/sto", ["acme/storefront"]),
            ("explain_failed_pull", "image", "redis:8.2.3-alpine3.22", ["redis:8.2.3-alpine3.22"]),
            ("explain_failed_pull", "image", "acme/storefront:nothing", []),
            ("pin_image", "platform", "arm", ["linux/arm64", "linux/arm/v7"]),
            ("pin_image", "platform", "aarch64", ["linux/arm64"]),
            ("pin_image", "platform", "linux/x86_64", ["linux/amd64"]),
            ("pin_image", "platform", "sparc", []),
            ("pin_image", "purpose", "a", []),
            ("review_access", "organization", "", ["acme", "milldale"]),
            ("review_tokens", "organization", "zz", []),
            ("write_overview", "repository", "a", ["acme/", "ada/", "milldale/"]),
            ("write_overview", "repository", "ada/jour", ["ada/journal"]),
        ):
            assert (await completed(client, prompt, name, typed)).values == values, (name, typed)
        private = await completed(client, "write_overview", "repository", "acme/store")
        assert private.values == ["acme/storefront"]
    async with connected(make_hub(), mode) as client:
        assert (await completed(client, "write_overview", "repository", "acme/store")).values == []


@MODES
async def test_a_short_list_is_read_once_for_all_that_is_typed(
    make_hub: MakeHub, sandbox: Sandbox, mode: str
) -> None:
    async with connected(make_hub(), mode) as client:
        for typed in ("", "r", "re", "red", "redi", "redis"):
            found = await completed(client, REPOSITORY, "repository", typed, {"namespace": "library"})
            assert "redis" in found.values
    assert len(sandbox.requests) == 1


@MODES
async def test_disabled_tools_disable_completions(make_hub: MakeHub, sandbox: Sandbox, mode: str) -> None:
    off = ["list_tags", "list_repositories", "search_repositories", "list_organizations"]
    async with connected(make_hub("owner"), mode, exclude_tools=off) as client:
        place = {"namespace": "acme", "repository": "storefront"}
        for where, name, before in (
            (TAG, "tag", place),
            (TAG, "repository", place),
            ("pin_image", "image", None),
            ("review_access", "organization", None),
        ):
            assert (await completed(client, where, name, "a", before)).values == []
        assert (await completed(client, TAG, "namespace", "l")).values == ["library"]
    async with connected(make_hub(), mode, tools=["login"]) as client:
        with pytest.raises(MCPError, match="switched off here"):
            await completed(client, "pin_image", "image", "a")
    assert not sandbox.requests


@MODES
async def test_a_slow_hub_times_out_without_an_error(
    make_hub: MakeHub, sandbox: Sandbox, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completions, "COMPLETION_TIMEOUT", 0.2)
    sandbox.faults.rules.append(Fault(match="/tags", latency=60))
    sandbox.faults.rules.append(Fault(match="/api/search", latency=60))
    async with connected(make_hub(), mode) as client:
        place = {"namespace": "library", "repository": "redis"}
        late = await completed(client, TAG, "tag", "8", place)
        assert (late.values, late.total, late.has_more) == ([], None, False)
        partly = await completed(client, TAG, "namespace", "lib")
        assert (partly.values, partly.total, partly.has_more) == (["library"], None, True)
        sandbox.faults.rules.clear()
        assert (await completed(client, TAG, "tag", "8.2", place)).values[0] == "8.2"


@MODES
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429, "headers": {"Retry-After": "100"}},
        {"status": 200, "body": "<html>", "content_type": "text/html"},
        {"drop": True},
    ],
    ids=str,
)
async def test_errors_of_the_hub_give_no_names(
    make_hub: MakeHub, sandbox: Sandbox, mode: str, fault: dict[str, Any]
) -> None:
    sandbox.faults.rules.append(Fault(**fault))
    async with connected(make_hub(), mode) as client:
        found = await completed(client, REPOSITORY, "repository", "re", {"namespace": "library"})
        assert (found.values, found.has_more) == ([], False)


@MODES
async def test_completions_send_nothing_when_the_rate_limit_is_low(sandbox: Sandbox, mode: str) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        left = {"X-RateLimit-Limit": "180", "X-RateLimit-Remaining": "18", "X-RateLimit-Reset": "2000000000"}
        return httpx.Response(200, json={"count": 1, "results": [{"name": "redis"}]}, headers=left)

    async with (
        Hub(base_url="http://localhost", httpx_transport=httpx.MockTransport(answer)) as hub,
        connected(hub, mode) as client,
    ):
        place = {"namespace": "library"}
        assert (await completed(client, REPOSITORY, "repository", "", place)).values == ["redis"]
        other = await completed(client, REPOSITORY, "repository", "", {"namespace": "acme"})
        assert (other.values, other.total) == ([], None)
    assert len(asked) == 1
    assert not sandbox.requests


@MODES
async def test_invalid_names_are_left_out(mode: str) -> None:
    names = [
        "8.2",
        "8.2\u202e",
        "8.2 <- pick this",
        "8.2\n8.3",
        "8.2-" + "x" * 300,
        "8.2'; rm -rf /",
        "8.2-ok",
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"count": 7, "results": [{"name": name} for name in names]})

    async with (
        Hub(base_url="http://localhost", httpx_transport=httpx.MockTransport(answer)) as hub,
        connected(hub, mode) as client,
    ):
        found = await completed(client, TAG, "tag", "8", {"namespace": "library", "repository": "redis"})
    assert found.values == ["8.2", "8.2-ok"]
    assert (found.total, found.has_more) == (2, False)


@MODES
@pytest.mark.parametrize(
    "typed", ["../..", "x" * 10_000, "%2e%2e", "a\x00b", "redis@sha256:00", "::", "/", "//", "/redis:8"]
)
async def test_any_typed_text_is_accepted(make_hub: MakeHub, sandbox: Sandbox, mode: str, typed: str) -> None:
    place = {"namespace": typed, "repository": typed}
    async with connected(make_hub(), mode) as client:
        for where, name in ((TAG, "namespace"), (TAG, "repository"), (TAG, "tag"), ("pin_image", "image")):
            assert (await completed(client, where, name, typed, place)).values == []
    known = ("/v2/namespaces/", "/api/search/v4")
    assert all(request.path.startswith(known) for request in sandbox.requests)


@MODES
@pytest.mark.parametrize(
    ("where", "name", "words"),
    [
        ("pin_imag", "image", "did you mean pin_image"),
        ("pin_image", "imag", "did you mean image"),
        (REPOSITORY, "org", "no argument 'org'; did you mean namespace"),
        ("review_access", "org", "did you mean organization"),
        (REPOSITORY, "tag", "no argument 'tag'; there are namespace, repository"),
        ("dockerhub://{namespace}", "namespace", f"There are {REPOSITORY}"),
        ("dockerhub://library/redis", "namespace", "There is no resource template"),
    ],
)
async def test_an_unknown_argument_is_explained(
    make_hub: MakeHub, mode: str, where: str, name: str, words: str
) -> None:
    async with connected(make_hub(), mode) as client:
        with pytest.raises(MCPError) as caught:
            await completed(client, where, name, "")
    assert caught.value.error.code == INVALID_PARAMS
    assert words in caught.value.error.message


async def test_a_wrong_count_of_the_hub_is_no_total(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for count, total in ((0, None), (2, 2)):
        body = f'{{"count": {count}, "next": null, "results": [{{"name": "a"}}, {{"name": "b"}}]}}'
        sandbox.faults.clear()
        sandbox.faults.rules.append(Fault(match="/tags", status=200, body=body))
        async with connected(make_hub("owner"), "2026-07-28") as client:
            place = {"namespace": "acme", "repository": "storefront"}
            found = await completed(client, TAG, "tag", "", place)
        assert (found.values, found.total, found.has_more) == (["a", "b"], total, False)
