from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
CLI = "/v2/repositories/acme/cli/groups"
FROM_OAT = "token issued from organization access token is not allowed"
DEVELOPERS = 1002


async def listed(ask: Ask) -> list[dict[str, Any]]:
    answer = await ask("owner", "GET", f"{CLI}/")
    assert (answer.status_code, answer.json()["next"]) == (200, None)
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


@pytest.mark.parametrize("path", [CLI, f"{CLI}/"])
async def test_a_team_is_given_access_by_its_number(ask: Ask, sandbox: Sandbox, path: str) -> None:
    cli = "/v2/namespaces/acme/repositories/cli"
    assert (await ask("member", "GET", cli)).json()["permissions"]["write"] is False
    given = await ask("owner-pat", "POST", path, json={"group_id": DEVELOPERS, "permission": "write"})
    expected = {"group_name": "developers", "permission": "write", "group_id": DEVELOPERS}
    assert (given.status_code, given.json()) == (200, expected)
    assert await listed(ask) == [expected]
    assert (await ask("member", "GET", cli)).json()["permissions"]["write"] is True
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data) == ("repo.group.grant", {"team": "developers", "permission": "write"})


async def test_an_unknown_number_makes_the_hub_fall_over(ask: Ask) -> None:
    answer = await ask("owner", "POST", CLI, json={"group_id": 99, "permission": "read"})
    assert (answer.status_code, answer.json()) == (500, {"message": "internal error", "errinfo": None})


async def test_a_team_is_assigned_once(ask: Ask) -> None:
    await ask("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "write"})
    again = await ask("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "admin"})
    assert (again.status_code, again.json()["message"]) == (
        400,
        "group is already assigned to the repository",
    )
    assert [group["permission"] for group in await listed(ask)] == ["write"]


async def test_access_is_read_changed_and_taken_away(ask: Ask, sandbox: Sandbox) -> None:
    await ask("owner", "POST", CLI, json={"group_id": DEVELOPERS, "permission": "read"})
    path = f"{CLI}/{DEVELOPERS}/"
    assert (await ask("owner", "GET", path)).json()["permission"] == "read"
    changed = await ask("owner", "PATCH", path, json={"permission": "admin"})
    assert (changed.status_code, changed.json()["permission"]) == (200, "admin")
    assert sandbox.state.audit_events[-1].action == "repo.group.change"
    gone = await ask("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert sandbox.state.audit_events[-1].action == "repo.group.revoke"
    for method in ("GET", "PATCH", "DELETE"):
        assert (await ask("owner", method, path, json={"permission": "read"})).status_code == 404
    assert await listed(ask) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"permission": "read"}, "group_id"),
        ({"group_id": "developers", "permission": "read"}, "group_id"),
        ({"group_id": DEVELOPERS}, "permission"),
        ({"group_id": DEVELOPERS, "permission": "king"}, "permission"),
    ],
)
async def test_invalid_values_are_named(ask: Ask, body: dict[str, Any], field: str) -> None:
    answer = await ask("owner", "POST", CLI, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("two-factor-pat", 403), ("member", 403), ("org-token", 403)]
)
async def test_others_give_nothing(ask: Ask, who: str | None, status: int) -> None:
    body = {"group_id": DEVELOPERS, "permission": "read"}
    assert (await ask(who, "POST", CLI, json=body)).status_code == status
    assert (await ask(who, "GET", f"{CLI}/")).status_code == status
    assert await listed(ask) == []


async def test_organization_tokens_use_the_documented_operation_alone(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[0].scopes += ("scope-repo-group-edit",)
    body = {"group_id": DEVELOPERS, "permission": "read"}
    assert (await ask("org-token", "POST", CLI, json=body)).status_code == 200
    refused = await ask("org-token", "GET", f"{CLI}/")
    assert (refused.status_code, refused.json()["message"]) == (403, FROM_OAT)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", CLI), ("PATCH", f"{CLI}/1002"), ("DELETE", f"{CLI}/1002")]
)
async def test_paths_without_the_slash_are_redirected(ask: Ask, method: str, path: str) -> None:
    answer = await ask("owner", method, path)
    assert (answer.status_code, answer.headers["location"]) == (301, f"http://localhost{path}/")
