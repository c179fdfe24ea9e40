from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

GROUPS = "/v2/orgs/acme/groups"
DEVELOPERS, OWNERS = f"{GROUPS}/developers", f"{GROUPS}/owners"
NO_GROUP, NO_MEMBER = {"detail": "No such group"}, {"detail": "No such member"}
FIXED = "the owners group can neither be renamed nor deleted"


async def list_member_names(request_as: RequestAs, group: str, **params: Any) -> list[str]:
    response = await request_as("owner", "GET", f"{GROUPS}/{group}/members", params=params)
    assert response.status_code == 200
    return [member["username"] for member in response.json()["results"]]


async def test_a_team_is_created_without_members(request_as: RequestAs, sandbox: Sandbox) -> None:
    made = await request_as("owner", "POST", GROUPS, json={"name": "design", "description": "Pictures"})
    body = made.json()
    assert (made.status_code, body["name"], body["description"], body["member_count"]) == (
        201,
        "design",
        "Pictures",
        0,
    )
    assert (await request_as("owner", "GET", f"{GROUPS}/design")).json() == body
    assert (await request_as("owner", "GET", GROUPS)).json()["count"] == 6
    assert sandbox.state.audit_events[-1].action == "org.team.create"


async def test_group_ids_are_not_reused(request_as: RequestAs) -> None:
    one = (await request_as("owner", "POST", GROUPS, json={"name": "design"})).json()
    await request_as("owner", "DELETE", f"{GROUPS}/design")
    other = (await request_as("owner", "POST", GROUPS, json={"name": "design"})).json()
    assert one["id"] != other["id"]
    assert one["uuid"] != other["uuid"]


async def test_a_team_needs_a_valid_and_unused_name(request_as: RequestAs) -> None:
    for body in [
        {},
        {"name": ""},
        {"name": "two words"},
        {"name": "x" * 65},
        {"name": 5},
        {"name": "developers"},
    ]:
        response = await request_as("owner", "POST", GROUPS, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, ["name"]), body
        assert (await request_as("owner", "GET", GROUPS)).json()["count"] == 5, body


async def test_a_replacement_resets_missing_fields(request_as: RequestAs, sandbox: Sandbox) -> None:
    replaced = (await request_as("owner", "PUT", DEVELOPERS, json={"name": "developers"})).json()
    assert (replaced["description"], replaced["role"], replaced["member_count"]) == ("", "member", 4)
    assert (await request_as("owner", "GET", DEVELOPERS)).json() == replaced
    assert sandbox.state.audit_events[-1].action == "org.team.update"
    response = await request_as("owner", "PUT", DEVELOPERS, json={"description": "x"})
    assert (response.status_code, list(response.json()["fields"])) == (400, ["name"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_renamed_team_keeps_its_access(request_as: RequestAs, sandbox: Sandbox, method: str) -> None:
    renamed = await request_as("owner", method, DEVELOPERS, json={"name": "engineers"})
    assert renamed.status_code == 200
    assert (await request_as("owner", "GET", DEVELOPERS)).json() == NO_GROUP
    assert sandbox.state.get_repository("acme", "storefront").permissions["engineers"] == "write"
    assert sandbox.state.organizations["acme"].invitees[0].groups == ["engineers"]
    taken = await request_as("owner", method, f"{GROUPS}/engineers", json={"name": "platform"})
    assert (taken.status_code, list(taken.json()["fields"])) == (400, ["name"])


async def test_role_and_description_of_a_team_are_changed_separately(request_as: RequestAs) -> None:
    for role in ["member", "editor", "release-manager"]:
        before = (await request_as("owner", "GET", DEVELOPERS)).json()
        changed = (await request_as("owner", "PATCH", DEVELOPERS, json={"role": role})).json()
        assert changed == before | {"role": role}, role
        changed = (await request_as("owner", "PATCH", DEVELOPERS, json={"description": "x"})).json()
        assert changed == before | {"role": role, "description": "x"}, role


async def test_an_unknown_role_is_rejected(request_as: RequestAs) -> None:
    response = await request_as("owner", "PATCH", DEVELOPERS, json={"role": "king"})
    assert (response.status_code, list(response.json()["fields"])) == (400, ["role"])


async def test_a_team_is_deleted_with_its_permissions(request_as: RequestAs, sandbox: Sandbox) -> None:
    gone = await request_as("owner", "DELETE", DEVELOPERS)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await request_as("owner", "DELETE", DEVELOPERS)).json() == NO_GROUP
    assert "developers" not in sandbox.state.get_repository("acme", "storefront").permissions
    assert sandbox.state.organizations["acme"].invitees[0].groups == []
    assert sandbox.state.audit_events[-1].action == "org.team.delete"
    assert (await request_as("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 8


async def test_the_owners_team_cannot_be_renamed_or_deleted(request_as: RequestAs) -> None:
    for method, body in [
        ("DELETE", {}),
        ("PUT", {"name": "kings"}),
        ("PATCH", {"name": "kings"}),
        ("PATCH", {"role": "member"}),
    ]:
        response = await request_as("owner", method, OWNERS, json=body)
        assert (response.status_code, response.json()["message"]) == (403, FIXED), (method, body)
        assert (await request_as("owner", "PATCH", OWNERS, json={"description": "x"})).status_code == 200, (
            method,
            body,
        )


async def test_members_of_a_team_are_paged_and_searched(request_as: RequestAs) -> None:
    assert await list_member_names(request_as, "developers") == ["grace", "linus", "margaret", "radia"]
    assert await list_member_names(request_as, "developers", page=2, page_size=3) == ["radia"]
    for words in ("LINU", "linus berg", "linus@example"):
        assert await list_member_names(request_as, "developers", search=words) == ["linus"]
    past = await request_as("owner", "GET", f"{DEVELOPERS}/members", params={"page": 9})
    assert past.status_code == 404


async def test_a_member_is_added_to_a_team_and_removed(request_as: RequestAs, sandbox: Sandbox) -> None:
    added = await request_as("owner", "POST", f"{DEVELOPERS}/members", json={"member": "dennis"})
    assert (added.status_code, added.content) == (200, b"")
    assert "dennis" in await list_member_names(request_as, "developers")
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.data) == (
        "org.team.member.add",
        "dennis",
        {"team": "developers"},
    )
    again = await request_as("owner", "POST", f"{DEVELOPERS}/members", json={"member": "dennis"})
    assert (again.status_code, len(await list_member_names(request_as, "developers"))) == (200, 5)
    gone = await request_as("owner", "DELETE", f"{DEVELOPERS}/members/dennis")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "dennis" not in await list_member_names(request_as, "developers")
    assert sandbox.state.audit_events[-1].action == "org.team.member.remove"
    again = await request_as("owner", "DELETE", f"{DEVELOPERS}/members/dennis")
    assert (again.status_code, again.json()) == (404, NO_MEMBER)


async def test_only_members_of_the_organization_are_added_to_teams(request_as: RequestAs) -> None:
    for name in ["nope", "mallory", "alan@example.net"]:
        response = await request_as("owner", "POST", f"{DEVELOPERS}/members", json={"member": name})
        assert (response.status_code, response.json()) == (404, NO_MEMBER), name


async def test_the_field_member_is_required(request_as: RequestAs) -> None:
    response = await request_as("owner", "POST", f"{DEVELOPERS}/members", json={})
    assert (response.status_code, list(response.json()["fields"])) == (400, ["member"])


async def test_a_member_of_the_team_owners_is_an_owner(request_as: RequestAs) -> None:
    await request_as("owner", "POST", f"{OWNERS}/members", json={"member": "linus"})
    assert (await request_as("member", "GET", GROUPS)).status_code == 200
    assert (await request_as("member", "DELETE", f"{OWNERS}/members/linus")).status_code == 204
    assert (await request_as("member", "GET", GROUPS)).status_code == 403
    last = await request_as("owner", "DELETE", f"{OWNERS}/members/ada")
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
async def test_only_owners_and_tokens_with_the_scope_manage_teams(
    request_as: RequestAs, sandbox: Sandbox, method: str, path: str
) -> None:
    body = {"name": "developers", "member": "dennis"}
    for identity, status in ((None, 401), ("owner-pat", 403), ("member", 403), ("org-token-narrow", 403)):
        assert (await request_as(identity, method, DEVELOPERS + path, json=body)).status_code == status
    assert (await request_as("owner", method, f"{GROUPS}/nope{path}", json=body)).json() == NO_GROUP
    assert (
        await request_as("owner", method, f"/v2/orgs/nope/groups/developers{path}", json=body)
    ).status_code == 404
    reads = method == "GET"
    assert (await request_as("org-token", method, DEVELOPERS + path, json=body)).is_success == reads
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes += ("scope-group-edit",)
    assert (await request_as("org-token", method, DEVELOPERS + path, json=body)).is_success


async def test_the_repositories_of_a_team_are_listed_with_its_permission(request_as: RequestAs) -> None:
    listed = (await request_as("owner", "GET", f"{GROUPS}/contractors/repositories")).json()
    assert listed["results"] == [
        {"repository": "acme/mailer", "permission": "read"},
        {"repository": "acme/storefront", "permission": "read"},
    ]
    first = await request_as("owner", "GET", f"{GROUPS}/platform/repositories", params={"page_size": 1})
    assert len(first.json()["results"]) == 1
    assert first.json()["next"]
    assert (await request_as("member", "GET", f"{GROUPS}/contractors/repositories")).status_code == 403
    assert (await request_as("owner", "GET", f"{GROUPS}/nope/repositories")).status_code == 404
