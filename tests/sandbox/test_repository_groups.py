from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

CLI = "/v2/repositories/acme/cli/groups"
FROM_OAT = "token issued from organization access token is not allowed"
DEVELOPERS = 1002


async def list_groups(request_as: RequestAs) -> list[dict[str, Any]]:
    response = await request_as("owner", "GET", f"{CLI}/")
    assert (response.status_code, response.json()["next"]) == (200, None)
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@pytest.mark.parametrize("path", [CLI, f"{CLI}/"])
async def test_a_team_is_given_access_by_its_id(request_as: RequestAs, sandbox: Sandbox, path: str) -> None:
    cli = "/v2/namespaces/acme/repositories/cli"
    assert (await request_as("member", "GET", cli)).json()["permissions"]["write"] is False
    given = await request_as("owner-pat", "POST", path, json={"group_id": DEVELOPERS, "permission": "write"})
    expected = {"group_name": "developers", "permission": "write", "group_id": DEVELOPERS}
    assert (given.status_code, given.json()) == (200, expected)
    assert await list_groups(request_as) == [expected]
    assert (await request_as("member", "GET", cli)).json()["permissions"]["write"] is True
    event = sandbox.state.audit_events[-1]
    assert event.action == "repo.group.grant"
    assert (event.data["team"], event.data["permission"]) == ("developers", "write")


async def test_an_unknown_group_id_is_an_internal_error(request_as: RequestAs) -> None:
    response = await request_as("owner", "POST", CLI, json={"group_id": 99, "permission": "read"})
    assert (response.status_code, response.json()) == (500, {"message": "internal error", "errinfo": None})


async def test_a_team_is_assigned_once(request_as: RequestAs) -> None:
    await request_as("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "write"})
    again = await request_as("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "admin"})
    assert (again.status_code, again.json()["message"]) == (
        400,
        "group is already assigned to the repository",
    )
    assert [group["permission"] for group in await list_groups(request_as)] == ["write"]


async def test_a_permission_is_read_changed_and_removed(request_as: RequestAs, sandbox: Sandbox) -> None:
    await request_as("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "read"})
    path = f"{CLI}/{DEVELOPERS}/"
    assert (await request_as("owner", "GET", path)).json()["permission"] == "read"
    changed = await request_as("owner", "PATCH", path, json={"permission": "admin"})
    assert (changed.status_code, changed.json()["permission"]) == (200, "admin")
    assert sandbox.state.audit_events[-1].action == "repo.group.change"
    gone = await request_as("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert sandbox.state.audit_events[-1].action == "repo.group.revoke"
    for method in ("GET", "PATCH", "DELETE"):
        assert (await request_as("owner", method, path, json={"permission": "read"})).status_code == 404
    assert await list_groups(request_as) == []


async def test_invalid_values_are_named(request_as: RequestAs) -> None:
    for body, field in [
        ({"permission": "read"}, "group_id"),
        ({"group_id": "developers", "permission": "read"}, "group_id"),
        ({"group_id": DEVELOPERS}, "permission"),
        ({"group_id": DEVELOPERS, "permission": "king"}, "permission"),
    ]:
        response = await request_as("owner", "POST", CLI, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field]), (body, field)


async def test_other_callers_cannot_manage_permissions(request_as: RequestAs) -> None:
    for identity, status in [(None, 401), ("two-factor-pat", 403), ("member", 403), ("org-token", 403)]:
        body = {"group_id": DEVELOPERS, "permission": "read"}
        assert (await request_as(identity, "POST", CLI, json=body)).status_code == status, (identity, status)
        assert (await request_as(identity, "GET", f"{CLI}/")).status_code == status, (identity, status)
        assert await list_groups(request_as) == [], (identity, status)


async def test_organization_tokens_use_only_the_documented_operation(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[0].scopes += ("scope-repo-group-edit",)
    body = {"group_id": DEVELOPERS, "permission": "read"}
    assert (await request_as("org-token", "POST", CLI, json=body)).status_code == 200
    refused = await request_as("org-token", "GET", f"{CLI}/")
    assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)


async def test_paths_without_the_slash_are_redirected(request_as: RequestAs) -> None:
    for method, path in [("GET", CLI), ("PATCH", f"{CLI}/1002"), ("DELETE", f"{CLI}/1002")]:
        response = await request_as("owner", method, path)
        assert (response.status_code, response.headers["location"]) == (301, f"http://localhost{path}/"), (
            method,
            path,
        )
