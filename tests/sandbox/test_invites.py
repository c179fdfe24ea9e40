from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
INVITES, BULK = "/v2/orgs/acme/invites", "/v2/invites/bulk"


async def open_ones(ask: Ask) -> list[dict[str, Any]]:
    answer = await ask("owner", "GET", INVITES)
    assert (answer.status_code, list(answer.json())) == (200, ["data"])
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def bulk(ask: Ask, *invitees: str, **more: Any) -> list[dict[str, Any]]:
    answer = await ask("owner", "POST", BULK, json={"org": "acme", "invitees": invitees, **more})
    assert (answer.status_code, list(answer.json())) == (202, ["invitees"])
    found: list[dict[str, Any]] = answer.json()["invitees"]
    return found


async def test_open_invitations_are_listed(ask: Ask) -> None:
    found = await open_ones(ask)
    assert [(one["invitee"], one["team"], one["org"], one["inviter_username"]) for one in found] == [
        ("alan@example.net", "developers", "acme", "ada"),
        ("joan@example.net", "security", "acme", "ada"),
    ]
    listed = (await ask("owner", "GET", "/v2/orgs/acme/members", params={"type": "invitee"})).json()
    assert [one["id"] for one in listed["results"]] == [one["id"] for one in found]


async def test_people_are_invited_and_told_apart(ask: Ask, sandbox: Sandbox) -> None:
    invitees = ("new@example.org", "mallory", "linus", "grace@example.com", "nobody-known", "not an address")
    found = await bulk(ask, *invitees, team="platform", role="editor")
    assert [(one["invitee"], one["status"]) for one in found] == [
        ("new@example.org", "invited"),
        ("mallory", "invited"),
        ("linus", "existing_org_member"),
        ("grace@example.com", "existing_org_member"),
        ("nobody-known", "invalid_email_or_docker_id"),
        ("not an address", "invalid_email_or_docker_id"),
    ]
    assert ["invite" in one for one in found] == [True, True, False, False, False, False]
    assert [one for one in await open_ones(ask) if one["team"] == "platform"] == [
        one["invite"] for one in found[:2]
    ]
    listed = (await ask("owner", "GET", "/v2/orgs/acme/members", params={"type": "invitee"})).json()
    assert {one["email"] for one in listed["results"]} >= {"new@example.org", "mallory@example.com"}
    assert sandbox.state.audit_events[-1].action == "org.member.invite.send"


async def test_a_dry_run_changes_nothing(ask: Ask, sandbox: Sandbox) -> None:
    events = len(sandbox.state.audit_events)
    found = await bulk(ask, "new@example.org", "linus", dry_run=True)
    assert found == [
        {"invitee": "new@example.org", "status": "invited"},
        {"invitee": "linus", "status": "existing_org_member"},
    ]
    assert len(await open_ones(ask)) == 2
    assert len(sandbox.state.audit_events) == events


async def test_who_is_invited_again_has_one_invitation(ask: Ask) -> None:
    before = (await open_ones(ask))[0]
    again = (await bulk(ask, "Alan@example.net", "Alan@example.net"))[0]["invite"]
    assert (again["id"], again["team"]) == (before["id"], "")
    assert again["created_at"] > before["created_at"]
    assert len(await open_ones(ask)) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"org": None}, "org"),
        ({"invitees": None}, "invitees"),
        ({"invitees": []}, "invitees"),
        ({"invitees": "a@example.org"}, "invitees"),
        ({"invitees": [5]}, "invitees"),
        ({"team": "nope"}, "team"),
        ({"role": "king"}, "role"),
        ({"dry_run": "yes"}, "dry_run"),
    ],
)
async def test_invalid_values_are_named(ask: Ask, change: dict[str, Any], field: str) -> None:
    body = {"org": "acme", "invitees": ["a@example.org"]} | change
    answer = await ask("owner", "POST", BULK, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert len(await open_ones(ask)) == 2


async def test_an_invitation_is_sent_again(ask: Ask, sandbox: Sandbox) -> None:
    before = (await open_ones(ask))[0]
    sent = await ask("owner", "PATCH", f"/v2/invites/{before['id']}/resend")
    assert (sent.status_code, sent.content) == (204, b"")
    assert (await open_ones(ask))[0]["created_at"] > before["created_at"]
    assert sandbox.state.audit_events[-1].action == "org.member.invite.resend"


async def test_an_invitation_is_taken_back(ask: Ask, sandbox: Sandbox) -> None:
    path = f"/v2/invites/{(await open_ones(ask))[0]['id']}"
    gone = await ask("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert [one["invitee"] for one in await open_ones(ask)] == ["joan@example.net"]
    again = await ask("owner", "DELETE", path)
    assert (again.status_code, again.json()["message"]) == (404, "invite not found")
    assert sandbox.state.audit_events[-1].action == "org.member.invite.cancel"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", INVITES), ("POST", BULK), ("PATCH", "/v2/invites/{id}/resend"), ("DELETE", "/v2/invites/{id}")],
)
async def test_invitations_open_to_owners_and_scopes(
    ask: Ask, sandbox: Sandbox, method: str, path: str
) -> None:
    organization = sandbox.state.organizations["acme"]
    path = path.replace("{id}", organization.invitees[0].id)
    body = {"org": "acme", "invitees": ["a@example.org"]}
    for who, status in ((None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)):
        assert (await ask(who, method, path, json=body)).status_code == status
    organization.access_tokens[0].resources[1].scopes += ("scope-invite-read", "scope-invite-edit")
    assert (await ask("org-token", method, path, json=body)).is_success


async def test_an_organization_that_does_not_exist(ask: Ask) -> None:
    assert (await ask("owner", "GET", "/v2/orgs/nope/invites")).status_code == 404
    body = {"org": "nope", "invitees": ["a@example.org"]}
    assert (await ask("owner", "POST", BULK, json=body)).status_code == 404
