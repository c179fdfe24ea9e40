from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

MEMBERS, GROUPS, SETTINGS = (f"/v2/orgs/acme/{name}" for name in ("members", "groups", "settings"))
PAT_DETAIL = "access to the resource is forbidden with personal access token"
INVITED = {"alan@example.net", "joan@example.net"}


async def list_people(request_as: RequestAs, **params: Any) -> list[dict[str, Any]]:
    response = await request_as("owner", "GET", MEMBERS, params=params)
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()["results"]
    return found


async def test_members_are_listed_without_invitees(request_as: RequestAs) -> None:
    found = await list_people(request_as)
    assert {person["username"] for person in found} >= {"ada", "grace", "linus", "edsger"}
    assert {person["role"] for person in found} == {"Owner", "Editor", "Member"}
    assert [person["username"] for person in found if person["is_guest"]] == ["edsger"]


async def test_invitees_are_listed_with_members_on_request(request_as: RequestAs) -> None:
    for params in [{"type": "all"}, {"invites": "true"}]:
        found = await list_people(request_as, **params)
        pending = [person for person in found if person["role"] == "Invitee"]
        assert {person["email"] for person in pending} == INVITED, params
        assert all("username" not in person for person in pending), params
        assert len(found) == len(await list_people(request_as)) + 2, params


async def test_invitees_are_listed_without_members(request_as: RequestAs) -> None:
    assert {person["email"] for person in await list_people(request_as, type="invitee")} == INVITED
    assert await list_people(request_as, type="member", invites="true") == await list_people(request_as)


async def test_members_are_filtered_by_role_and_search(request_as: RequestAs) -> None:
    assert [person["username"] for person in await list_people(request_as, role="owner")] == ["ada"]
    assert {person["username"] for person in await list_people(request_as, role="editor")} == {
        "grace",
        "dennis",
    }
    for words in ("LINU", "linus berg", "linus@example"):
        assert [person["username"] for person in await list_people(request_as, search=words)] == ["linus"]
    assert await list_people(request_as, search="mallory") == []


async def test_unknown_choices_are_bad_requests(request_as: RequestAs) -> None:
    for params in [{"type": "robot"}, {"role": "king"}, {"page": "0"}]:
        response = await request_as("owner", "GET", MEMBERS, params=params)
        assert (response.status_code, list(response.json()["fields"])) == (400, list(params)), params


async def test_members_are_paged(request_as: RequestAs) -> None:
    first = (await request_as("owner", "GET", MEMBERS, params={"page_size": 5})).json()
    second = (await request_as("owner", "GET", first["next"])).json()
    assert len(first["results"]) + len(second["results"]) == first["count"] == 8
    assert second["previous"] is not None
    past = await request_as("owner", "GET", MEMBERS, params={"page": 2})
    assert (past.status_code, list(past.json())) == (404, ["detail"])


async def test_groups_are_listed_by_name(request_as: RequestAs) -> None:
    body = (await request_as("owner", "GET", GROUPS)).json()
    found = {group["name"]: group for group in body["results"]}
    assert list(found) == ["contractors", "developers", "owners", "platform", "security"]
    assert body["count"] == 5
    assert found["developers"]["member_count"] == 4
    assert found["security"]["role"] == "security-auditor"
    assert found["contractors"]["role"] is None


async def test_groups_are_filtered(request_as: RequestAs) -> None:
    async def names(**params: str) -> list[str]:
        body = (await request_as("owner", "GET", GROUPS, params=params)).json()
        return [group["name"] for group in body["results"]]

    assert await names(username="grace") == ["developers", "platform"]
    assert await names(search="PLAT") == ["platform"]
    assert await names(username="grace", search="dev") == ["developers"]
    assert await names(username="mallory") == []


async def test_groups_are_paged(request_as: RequestAs) -> None:
    second = (await request_as("owner", "GET", GROUPS, params={"page": 2, "page_size": 3})).json()
    assert [group["name"] for group in second["results"]] == ["platform", "security"]
    assert (await request_as("owner", "GET", GROUPS, params={"page": 9})).status_code == 404


async def test_settings(request_as: RequestAs) -> None:
    expected = {"enabled": True, "allow_official_images": True, "allow_verified_publishers": False}
    assert (await request_as("owner", "GET", SETTINGS)).json() == {"restricted_images": expected}


async def test_only_owners_read_an_organization(request_as: RequestAs) -> None:
    for path in [MEMBERS, GROUPS, SETTINGS]:
        for identity, status, body in [
            (None, 401, {"message": "unauthorized", "errinfo": {}}),
            ("owner-pat", 403, {"detail": PAT_DETAIL}),
            ("member", 403, {"message": "permission denied", "errinfo": {}}),
            ("outsider", 403, {"message": "permission denied", "errinfo": {}}),
        ]:
            response = await request_as(identity, "GET", path)
            assert (response.status_code, response.json()) == (status, body), (path, identity, status, body)


async def test_a_narrow_organization_token_cannot_read_the_organization(request_as: RequestAs) -> None:
    for path in [MEMBERS, GROUPS, SETTINGS]:
        assert (await request_as("org-token-narrow", "GET", path)).status_code == 403, path


@pytest.mark.parametrize(("path", "status"), [(MEMBERS, 200), (GROUPS, 200), (SETTINGS, 403)])
async def test_an_organization_token_needs_a_scope_and_cannot_read_settings(
    request_as: RequestAs, sandbox: Sandbox, path: str, status: int
) -> None:
    assert (await request_as("org-token", "GET", path)).status_code == status
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes = ()
    assert (await request_as("org-token", "GET", path)).status_code == 403


async def test_other_organizations(request_as: RequestAs) -> None:
    for name in ["members", "groups", "settings"]:
        missing = await request_as("owner", "GET", f"/v2/orgs/nope/{name}")
        assert (missing.status_code, missing.json()) == (404, {"detail": "No such organization"}), name
        assert (await request_as("owner", "GET", f"/v2/orgs/bigcorp/{name}")).status_code == 403, name
        assert (await request_as("org-token", "GET", f"/v2/orgs/bigcorp/{name}")).status_code == 403, name


async def test_settings_are_replaced_as_a_whole(request_as: RequestAs, sandbox: Sandbox) -> None:
    wanted = {"enabled": False, "allow_official_images": False, "allow_verified_publishers": True}
    response = await request_as("owner", "PUT", SETTINGS, json={"restricted_images": wanted})
    assert (response.status_code, response.json()) == (200, {"restricted_images": wanted})
    assert (await request_as("owner", "GET", SETTINGS)).json() == {"restricted_images": wanted}
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data["enabled"]) == ("org.settings.update", "false")


async def test_all_settings_are_required(request_as: RequestAs) -> None:
    for body, fields in [
        ({}, ["restricted_images"]),
        ({"restricted_images": True}, ["restricted_images"]),
        (
            {"restricted_images": {"enabled": False}},
            ["allow_official_images", "allow_verified_publishers"],
        ),
        (
            {
                "restricted_images": {
                    "enabled": "no",
                    "allow_official_images": True,
                    "allow_verified_publishers": True,
                }
            },
            ["enabled"],
        ),
    ]:
        before = (await request_as("owner", "GET", SETTINGS)).json()
        response = await request_as("owner", "PUT", SETTINGS, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, fields), (body, fields)
        assert (await request_as("owner", "GET", SETTINGS)).json() == before, (body, fields)


async def test_other_callers_cannot_replace_settings(request_as: RequestAs) -> None:
    for identity, status in [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)]:
        body = {"restricted_images": dict.fromkeys(("enabled", "allow_official_images"), True)}
        assert (await request_as(identity, "PUT", SETTINGS, json=body)).status_code == status, (
            identity,
            status,
        )
