"""What the results of list tools say about pages, counts, and what the caller cannot see."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.enums import CredentialKind
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ListRepositories
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.failures import failures_named
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, changes, make_context

NEXT_PAGE = re.compile(r"Go on with page=(\d+)")


def data_of(outcome: ToolResult) -> dict[str, Any]:
    assert outcome.structured_content is not None
    return {key: value for key, value in outcome.structured_content.items() if key != "results"}


async def test_the_anonymous_limit_is_named_where_the_next_page_is_behind_it(make_hub: MakeHub) -> None:
    bigcorp, redis = {"namespace": "bigcorp"}, {"repository": "redis"}
    limited = "PARTIAL, the list goes on: page={}, page_size={} needs a sign-in; anonymous callers may read the first {} items"
    for tool, arguments, page, size, limit in (
        ("list_repositories", {**bigcorp, "page_size": 100}, 2, 100, 100),
        ("list_repositories", {**bigcorp, "page": 4}, 5, 25, 100),
        ("list_repositories", {**bigcorp, "page": 10, "page_size": 10}, 11, 10, 100),
        ("list_repositories", {**bigcorp, "max_items": 100}, 2, 100, 100),
        ("list_repositories", {**bigcorp, "page": 2, "page_size": 30, "max_items": 75}, 3, 52, 100),
        ("list_tags", {**redis, "page": 10, "page_size": 100}, 11, 100, 1000),
        ("list_tags", {**redis, "page": 40}, 41, 25, 1000),
        ("list_tags", {**redis, "max_items": 1000, "fields": ["name"]}, 11, 100, 1000),
    ):
        with failures_named((tool, arguments)):
            outcome = await call(make_hub(), tool, **arguments)
            assert not outcome.is_error
            assert limited.format(page, size, limit) in outcome.text
            assert NEXT_PAGE.search(outcome.text) is None
            assert "end of the list" not in outcome.text
            assert "next_page" not in data_of(outcome)
            assert f"page={page}, page_size={size} needs a sign-in" in data_of(outcome)["partial"]
            assert outcome.is_cacheable, "it would say the same now"
            signed_in = await call(make_hub("owner"), tool, **arguments)
            assert data_of(signed_in)["next_page"] == page
            assert "PARTIAL" not in signed_in.text


async def test_pages_before_the_anonymous_limit_are_offered(make_hub: MakeHub) -> None:
    for page, page_size in ((1, 25), (3, 25), (1, 99), (9, 10)):
        outcome = await call(
            make_hub(), "list_repositories", namespace="bigcorp", page=page, page_size=page_size
        )
        assert data_of(outcome)["next_page"] == page + 1
        assert "PARTIAL" not in outcome.text


async def test_reading_into_the_anonymous_limit_offers_no_page(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "list_tags", repository="redis", max_items=2600, fields=["name"])
    assert outcome.text.startswith(
        "1000 of 2528 items, from page 1.\nPARTIAL, the list is cut short: Anonymous "
    )
    assert "next_page" not in data_of(outcome)
    assert not outcome.is_cacheable


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("list_tags", {"repository": "acme/storefront", "page": 9}, r"Page 9 is past the end \(\d+ pages? of 25, \d+ items\)\."),
        ("list_org_members", {"org_name": "acme", "page": 9}, "Page 9 is past the end (1 page of 25, 8 items)."),
        ("list_org_members", {"org_name": "acme", "page": 3, "page_size": 5}, "Page 3 is past the end (2 pages of 5, 8 items)."),
        ("list_org_groups", {"org_name": "acme", "page": 2, "max_items": 50}, "Page 2 is past the end (1 page of 25, 5 items)."),
        ("list_access_tokens", {"page": 80}, r"Page 80 is past the end \(1 page of 25, \d+ items\)\."),
        ("list_org_access_tokens", {"name": "acme", "page": 2}, "Page 2 is past the end (1 page of 25, 6 items)."),
        ("list_repositories", {"namespace": "bigcorp", "page": 11}, "Page 11 is past the end (10 pages of 25, 230 items)."),
        ("list_tags", {"repository": "redis", "name": "no-such-thing", "page": 2}, "Page 2 is past the end: nothing matches."),
        ("list_audit_logs", {"account": "acme", "page": 60}, "Page 60 is past the end of the list."),
    ],
)  # fmt: skip
async def test_a_page_behind_the_end_says_how_many_pages_there_are(
    make_hub: MakeHub, sandbox: Sandbox, tool: str, arguments: dict[str, Any], text: str
) -> None:
    hub = make_hub("owner")
    await hub.sign_in()
    before = len(sandbox.requests)
    outcome = await call(hub, tool, **arguments)
    head = outcome.text.split("\n")[0]
    assert head == text or re.fullmatch(text, head)
    assert not outcome.is_error
    assert outcome.structured_content is not None
    assert outcome.structured_content["results"] == []
    assert "next_page" not in outcome.structured_content
    assert len(sandbox.requests) - before <= 2


async def test_an_anonymous_caller_learns_of_the_end_before_the_limit(make_hub: MakeHub) -> None:
    short = await call(make_hub(), "list_repositories", namespace="acme", page=9)
    assert short.text.startswith("Page 9 is past the end (1 page of 25, 8 items).")
    for tool, arguments in (
        ("list_repositories", {"namespace": "bigcorp", "page": 9}),
        ("list_repositories", {"namespace": "bigcorp", "page": 9, "max_items": 50}),
        ("list_tags", {"repository": "redis", "page": 60}),
    ):
        long = await call(make_hub(), tool, **arguments)
        assert long.is_error
        assert long.text.startswith("Anonymous callers may not page this far")


async def test_an_export_that_was_cut_off_is_partial(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner")
    for body, partial in (
        ("Name,Role\nada,Owner\nlin", True),
        ('Name,Role\nada,Owner\n"lin', True),
        ("Name,Role\nada,Owner\nlinus,", False),
        ("Name,Role\nada,Owner\n", False),
        ("Name,Role\n", False),
    ):
        sandbox.faults.clear()
        sandbox.faults.rules.append(Fault(match="/export", status=200, body=body, content_type="text/csv"))
        outcome = await call(hub, "export_org_members", org_name="acme")
        assert ('partial: "The last row is cut off' in outcome.text) == partial
        assert ("partial" in data_of(outcome)) == partial


async def test_a_page_of_a_missing_list_is_an_error_about_the_list(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    missing = await call(hub, "list_tags", repository="acme/none", page=2)
    assert missing.is_error
    assert "No repository acme/none is visible to ada" in missing.text
    organization = await call(hub, "list_org_groups", org_name="no-such-org", page=2)
    assert organization.is_error
    assert "past the end" not in organization.text


async def test_a_missing_page_that_the_hub_counts_is_no_end(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="page=3&", status=404, body='{"message":"object not found"}')
    outcome = await call(make_hub("owner"), "list_repositories", namespace="bigcorp", page=3)
    assert outcome.is_error
    assert "the Hub counts 230, but page 3 was answered by 404." in outcome.text


async def test_a_missing_page_stays_an_error_where_the_count_cannot_be_read(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="page=1&page_size=1", status=400, body='{"message":"not today"}')
    outcome = await call(make_hub("owner"), "list_org_groups", org_name="acme", page=7)
    assert outcome.is_error
    assert "There is no page 7 of this list" in outcome.text


def answer(sandbox: Sandbox, match: str, **body: Any) -> None:
    sandbox.faults.clear()
    sandbox.faults.rules.append(Fault(match=match, status=200, body=json.dumps(body)))


TAGS = [{"name": f"t{number}"} for number in range(25)]


@pytest.mark.parametrize(
    ("body", "arguments", "head", "partial"),
    [
        ({"count": 0, "next": None, "results": TAGS}, {}, "25 items, from page 1. The Hub counts 0.", "Read 25 items; the Hub counts 0."),
        ({"count": 1000, "next": None, "results": TAGS}, {}, "25 of 1000 items, from page 1.", "Read 25 items; the Hub counts 1000, but names no further page."),
        ({"count": 1000, "next": None, "results": TAGS}, {"page": 4}, "25 of 1000 items, from page 4.", "Read 25 items from page 4 on; the Hub counts 1000"),
        ({"count": 90, "next": None, "results": []}, {"page": 2}, "0 of 90 items, from page 2.", "but page 2 came empty."),
        ({"count": 25, "next": "more", "results": TAGS}, {}, "25 items, from page 1. The Hub counts 25. Go on with page=2, page_size=25.", ""),
        ({"count": 7, "next": "more", "results": TAGS}, {"page": 2}, "25 items, from page 2. The Hub counts 7. Go on with page=3, page_size=25.", "Read 25 items from page 2 on; the Hub counts 7."),
        ({"count": 40, "next": "more", "results": TAGS[:10]}, {"page": 3}, "10 of 40 items, from page 3. Go on with page=4, page_size=25.", ""),
        ({"count": -1, "next": None, "results": TAGS}, {}, "25 items, from page 1. This is the end of the list.", ""),
        ({"count": None, "next": "more", "results": TAGS}, {}, "25 items, from page 1. Go on with page=2, page_size=25.", ""),
        ({"count": 25, "results": TAGS}, {}, "25 of 25 items, from page 1. This is the end of the list.", ""),
        ({"count": 60, "results": TAGS[:20]}, {}, "20 of 60 items, from page 1. Go on with page=2, page_size=25.", ""),
        ({"count": 25, "next": None, "results": TAGS}, {"page_size": 10}, "25 of 25 items, from page 1. This is the end of the list.", ""),
        ({"count": 1000, "next": None, "results": TAGS}, {"max_items": 500}, "25 of 1000 items, from page 1.", "Read 25 items; the Hub counts 1000"),
    ],
)  # fmt: skip
async def test_a_page_never_contradicts_the_count(
    make_hub: MakeHub,
    sandbox: Sandbox,
    body: dict[str, Any],
    arguments: dict[str, Any],
    head: str,
    partial: str,
) -> None:
    answer(sandbox, "/tags", **body)
    outcome = await call(make_hub("owner"), "list_tags", repository="redis", **arguments)
    assert outcome.text.split("\n")[0] == head
    assert partial in data_of(outcome).get("partial", "")
    assert ("partial" in data_of(outcome)) == bool(partial)
    assert (f"PARTIAL, the list does not add up: {data_of(outcome).get('partial')}" in outcome.text) == bool(
        partial
    )
    assert outcome.is_cacheable == (not partial)


async def test_a_list_that_does_not_add_up_is_not_cached(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner")
    await hub.sign_in()
    context = make_context(hub, cache=ResultCache(60))
    for total, requests in ((1000, 2), (25, 1)):
        answer(sandbox, "/tags", count=total, next=None, results=TAGS)
        before = len(sandbox.requests)
        for _ in range(2):
            await call(context, "list_tags", repository="redis", page_size=total // 10)
        assert len(sandbox.requests) - before == requests


async def test_invites_that_do_not_add_up(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub, invites = make_hub("owner"), [{"id": "a", "invitee": "bo"}]
    for body, text in (
        ({"data": invites}, "1 of 1 items. This is the end of the list."),
        ({"data": invites, "total": 4}, "1 of 4 items.\nPARTIAL, the list does not add up: Read 1 item; the Hub counts 4"),
        ({"data": invites, "count": 0}, "1 item. The Hub counts 0.\nPARTIAL, the list does not add up: "),
        ({"data": invites, "next": "more"}, "1 of 1 items.\nPARTIAL, the list does not add up: Read 1 items; the Hub names more."),
    ):  # fmt: skip
        answer(sandbox, "/invites", **body)
        outcome = await call(hub, "list_org_invites", org_name="acme")
        assert outcome.text.startswith(text)


async def test_a_search_says_how_it_goes_on(make_hub: MakeHub, sandbox: Sandbox) -> None:
    rows = [{"id": f"n/{number}", "name": f"n/{number}"} for number in range(5)]
    for total, shown, start, line in (
        (12, 5, 0, "Go on with from=5.\n"),
        (12, 5, 5, "Go on with from=10.\n"),
        (12, 2, 10, "total: 12\n"),
        (12, 0, 50, "from=50 is past the end.\n"),
        (0, 0, 0, "total: 0\n"),
        (3, 5, 0, "PARTIAL, the list does not add up: the Hub sent 5 items, but counts 3.\n"),
        (
            3,
            5,
            10,
            "PARTIAL, the list does not add up: the Hub sent 5 items at from=10, but counts 3.\n",
        ),
    ):
        answer(sandbox, "/api/search", total=total, results=rows[:shown])
        outcome = await call(make_hub(), "search_repositories", query="n", size=5, **{"from": start})
        with failures_named((total, shown, start)):
            assert outcome.text.startswith(line), outcome.text
            assert outcome.is_cacheable == (not line.startswith("PARTIAL"))


async def test_scim_users_say_how_they_go_on(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner", scim_token=StaticSecret("sandbox-scim-token-acme"))
    first = await call(hub, "scim_list_users", count=2)
    assert first.text.startswith("Go on with startIndex=3.\n")
    behind = await call(hub, "scim_list_users", startIndex=50, count=2)
    assert behind.text.startswith("startIndex=50 is past the end.\n")
    answer(sandbox, "/Users", totalResults=7, Resources=[])
    outcome = await call(hub, "scim_list_users")
    assert "the answer counts 7 items and lists none" in outcome.text
    answer(sandbox, "/Schemas", totalResults=7, Resources=[{"id": "a"}])
    outcome = await call(hub, "scim_list_schemas")
    assert "PARTIAL, the list does not add up: the Hub sent 1 item, but counts 7." in outcome.text


@pytest.mark.parametrize("total", [None, [8], "many"])
async def test_a_list_without_a_total_says_how_it_may_go_on(
    make_hub: MakeHub, sandbox: Sandbox, total: object
) -> None:
    users = [{"id": "a", "userName": "ada"}, {"id": "b", "userName": "bob"}]
    answer(sandbox, "/Users", totalResults=total, Resources=users)
    hub = make_hub("owner", scim_token=StaticSecret("sandbox-scim-token-acme"))
    outcome = await call(hub, "scim_list_users", startIndex=5, count=2)
    assert outcome.text.startswith("Go on with startIndex=7; the total is unknown.\n")
    answer(sandbox, "/api/search", total=total, results=[{"id": "a", "name": "n"}])
    outcome = await call(hub, "search_repositories", query="n", size=1)
    assert outcome.text.startswith("Go on with from=1; the total is unknown.\n")


async def test_what_the_account_cannot_see_is_said_once(make_hub: MakeHub) -> None:
    acme = {"namespace": "acme"}
    anonymous = "Note: Public repositories only: the request was anonymous."
    for identity, arguments, note in (
        (None, acme, anonymous),
        (None, {**acme, "max_items": 3}, anonymous),
        (None, {**acme, "page": 2, "page_size": 1}, ""),
        (None, {}, ""),
        (None, {"namespace": "library", "name": "redis"}, ""),
        ("owner", acme, ""),
        ("owner-pat", acme, ""),
        ("public-pat", acme, "Note: Public repositories only: the token's scope is repo:public_read."),
        ("org-token", acme, ""),
        ("org-token-narrow", acme, "Note: Public repositories only: the organization token lacks scope-repository-list."),
        ("org-token-narrow", {}, ""),
    ):  # fmt: skip
        outcome = await call(make_hub(identity), "list_repositories", **arguments)
        with failures_named((identity, arguments)):
            assert outcome.text.count("Public repositories") == bool(note)
            assert note in outcome.text.split("\n") or not note


async def test_refused_credentials_are_not_named_twice(make_hub: MakeHub) -> None:
    hub = make_hub(credentials=Credentials.from_strings("ada", "dckr_pat_wrong"))
    outcome = await call(hub, "list_repositories", namespace="acme")
    assert outcome.text.count("nonymous") == 1
    assert "Note: Public repositories only.\n" in outcome.text


def test_a_list_for_an_organization_token_of_unknown_scopes_may_be_partial() -> None:
    call = ListRepositories(namespace="acme")
    for scopes, hidden in (
        ((), "May be partial: without scope-repository-list an organization token sees public ones only."),
        (("openid",), "May be partial: "),
        (
            ("scope-image-pull",),
            "Public repositories only: the organization token lacks scope-repository-list.",
        ),
        (("scope-image-pull", "scope-repository-list"), ""),
    ):
        found = call.describe_hidden_items(Principal("acme", CredentialKind.OAT, scopes=scopes))
        assert found.startswith(hidden)
        assert bool(found) == bool(hidden)


async def test_the_principal_knows_the_scopes_of_its_bearer(answering_hub: Any) -> None:
    hub = answering_hub({"scope": "scope-image-pull openid"})
    await hub.sign_in()
    assert hub.principal.scopes == ("scope-image-pull", "openid")


@pytest.fixture
def answering_hub() -> Any:
    def make(claims: dict[str, Any]) -> Hub:
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

        def respond(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"access_token": f"x.{payload}.y"})

        credentials = Credentials.from_strings("acme", "dckr_oat_something")
        return Hub(credentials, base_url="http://localhost", httpx_transport=httpx.MockTransport(respond))

    return make


async def test_the_groups_of_a_repository_never_name_the_owners(make_hub: MakeHub) -> None:
    hub, note = make_hub("owner"), "Note: The owners have all rights and are not listed."
    assert note in (await call(hub, "list_repository_groups", repository="acme/storefront")).text
    assert note in (await call(hub, "list_repository_groups", repository="acme/mailer", max_items=5)).text


async def test_a_change_is_not_refused_with_what_an_incomplete_list_does_not_show(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    """Says that the member was not listed, rather than that there is no such member."""
    context = make_context(make_hub("owner"), confirmer=FakeUser())
    answer(sandbox, "/v2/orgs/acme/members?", count=500, next=None, results=[{"id": "1", "username": "ada"}])
    outcome = await call(context, "remove_org_member", org_name="acme", username="linus")
    assert outcome.is_error
    assert (
        "'linus' is not among the 1 members of acme that the Hub listed, which may not be all" in outcome.text
    )
    answer(
        sandbox,
        "/groups/",
        count=500,
        next=None,
        results=[{"group_id": 1, "group_name": "a", "permission": "read"}],
    )
    outcome = await call(
        context, "update_repository_group", repository="acme/storefront", group_id=1002, permission="read"
    )
    assert "is not among the 1 groups of acme/storefront that the Hub listed" in outcome.text
    assert changes(sandbox) == []


async def test_a_change_goes_on_where_an_incomplete_list_shows_its_target(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    context = make_context(make_hub("owner"), confirmer=FakeUser())
    answer(
        sandbox, "/v2/orgs/acme/members?", count=500, next=None, results=[{"id": "1", "username": "linus"}]
    )
    outcome = await call(context, "remove_org_member", org_name="acme", username="linus")
    assert not outcome.is_error
    assert changes(sandbox) == ["DELETE /v2/orgs/acme/members/linus"]
