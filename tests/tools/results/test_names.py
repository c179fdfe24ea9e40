"""Names are shown whole, searches with full names and exact counts, and orders of names as what they are."""

from __future__ import annotations

from typing import Any

import pytest

from dockerhub_mcp.cli.call.layout import build_blocks
from dockerhub_mcp.cli.call.tables import render_plain
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.annotations import NAME_ORDER_NOTE
from tests.support.faulty_hub import Telling
from tests.support.fixture_types import MakeHub
from tests.support.recorded_results import TAGS, ask, ask_tags, items_of, table_of
from tests.support.result_text import parse_cell
from tests.support.tool_calls import FakeUser, call, make_context

TAG, NAME, EMAIL = "t" * 128, "n" * 255, f"{'e' * 64}@{'d' * 186}.example"
ACME = {"org_name": "acme"}


@pytest.fixture
def telling(sandbox: Sandbox, make_hub: MakeHub) -> Telling:
    return Telling(sandbox, make_hub)


@pytest.mark.parametrize(
    ("tool", "container", "row", "arguments"),
    [
        ("list_tags", "results", {"name": TAG}, TAGS),
        ("list_repositories", "results", {"name": NAME, "namespace": "n" * 30}, {"namespace": "acme"}),
        ("list_org_groups", "results", {"name": NAME}, ACME),
        ("list_repository_groups", "results", {"group_name": NAME}, TAGS),
        ("list_org_members", "results", {"username": "u" * 100, "email": EMAIL}, ACME),
        ("list_org_group_members", "results", {"username": "u" * 100}, {**ACME, "group_name": "developers"}),
        ("list_org_invites", "data", {"invitee": EMAIL, "team": NAME}, ACME),
        ("list_access_tokens", "results", {"token_label": "l" * 100, "uuid": "u" * 90}, {}),
        ("list_org_access_tokens", "results", {"id": "a-1", "label": "a label " * 12 + "x"}, {"name": "acme"}),
        ("list_audit_logs", "logs", {"action": "x", "name": NAME, "actor": "a" * 200}, {"account": "acme"}),
        ("search_repositories", "results", {"id": f"{'n' * 30}/{NAME}", "name": NAME}, {"query": "n"}),
    ],
)  # fmt: skip
async def test_names_are_never_shortened(
    telling: Telling, tool: str, container: str, row: dict[str, Any], arguments: dict[str, Any]
) -> None:
    other = dict.fromkeys(row, "b")
    result = await ask(telling, tool, {container: [row, other]}, **arguments)
    table = table_of(result, "results" if tool == "search_repositories" else "")
    shown = {**row, "name": row["id"]} if tool == "search_repositories" else row
    for name in row.keys() - {"id"}:
        assert parse_cell(table.of(name)[0]) == shown[name]
        assert items_of(result)[0][name] == shown[name]


async def test_names_in_lists_within_rows_are_whole(telling: Telling) -> None:
    members = {"results": [{"username": "ada", "groups": [NAME, "b" * 200]}, {"username": "bo"}]}
    assert f"{NAME} {'b' * 200}" in (await ask(telling, "list_org_members", members, **ACME)).text
    user = {
        "id": "1",
        "emails": [{"value": EMAIL, "primary": True}],
        "groups": [{"value": "7", "display": NAME}],
    }
    users = {"totalResults": 2, "Resources": [user, {**user, "id": "2", "emails": []}]}
    text = (await ask(telling, "scim_list_users", users)).text
    assert EMAIL in text
    assert NAME in text
    tags = {"tags": [TAG, "b" * 128]}
    assert TAG in (await ask(telling, "verify_immutable_tags", tags, **TAGS, regex="t")).text


async def test_free_text_is_still_shortened_in_lists(telling: Telling) -> None:
    body = {"results": [{"name": "a", "description": "x" * 100}, {"name": "b", "description": "y"}]}
    assert "x" * 80 not in (await ask(telling, "list_repositories", body, namespace="acme")).text


async def test_questions_and_previews_show_names_whole(telling: Telling) -> None:
    label = "l" * 100
    token = {"uuid": "3e3412b8-9c2b-4110-a428-6cdc40cd7e8a", "token_label": label, "is_active": True}
    await ask(telling, "get_access_token", token, uuid=token["uuid"])
    user = FakeUser()
    context = make_context(telling.hub, confirmer=user)
    await call(context, "delete_access_token", uuid=token["uuid"])
    assert label in user.confirmations[0].text
    assert str(token["uuid"]) in user.confirmations[0].text
    telling.sandbox.faults.clear()
    telling.sandbox.faults.add(match="/members?", method="GET", status=400, body="{}")
    telling.sandbox.faults.add(match="/v2/user/orgs", method="GET", status=403, body="{}")
    for tool, arguments in (
        ("remove_org_group_member", {**ACME, "group_name": NAME, "username": "u" * 200}),
        ("cancel_org_invite", {"id": "i" * 200}),
        ("delete_repository", {"namespace": "acme", "repository": "storefront"}),
    ):
        preview = await call(context, tool, **arguments, dry_run=True)
        assert not preview.is_error, preview.text
        for name in arguments.values():
            assert name in (preview.structured_content or {})["loss"]


def test_the_command_line_cuts_no_names() -> None:
    rows = [{"name": NAME, "description": "words " * 30, "groups": ["g" * 90, "h"]}]
    for data in ({"results": rows}, rows[0], {"columns": ["Email", "Title"], "rows": [[EMAIL, "w" * 300]]}):
        text = render_plain(build_blocks(data), 80)
        assert "…" in text
        assert (EMAIL if "columns" in data else NAME) in text


# Search


async def test_a_search_shows_full_names_and_exact_counts(telling: Telling) -> None:
    for row, name, count in (
        ({"id": "library/nginx", "name": "nginx", "pull_count": "1B+", "raw_pull_count": 13198322582}, "library/nginx", "13198322582"),
        ({"id": "dhi/nginx", "name": "nginx", "pull_count": "1M+", "raw_pull_count": 0}, "dhi/nginx", "0"),
        ({"id": "nginx/nginx-ingress", "name": "nginx/nginx-ingress", "pull_count": "1B+"}, "nginx/nginx-ingress", "1B+"),
        ({"id": "4d0e8a", "name": "acme/web", "pull_count": "5"}, "acme/web", "5"),
        ({"id": None, "name": "web", "pull_count": None, "raw_pull_count": None}, "web", ""),
    ):  # fmt: skip
        result = await ask(telling, "search_repositories", {"total": 1, "results": [row]}, query="nginx")
        table = table_of(result, "results")
        assert table.of("name") == [name]
        columns = [column for column in table.columns if column.endswith("pull_count")]
        assert [table.of(column) for column in columns] == ([[count]] if count else [])
        assert items_of(result)[0]["name"] == name
        selected = await ask(
            telling, "search_repositories", {"total": 1, "results": [row]}, query="nginx", fields=["name"]
        )
        assert name in selected.text


async def test_an_archived_repository_is_told_in_a_search(telling: Telling) -> None:
    rows = [{"id": "acme/old", "archived": True}, {"id": "acme/new", "archived": False}, {"id": "acme/x"}]
    result = await ask(telling, "search_repositories", {"total": 3, "results": rows}, query="acme")
    assert table_of(result, "results").of("archived") == ["true", "", ""]


async def test_a_search_says_how_to_get_the_next_page(telling: Telling) -> None:
    rows = [{"id": f"acme/{number}"} for number in range(10)]
    for total, start, shown in (
        (15, 0, 10),
        (10, 0, None),
        (25, 10, 20),
        (20, 10, None),
        (0, 0, None),
    ):
        body = {"total": total, "results": rows}
        result = await ask(telling, "search_repositories", body, query="acme", **{"from": start})
        assert (f"Go on with from={shown}." in result.text) is (shown is not None)
        assert ("Go on with" in result.text) is (shown is not None)
    result = await ask(telling, "search_repositories", {"results": rows}, query="acme")
    assert "Go on with from=10; the total is unknown." in result.text


async def test_scim_users_go_on_behind_the_last_one(telling: Telling) -> None:
    users = [{"id": str(number)} for number in range(4)]
    for total, start, shown in ((5, 1, 5), (4, 1, None), (9, 5, 9), (8, 5, None)):
        body = {"totalResults": total, "startIndex": start, "Resources": users}
        result = await ask(telling, "scim_list_users", body, startIndex=start)
        assert ("Go on with" in result.text) is (shown is not None)
        assert shown is None or f"Go on with startIndex={shown}." in result.text


# Orders


async def test_an_order_of_names_says_that_it_is_text_order(telling: Telling) -> None:
    for ordering, names, is_told in (
        ("name_descending", ["9", "10"], True),
        ("name", ["1.10", "1.9"], True),
        ("name", ["alpine", "latest"], False),
        ("name_descending", ["10"], False),
        ("newest", ["9", "10"], False),
        (None, ["9", "10"], False),
    ):
        arguments = {"ordering": ordering} if ordering else {}
        for more in ({}, {"max_items": 5}):
            result = await ask_tags(telling, *[{"name": name} for name in names], **arguments, **more)
            assert (NAME_ORDER_NOTE in result.text) is is_told
    body = {"results": [{"name": "web10"}, {"name": "web9"}]}
    result = await ask(telling, "list_repositories", body, namespace="acme", ordering="name")
    assert NAME_ORDER_NOTE in result.text
