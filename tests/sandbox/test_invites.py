from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

INVITES, BULK = "/v2/orgs/acme/invites", "/v2/invites/bulk"


async def list_invites(request_as: RequestAs) -> list[dict[str, Any]]:
    response = await request_as("owner", "GET", INVITES)
    assert (response.status_code, list(response.json())) == (200, ["data"])
    found: list[dict[str, Any]] = response.json()["data"]
    return found


async def invite(request_as: RequestAs, *invitees: str, **more: Any) -> list[dict[str, Any]]:
    response = await request_as("owner", "POST", BULK, json={"org": "acme", "invitees": invitees, **more})
    assert (response.status_code, list(response.json())) == (202, ["invitees"])
    found: list[dict[str, Any]] = response.json()["invitees"]
    return found


async def test_open_invitations_are_listed(request_as: RequestAs) -> None:
    found = await list_invites(request_as)
    assert [(one["invitee"], one["team"], one["org"], one["inviter_username"]) for one in found] == [
        ("alan@example.net", "developers", "acme", "ada"),
        ("joan@example.net", "security", "acme", "ada"),
    ]
    listed = (await request_as("owner", "GET", "/v2/orgs/acme/members", params={"type": "invitee"})).json()
    assert [one["id"] for one in listed["results"]] == [one["id"] for one in found]


async def test_invitees_get_a_status_each(request_as: RequestAs, sandbox: Sandbox) -> None:
    invitees = ("new@example.org", "mallory", "linus", "grace@example.com", "nobody-known", "not an address")
    found = await invite(request_as, *invitees, team="platform", role="editor")
    assert [(one["invitee"], one["status"]) for one in found] == [
        ("new@example.org", "invited"),
        ("mallory", "invited"),
        ("linus", "existing_org_member"),
        ("grace@example.com", "existing_org_member"),
        ("nobody-known", "invalid_email_or_docker_id"),
        ("not an address", "invalid_email_or_docker_id"),
    ]
    assert ["invite" in one for one in found] == [True, True, False, False, False, False]
    assert [one for one in await list_invites(request_as) if one["team"] == "platform"] == [
        one["invite"] for one in found[:2]
    ]
    listed = (await request_as("owner", "GET", "/v2/orgs/acme/members", params={"type": "invitee"})).json()
    assert {one["email"] for one in listed["results"]} >= {"new@example.org", "mallory@example.com"}
    assert sandbox.state.audit_events[-1].action == "org.member.invite.send"


async def test_a_dry_run_changes_nothing(request_as: RequestAs, sandbox: Sandbox) -> None:
    events = len(sandbox.state.audit_events)
    found = await invite(request_as, "new@example.org", "linus", dry_run=True)
    assert found == [
        {"invitee": "new@example.org", "status": "invited"},
        {"invitee": "linus", "status": "existing_org_member"},
    ]
    assert len(await list_invites(request_as)) == 2
    assert len(sandbox.state.audit_events) == events


async def test_a_repeated_invitation_renews_the_first(request_as: RequestAs) -> None:
    before = (await list_invites(request_as))[0]
    again = (await invite(request_as, "Alan@example.net", "Alan@example.net"))[0]["invite"]
    assert (again["id"], again["team"]) == (before["id"], "")
    assert again["created_at"] > before["created_at"]
    assert len(await list_invites(request_as)) == 2


INVALID_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"org": None}, "org"),
    ({"invitees": None}, "invitees"),
    ({"invitees": []}, "invitees"),
    ({"invitees": "a@example.org"}, "invitees"),
    ({"invitees": [5]}, "invitees"),
    ({"team": "nope"}, "team"),
    ({"role": "king"}, "role"),
    ({"dry_run": "yes"}, "dry_run"),
]


async def test_invalid_values_are_named(request_as: RequestAs) -> None:
    for change, field in INVALID_VALUES:
        body = {"org": "acme", "invitees": ["a@example.org"]} | change
        response = await request_as("owner", "POST", BULK, json=body)
        assert (response.status_code, list(response.json()["fields"])) == (400, [field]), (change, field)
        assert len(await list_invites(request_as)) == 2, (change, field)


async def test_an_invitation_is_sent_again(request_as: RequestAs, sandbox: Sandbox) -> None:
    before = (await list_invites(request_as))[0]
    sent = await request_as("owner", "PATCH", f"/v2/invites/{before['id']}/resend")
    assert (sent.status_code, sent.content) == (204, b"")
    assert (await list_invites(request_as))[0]["created_at"] > before["created_at"]
    assert sandbox.state.audit_events[-1].action == "org.member.invite.resend"


async def test_an_invitation_is_cancelled(request_as: RequestAs, sandbox: Sandbox) -> None:
    path = f"/v2/invites/{(await list_invites(request_as))[0]['id']}"
    gone = await request_as("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert [one["invitee"] for one in await list_invites(request_as)] == ["joan@example.net"]
    again = await request_as("owner", "DELETE", path)
    assert (again.status_code, again.json()["message"]) == (404, "invite not found")
    assert sandbox.state.audit_events[-1].action == "org.member.invite.cancel"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", INVITES), ("POST", BULK), ("PATCH", "/v2/invites/{id}/resend"), ("DELETE", "/v2/invites/{id}")],
)
async def test_only_owners_and_tokens_with_the_scope_manage_invitations(
    request_as: RequestAs, sandbox: Sandbox, method: str, path: str
) -> None:
    organization = sandbox.state.organizations["acme"]
    path = path.replace("{id}", organization.invitees[0].id)
    body = {"org": "acme", "invitees": ["a@example.org"]}
    for identity, status in ((None, 401), ("owner-pat", 403), ("member", 403), ("org-token", 403)):
        assert (await request_as(identity, method, path, json=body)).status_code == status
    organization.access_tokens[0].resources[1].scopes += ("scope-invite-read", "scope-invite-edit")
    assert (await request_as("org-token", method, path, json=body)).is_success


async def test_an_organization_that_does_not_exist(request_as: RequestAs) -> None:
    assert (await request_as("owner", "GET", "/v2/orgs/nope/invites")).status_code == 404
    body = {"org": "nope", "invitees": ["a@example.org"]}
    assert (await request_as("owner", "POST", BULK, json=body)).status_code == 404
