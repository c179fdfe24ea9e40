from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
GROUPS = "/v2/orgs/acme/groups"
DEVELOPERS, OWNERS = f"{GROUPS}/developers", f"{GROUPS}/owners"
NO_GROUP, NO_MEMBER = {"detail": "No such group"}, {"detail": "No such member"}
FIXED = "the owners group can neither be renamed nor deleted"


async def names(ask: Ask, group: str, **params: Any) -> list[str]:
    answer = await ask("owner", "GET", f"{GROUPS}/{group}/members", params=params)
    assert answer.status_code == 200
    return [member["username"] for member in answer.json()["results"]]


async def test_a_team_is_created_without_members(ask: Ask, sandbox: Sandbox) -> None:
    made = await ask("owner", "POST", GROUPS, json={"name": "design", "description": "Pictures"})
    body = made.json()
    assert (made.status_code, body["name"], body["description"], body["member_count"]) == (
        201,
        "design",
        "Pictures",
        0,
    )
    assert (await ask("owner", "GET", f"{GROUPS}/design")).json() == body
    assert (await ask("owner", "GET", GROUPS)).json()["count"] == 6
    assert sandbox.state.audit_events[-1].action == "org.team.create"


async def test_numbers_are_not_given_twice(ask: Ask) -> None:
    one = (await ask("owner", "POST", GROUPS, json={"name": "design"})).json()
    await ask("owner", "DELETE", f"{GROUPS}/design")
    other = (await ask("owner", "POST", GROUPS, json={"name": "design"})).json()
    assert one["id"] != other["id"]
    assert one["uuid"] != other["uuid"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "two words"}, {"name": "x" * 65}, {"name": 5}, {"name": "developers"}],
)
async def test_a_name_is_needed_and_free(ask: Ask, body: dict[str, Any]) -> None:
    answer = await ask("owner", "POST", GROUPS, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])
    assert (await ask("owner", "GET", GROUPS)).json()["count"] == 5


async def test_what_is_left_out_of_a_replacement_is_gone(ask: Ask, sandbox: Sandbox) -> None:
    replaced = (await ask("owner", "PUT", DEVELOPERS, json={"name": "developers"})).json()
    assert (replaced["description"], replaced["role"], replaced["member_count"]) == ("", "member", 4)
    assert (await ask("owner", "GET", DEVELOPERS)).json() == replaced
    assert sandbox.state.audit_events[-1].action == "org.team.update"
    answer = await ask("owner", "PUT", DEVELOPERS, json={"description": "x"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_renamed_team_keeps_its_access(ask: Ask, sandbox: Sandbox, method: str) -> None:
    renamed = await ask("owner", method, DEVELOPERS, json={"name": "engineers"})
    assert renamed.status_code == 200
    assert (await ask("owner", "GET", DEVELOPERS)).json() == NO_GROUP
    assert sandbox.state.get_repository("acme", "storefront").permissions["engineers"] == "write"
    assert sandbox.state.organizations["acme"].invitees[0].groups == ["engineers"]
    taken = await ask("owner", method, f"{GROUPS}/engineers", json={"name": "platform"})
    assert (taken.status_code, list(taken.json()["fields"])) == (400, ["name"])


@pytest.mark.parametrize("role", ["member", "editor", "release-manager"])
async def test_a_part_of_a_team_is_changed(ask: Ask, role: str) -> None:
    before = (await ask("owner", "GET", DEVELOPERS)).json()
    changed = (await ask("owner", "PATCH", DEVELOPERS, json={"role": role})).json()
    assert changed == before | {"role": role}
    changed = (await ask("owner", "PATCH", DEVELOPERS, json={"description": "x"})).json()
    assert changed == before | {"role": role, "description": "x"}


async def test_an_unknown_role_is_refused(ask: Ask) -> None:
    answer = await ask("owner", "PATCH", DEVELOPERS, json={"role": "king"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["role"])


async def test_a_team_is_deleted_with_its_access(ask: Ask, sandbox: Sandbox) -> None:
    gone = await ask("owner", "DELETE", DEVELOPERS)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await ask("owner", "DELETE", DEVELOPERS)).json() == NO_GROUP
    assert "developers" not in sandbox.state.get_repository("acme", "storefront").permissions
    assert sandbox.state.organizations["acme"].invitees[0].groups == []
    assert sandbox.state.audit_events[-1].action == "org.team.delete"
    assert (await ask("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 8


@pytest.mark.parametrize(
    ("method", "body"),
    [("DELETE", {}), ("PUT", {"name": "kings"}), ("PATCH", {"name": "kings"}), ("PATCH", {"role": "member"})],
)
async def test_the_owners_stay(ask: Ask, method: str, body: dict[str, str]) -> None:
    answer = await ask("owner", method, OWNERS, json=body)
    assert (answer.status_code, answer.json()["message"]) == (403, FIXED)
    assert (await ask("owner", "PATCH", OWNERS, json={"description": "x"})).status_code == 200


async def test_members_of_a_team_are_paged_and_searched(ask: Ask) -> None:
    assert await names(ask, "developers") == ["grace", "linus", "margaret", "radia"]
    assert await names(ask, "developers", page=2, page_size=3) == ["radia"]
    for words in ("LINU", "linus berg", "linus@example"):
        assert await names(ask, "developers", search=words) == ["linus"]
    past = await ask("owner", "GET", f"{DEVELOPERS}/members", params={"page": 9})
    assert past.status_code == 404


async def test_a_member_is_put_into_a_team_and_taken_out(ask: Ask, sandbox: Sandbox) -> None:
    added = await ask("owner", "POST", f"{DEVELOPERS}/members", json={"member": "dennis"})
    assert (added.status_code, added.content) == (200, b"")
    assert "dennis" in await names(ask, "developers")
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.data) == (
        "org.team.member.add",
        "dennis",
        {"team": "developers"},
    )
    again = await ask("owner", "POST", f"{DEVELOPERS}/members", json={"member": "dennis"})
    assert (again.status_code, len(await names(ask, "developers"))) == (200, 5)
    gone = await ask("owner", "DELETE", f"{DEVELOPERS}/members/dennis")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "dennis" not in await names(ask, "developers")
    assert sandbox.state.audit_events[-1].action == "org.team.member.remove"
    again = await ask("owner", "DELETE", f"{DEVELOPERS}/members/dennis")
    assert (again.status_code, again.json()) == (404, NO_MEMBER)


@pytest.mark.parametrize("name", ["nope", "mallory", "alan@example.net"])
async def test_only_members_of_the_organization_are_put_into_teams(ask: Ask, name: str) -> None:
    answer = await ask("owner", "POST", f"{DEVELOPERS}/members", json={"member": name})
    assert (answer.status_code, answer.json()) == (404, NO_MEMBER)


async def test_a_member_must_be_named(ask: Ask) -> None:
    answer = await ask("owner", "POST", f"{DEVELOPERS}/members", json={})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["member"])


async def test_who_is_put_among_the_owners_is_one(ask: Ask) -> None:
    await ask("owner", "POST", f"{OWNERS}/members", json={"member": "linus"})
    assert (await ask("member", "GET", GROUPS)).status_code == 200
    assert (await ask("member", "DELETE", f"{OWNERS}/members/linus")).status_code == 204
    assert (await ask("member", "GET", GROUPS)).status_code == 403
    last = await ask("owner", "DELETE", f"{OWNERS}/members/ada")
    assert (last.status_code, last.json()["message"]) == (403, "the last owner cannot be removed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/members"),
        ("POST", "/members"),
        ("DELETE", "/members/linus"),
    ],
)
async def test_teams_open_to_owners_and_scopes(ask: Ask, sandbox: Sandbox, method: str, path: str) -> None:
    body = {"name": "developers", "member": "dennis"}
    for who, status in ((None, 401), ("owner-pat", 403), ("member", 403), ("org-token-narrow", 403)):
        assert (await ask(who, method, DEVELOPERS + path, json=body)).status_code == status
    assert (await ask("owner", method, f"{GROUPS}/nope{path}", json=body)).json() == NO_GROUP
    assert (
        await ask("owner", method, f"/v2/orgs/nope/groups/developers{path}", json=body)
    ).status_code == 404
    reads = method == "GET"
    assert (await ask("org-token", method, DEVELOPERS + path, json=body)).is_success == reads
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes += ("scope-group-edit",)
    assert (await ask("org-token", method, DEVELOPERS + path, json=body)).is_success
