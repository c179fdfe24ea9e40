import csv
import io
from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
MEMBERS, GROUPS = "/v2/orgs/acme/members", "/v2/orgs/acme/groups"
LAST_OWNER = "an organization needs at least one owner"


async def owners(ask: Ask) -> list[str]:
    found = (await ask("owner", "GET", f"{GROUPS}/owners/members")).json()["results"]
    return [member["username"] for member in found]


async def test_a_role_is_given(ask: Ask, sandbox: Sandbox) -> None:
    changed = await ask("owner", "PUT", f"{MEMBERS}/linus", json={"role": "editor"})
    assert (changed.status_code, changed.json()["role"]) == (200, "Editor")
    found = (await ask("owner", "GET", MEMBERS, params={"role": "editor"})).json()["results"]
    assert "linus" in {member["username"] for member in found}
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data) == ("org.member.role.change", {"from": "member", "to": "editor"})


async def test_owners_are_the_team_of_that_name(ask: Ask) -> None:
    await ask("owner", "PUT", f"{MEMBERS}/linus", json={"role": "owner"})
    assert await owners(ask) == ["ada", "linus"]
    assert (await ask("member", "GET", MEMBERS)).status_code == 200
    await ask("owner", "PUT", f"{MEMBERS}/linus", json={"role": "member"})
    assert await owners(ask) == ["ada"]
    assert (await ask("member", "GET", MEMBERS)).status_code == 403


@pytest.mark.parametrize("role", ["security-auditor", "release-manager"])
async def test_an_organization_has_roles_of_its_own(ask: Ask, role: str) -> None:
    changed = await ask("owner", "PUT", f"{MEMBERS}/barbara", json={"role": role})
    assert (changed.status_code, changed.json()["role"]) == (200, role)


@pytest.mark.parametrize("role", ["king", "Owner", "", None, 5])
async def test_other_roles_are_refused(ask: Ask, role: object) -> None:
    answer = await ask("owner", "PUT", f"{MEMBERS}/linus", json={"role": role})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["role"])


async def test_the_last_owner_stays_one(ask: Ask) -> None:
    demoted = await ask("owner", "PUT", f"{MEMBERS}/ada", json={"role": "member"})
    removed = await ask("owner", "DELETE", f"{MEMBERS}/ada")
    for refused in (demoted, removed):
        assert (refused.status_code, refused.json()["message"]) == (400, LAST_OWNER)
    assert (await ask("owner", "PUT", f"{MEMBERS}/ada", json={"role": "owner"})).status_code == 200
    await ask("owner", "PUT", f"{MEMBERS}/linus", json={"role": "owner"})
    assert (await ask("owner", "PUT", f"{MEMBERS}/ada", json={"role": "member"})).status_code == 200


async def test_a_member_is_removed_from_all_teams(ask: Ask, sandbox: Sandbox) -> None:
    gone = await ask("owner", "DELETE", f"{MEMBERS}/grace")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await ask("owner", "GET", MEMBERS)).json()["count"] == 7
    assert (await ask("owner", "GET", GROUPS, params={"username": "grace"})).json()["count"] == 0
    assert (await ask("two-factor-pat", "GET", "/v2/user/orgs")).json()["count"] == 0
    storefront = "/v2/namespaces/acme/repositories/storefront"
    assert (await ask("two-factor-pat", "GET", storefront)).status_code == 404
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.data) == ("org.member.remove", "grace", {"role": "editor"})
    assert (await ask("owner", "DELETE", f"{MEMBERS}/grace")).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_invitees_have_no_role_yet(ask: Ask, sandbox: Sandbox, method: str) -> None:
    invitee = sandbox.state.organizations["acme"].invitees[0]
    for name in (invitee.email, invitee.id):
        answer = await ask("owner", method, f"{MEMBERS}/{name}", json={"role": "editor"})
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            "the invitation has not been accepted yet",
        )


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nobody_else_is_a_member(ask: Ask, method: str) -> None:
    for name in ("mallory", "nope"):
        answer = await ask("owner", method, f"{MEMBERS}/{name}", json={"role": "editor"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "No such member"})


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)]
)
async def test_others_change_no_members(ask: Ask, who: str | None, status: int) -> None:
    for method in ("PUT", "DELETE"):
        answer = await ask(who, method, f"{MEMBERS}/linus", json={"role": "editor"})
        assert answer.status_code == status
    assert (await ask("owner", "GET", MEMBERS)).json()["count"] == 8


async def test_an_organization_token_with_the_scope_changes_members(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes += ("scope-member-edit",)
    assert (await ask("org-token", "PUT", f"{MEMBERS}/linus", json={"role": "editor"})).status_code == 200
    assert (await ask("org-token", "DELETE", f"{MEMBERS}/linus")).status_code == 204


async def test_members_and_invitees_are_exported(ask: Ask) -> None:
    answer = await ask("owner", "GET", f"{MEMBERS}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment;filename="acme-members-20251009085332.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0])[:7] == ["Name", "Username", "Email", "Type", "Role", "Teams", "Date Joined"]
    assert list(rows[0])[7:] == [
        "Last Logged-in Date",
        "Docker Desktop Version",
        "Last Seen Date",
        "Opted Out Analytics",
    ]
    people = {row["Username"]: row for row in rows}
    assert (people["grace"]["Name"], people["grace"]["Role"]) == ("Grace Okafor", "Editor")
    assert people["grace"]["Teams"] == "developers, platform"
    assert people["ada"]["Last Logged-in Date"] == "2025-10-09 06:53:32.5 +0000 UTC"
    assert people["radia"]["Last Logged-in Date"] == ""
    assert [row["Type"] for row in rows] == ["User"] * 8 + ["Invitee"] * 2


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 200)]
)
async def test_who_may_export(ask: Ask, who: str | None, status: int) -> None:
    assert (await ask(who, "GET", f"{MEMBERS}/export")).status_code == status
