from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
MEMBERS, GROUPS, SETTINGS = (f"/v2/orgs/acme/{name}" for name in ("members", "groups", "settings"))
PAT_DETAIL = "access to the resource is forbidden with personal access token"
INVITED = {"alan@example.net", "joan@example.net"}


async def people(ask: Ask, **params: Any) -> list[dict[str, Any]]:
    answer = await ask("owner", "GET", MEMBERS, params=params)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


async def test_members_are_listed_without_invitees(ask: Ask) -> None:
    found = await people(ask)
    assert {person["username"] for person in found} >= {"ada", "grace", "linus", "edsger"}
    assert {person["role"] for person in found} == {"Owner", "Editor", "Member"}
    assert [person["username"] for person in found if person["is_guest"]] == ["edsger"]


@pytest.mark.parametrize("params", [{"type": "all"}, {"invites": "true"}])
async def test_invitees_are_mixed_in_when_asked_for(ask: Ask, params: dict[str, str]) -> None:
    found = await people(ask, **params)
    pending = [person for person in found if person["role"] == "Invitee"]
    assert {person["email"] for person in pending} == INVITED
    assert all("username" not in person for person in pending)
    assert len(found) == len(await people(ask)) + 2


async def test_invitees_alone(ask: Ask) -> None:
    assert {person["email"] for person in await people(ask, type="invitee")} == INVITED
    assert await people(ask, type="member", invites="true") == await people(ask)


async def test_members_are_filtered_by_role_and_words(ask: Ask) -> None:
    assert [person["username"] for person in await people(ask, role="owner")] == ["ada"]
    assert {person["username"] for person in await people(ask, role="editor")} == {"grace", "dennis"}
    for words in ("LINU", "linus berg", "linus@example"):
        assert [person["username"] for person in await people(ask, search=words)] == ["linus"]
    assert await people(ask, search="mallory") == []


@pytest.mark.parametrize("params", [{"type": "robot"}, {"role": "king"}, {"page": "0"}])
async def test_unknown_choices_are_bad_requests(ask: Ask, params: dict[str, str]) -> None:
    answer = await ask("owner", "GET", MEMBERS, params=params)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(params))


async def test_members_are_paged(ask: Ask) -> None:
    first = (await ask("owner", "GET", MEMBERS, params={"page_size": 5})).json()
    second = (await ask("owner", "GET", first["next"])).json()
    assert len(first["results"]) + len(second["results"]) == first["count"] == 8
    assert second["previous"] is not None
    past = await ask("owner", "GET", MEMBERS, params={"page": 2})
    assert (past.status_code, list(past.json())) == (404, ["detail"])


async def test_groups_are_listed_by_name(ask: Ask) -> None:
    body = (await ask("owner", "GET", GROUPS)).json()
    found = {group["name"]: group for group in body["results"]}
    assert list(found) == ["contractors", "developers", "owners", "platform", "security"]
    assert body["count"] == 5
    assert found["developers"]["member_count"] == 4
    assert found["security"]["role"] == "security-auditor"
    assert found["contractors"]["role"] is None


async def test_groups_are_filtered(ask: Ask) -> None:
    async def names(**params: str) -> list[str]:
        body = (await ask("owner", "GET", GROUPS, params=params)).json()
        return [group["name"] for group in body["results"]]

    assert await names(username="grace") == ["developers", "platform"]
    assert await names(search="PLAT") == ["platform"]
    assert await names(username="grace", search="dev") == ["developers"]
    assert await names(username="mallory") == []


async def test_groups_are_paged(ask: Ask) -> None:
    second = (await ask("owner", "GET", GROUPS, params={"page": 2, "page_size": 3})).json()
    assert [group["name"] for group in second["results"]] == ["platform", "security"]
    assert (await ask("owner", "GET", GROUPS, params={"page": 9})).status_code == 404


async def test_settings(ask: Ask) -> None:
    expected = {"enabled": True, "allow_official_images": True, "allow_verified_publishers": False}
    assert (await ask("owner", "GET", SETTINGS)).json() == {"restricted_images": expected}


@pytest.mark.parametrize("path", [MEMBERS, GROUPS, SETTINGS])
@pytest.mark.parametrize(
    ("who", "status", "body"),
    [
        (None, 401, {"message": "unauthorized", "errinfo": {}}),
        ("owner-pat", 403, {"detail": PAT_DETAIL}),
        ("member", 403, {"message": "permission denied", "errinfo": {}}),
        ("outsider", 403, {"message": "permission denied", "errinfo": {}}),
    ],
)
async def test_an_organization_opens_to_owners_only(
    ask: Ask, path: str, who: str | None, status: int, body: dict[str, Any]
) -> None:
    answer = await ask(who, "GET", path)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize("path", [MEMBERS, GROUPS, SETTINGS])
async def test_a_narrow_organization_token_opens_nothing(ask: Ask, path: str) -> None:
    assert (await ask("org-token-narrow", "GET", path)).status_code == 403


@pytest.mark.parametrize(("path", "status"), [(MEMBERS, 200), (GROUPS, 200), (SETTINGS, 403)])
async def test_an_organization_token_needs_a_scope_and_settings_have_none(
    ask: Ask, sandbox: Sandbox, path: str, status: int
) -> None:
    assert (await ask("org-token", "GET", path)).status_code == status
    sandbox.state.organizations["acme"].access_tokens[0].resources[1].scopes = ()
    assert (await ask("org-token", "GET", path)).status_code == 403


@pytest.mark.parametrize("name", ["members", "groups", "settings"])
async def test_other_organizations(ask: Ask, name: str) -> None:
    missing = await ask("owner", "GET", f"/v2/orgs/nope/{name}")
    assert (missing.status_code, missing.json()) == (404, {"detail": "No such organization"})
    assert (await ask("owner", "GET", f"/v2/orgs/bigcorp/{name}")).status_code == 403
    assert (await ask("org-token", "GET", f"/v2/orgs/bigcorp/{name}")).status_code == 403


async def test_settings_are_replaced_as_a_whole(ask: Ask, sandbox: Sandbox) -> None:
    wanted = {"enabled": False, "allow_official_images": False, "allow_verified_publishers": True}
    answer = await ask("owner", "PUT", SETTINGS, json={"restricted_images": wanted})
    assert (answer.status_code, answer.json()) == (200, {"restricted_images": wanted})
    assert (await ask("owner", "GET", SETTINGS)).json() == {"restricted_images": wanted}
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.data["enabled"]) == ("org.settings.update", "false")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
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
    ],
)
async def test_no_setting_may_be_left_out(ask: Ask, body: dict[str, Any], fields: list[str]) -> None:
    before = (await ask("owner", "GET", SETTINGS)).json()
    answer = await ask("owner", "PUT", SETTINGS, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, fields)
    assert (await ask("owner", "GET", SETTINGS)).json() == before


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)]
)
async def test_others_replace_no_settings(ask: Ask, who: str | None, status: int) -> None:
    body = {"restricted_images": dict.fromkeys(("enabled", "allow_official_images"), True)}
    assert (await ask(who, "PUT", SETTINGS, json=body)).status_code == status
