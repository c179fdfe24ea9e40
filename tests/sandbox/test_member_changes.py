import csv
import io

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

MEMBERS, GROUPS = "/v2/orgs/acme/members", "/v2/orgs/acme/groups"
LAST_OWNER = "an organization needs at least one owner"


async def list_owners(request_as: RequestAs) -> list[str]:
    found = (await request_as("owner", "GET", f"{GROUPS}/owners/members")).json()["results"]
    return [member["username"] for member in found]


async def test_the_role_of_a_member_is_changed(request_as: RequestAs, sandbox: Sandbox) -> None:
    changed = await request_as("owner", "PUT", f"{MEMBERS}/linus", json={"role": "editor"})
    assert (changed.status_code, changed.json()["role"]) == (200, "Editor")
    found = (await request_as("owner", "GET", MEMBERS, params={"role": "editor"})).json()["results"]
    assert "linus" in {member["username"] for member in found}
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data) == ("org.member.role.change", {"from": "member", "to": "editor"})


async def test_owners_are_the_members_of_the_team_owners(request_as: RequestAs) -> None:
    await request_as("owner", "PUT", f"{MEMBERS}/linus", json={"role": "owner"})
    assert await list_owners(request_as) == ["ada", "linus"]
    assert (await request_as("member", "GET", MEMBERS)).status_code == 200
    await request_as("owner", "PUT", f"{MEMBERS}/linus", json={"role": "member"})
    assert await list_owners(request_as) == ["ada"]
    assert (await request_as("member", "GET", MEMBERS)).status_code == 403


async def test_an_organization_has_custom_roles(request_as: RequestAs) -> None:
    for role in ["security-auditor", "release-manager"]:
        changed = await request_as("owner", "PUT", f"{MEMBERS}/barbara", json={"role": role})
        assert (changed.status_code, changed.json()["role"]) == (200, role), role


async def test_other_roles_are_rejected(request_as: RequestAs) -> None:
    for role in ["king", "Owner", "", None, 5]:
        response = await request_as("owner", "PUT", f"{MEMBERS}/linus", json={"role": role})
        assert (response.status_code, list(response.json()["fields"])) == (400, ["role"]), role


async def test_the_last_owner_cannot_be_demoted_or_removed(request_as: RequestAs) -> None:
    demoted = await request_as("owner", "PUT", f"{MEMBERS}/ada", json={"role": "member"})
    removed = await request_as("owner", "DELETE", f"{MEMBERS}/ada")
    for refused in (demoted, removed):
        assert (refused.status_code, refused.json()["message"]) == (400, LAST_OWNER)
    assert (await request_as("owner", "PUT", f"{MEMBERS}/ada", json={"role": "owner"})).status_code == 200
    await request_as("owner", "PUT", f"{MEMBERS}/linus", json={"role": "owner"})
    assert (await request_as("owner", "PUT", f"{MEMBERS}/ada", json={"role": "member"})).status_code == 200


async def test_a_member_is_removed_from_all_teams(request_as: RequestAs, sandbox: Sandbox) -> None:
    gone = await request_as("owner", "DELETE", f"{MEMBERS}/grace")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await request_as("owner", "GET", MEMBERS)).json()["count"] == 7
    assert (await request_as("owner", "GET", GROUPS, params={"username": "grace"})).json()["count"] == 0
    assert (await request_as("two-factor-pat", "GET", "/v2/user/orgs")).json()["count"] == 0
    storefront = "/v2/namespaces/acme/repositories/storefront"
    assert (await request_as("two-factor-pat", "GET", storefront)).status_code == 404
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.data) == ("org.member.remove", "grace", {"role": "editor"})
    assert (await request_as("owner", "DELETE", f"{MEMBERS}/grace")).status_code == 404


async def test_invitees_have_no_role_yet(request_as: RequestAs, sandbox: Sandbox) -> None:
    for method in ["PUT", "DELETE"]:
        invitee = sandbox.state.organizations["acme"].invitees[0]
        for name in (invitee.email, invitee.id):
            response = await request_as("owner", method, f"{MEMBERS}/{name}", json={"role": "editor"})
            assert (response.status_code, response.json()["message"]) == (
                400,
                "the invitation has not been accepted yet",
            ), method


async def test_other_names_are_not_found(request_as: RequestAs) -> None:
    for method in ["PUT", "DELETE"]:
        for name in ("mallory", "nope"):
            response = await request_as("owner", method, f"{MEMBERS}/{name}", json={"role": "editor"})
            assert (response.status_code, response.json()) == (404, {"detail": "No such member"}), method


async def test_other_callers_cannot_change_members(request_as: RequestAs) -> None:
    for identity, status in [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)]:
        for method in ("PUT", "DELETE"):
            response = await request_as(identity, method, f"{MEMBERS}/linus", json={"role": "editor"})
            assert response.status_code == status, (identity, status)
        assert (await request_as("owner", "GET", MEMBERS)).json()["count"] == 8, (identity, status)


async def test_an_organization_token_with_the_scope_changes_members(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes += ("scope-member-edit",)
    assert (
        await request_as("org-token", "PUT", f"{MEMBERS}/linus", json={"role": "editor"})
    ).status_code == 200
    assert (await request_as("org-token", "DELETE", f"{MEMBERS}/linus")).status_code == 204


async def test_members_and_invitees_are_exported(request_as: RequestAs) -> None:
    response = await request_as("owner", "GET", f"{MEMBERS}/export")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment;filename="acme-members-20251009085332.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
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


async def test_access_to_the_export(request_as: RequestAs) -> None:
    for identity, status in [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 200)]:
        assert (await request_as(identity, "GET", f"{MEMBERS}/export")).status_code == status, (
            identity,
            status,
        )
