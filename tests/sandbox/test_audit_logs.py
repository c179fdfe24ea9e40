from datetime import UTC, datetime
from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

LOGS, ACTIONS = "/v2/auditlogs/acme", "/v2/auditlogs/acme/actions"
FORBIDDEN = {"message": "forbidden", "errinfo": {}}


async def list_logs(request_as: RequestAs, **params: Any) -> list[dict[str, Any]]:
    response = await request_as("owner", "GET", LOGS, params={"page_size": 100} | params)
    assert response.status_code == 200
    assert list(response.json()) == ["logs"]
    found: list[dict[str, Any]] = response.json()["logs"]
    return found


async def test_the_actor_of_a_token_names_the_token(request_as: RequestAs, sandbox: Sandbox) -> None:
    url = "/v2/namespaces/acme/repositories/cli"
    assert (await request_as("owner-pat", "PATCH", url, json={"description": "New"})).is_success
    [event, *_] = await list_logs(request_as)
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_admin")
    assert event["actor"] == 'ada - access token "laptop"'
    assert {name: value for name, value in event["data"].items() if name.startswith("access_token")} == {
        "access_token_id": token.uuid,
        "access_token_label": "laptop",
        "access_token_type": "TYPE_UNSPECIFIED",
    }
    assert event in await list_logs(request_as, actor="ada")
    assert await list_logs(request_as, actor=event["actor"]) == [event]


async def test_events_come_newest_first_and_without_a_count(request_as: RequestAs) -> None:
    found = await list_logs(request_as) + await list_logs(request_as, page=2)
    assert len(found) == 120
    times = [datetime.fromisoformat(event["timestamp"]) for event in found]
    assert times == sorted(times, reverse=True)
    assert 80 < (times[0] - times[-1]).days <= 90
    assert await list_logs(request_as, page=3) is None


async def test_a_page_holds_25_events_by_default(request_as: RequestAs) -> None:
    assert len((await request_as("owner", "GET", LOGS)).json()["logs"]) == 25


async def test_events_are_filtered(request_as: RequestAs) -> None:
    pushes = await list_logs(request_as, action="repo.tag.push")
    assert {event["action"] for event in pushes} == {"repo.tag.push"}
    assert len(pushes) == 84
    assert await list_logs(request_as, action="tag.push") is None
    assert {event["name"] for event in await list_logs(request_as, name="acme/cli")} == {"acme/cli"}
    actors = {event["actor"] for event in await list_logs(request_as, actor="dennis", action="repo.create")}
    assert actors == {"dennis"}


async def test_events_are_filtered_by_time(request_as: RequestAs, clock: list[float]) -> None:
    start, end = (datetime.fromtimestamp(clock[0] - days * 86400, UTC) for days in (20, 10))
    found = await list_logs(request_as, **{"from": start.isoformat(), "to": end.isoformat()})
    assert 0 < len(found) < 60
    assert all(start <= datetime.fromisoformat(event["timestamp"]) <= end for event in found)
    zulu = f"{start:%Y-%m-%dT%H:%M:%SZ}"
    assert len(await list_logs(request_as, **{"from": zulu})) > len(found)


async def test_invalid_values_are_bad_requests(request_as: RequestAs) -> None:
    for params in [{"from": "yesterday"}, {"to": "2025-13-01T00:00:00Z"}, {"page": "x"}]:
        response = await request_as("owner", "GET", LOGS, params=params)
        assert (response.status_code, list(response.json()["fields"])) == (400, list(params)), params


async def test_action_names_do_not_repeat_their_group(request_as: RequestAs, sandbox: Sandbox) -> None:
    groups = (await request_as("owner", "GET", ACTIONS)).json()["actions"]
    known = {f"{group}.{action['name']}" for group, found in groups.items() for action in found["actions"]}
    assert {event.action for event in sandbox.state.audit_events} <= known
    assert {"billing", "org", "repo"} <= set(groups)
    assert not any(name.startswith(f"{group}.{group}.") for group in groups for name in known)


async def test_access_to_the_audit_log_of_an_organization(request_as: RequestAs) -> None:
    for path in [LOGS, ACTIONS]:
        for identity, status in [
            ("owner", 200),
            ("org-token", 200),
            (None, 401),
            ("owner-pat", 403),
            ("member", 403),
            ("outsider", 403),
            ("org-token-narrow", 403),
        ]:
            response = await request_as(identity, "GET", path)
            assert response.status_code == status, (path, identity, status)
            if status == 403:
                assert response.json() == FORBIDDEN, (path, identity, status)


async def test_users_read_only_their_own_audit_log(request_as: RequestAs) -> None:
    own = (await request_as("owner", "GET", "/v2/auditlogs/ada")).json()["logs"]
    assert {event["name"] for event in own} == {"ada/journal"}
    assert (await request_as("outsider", "GET", "/v2/auditlogs/mallory")).json() == {"logs": None}
    assert (await request_as("outsider", "GET", "/v2/auditlogs/ada")).status_code == 403
    assert (await request_as("owner", "GET", "/v2/auditlogs/nope")).status_code == 404


async def test_every_change_is_logged_with_a_known_action(request_as: RequestAs, sandbox: Sandbox) -> None:
    before = len(sandbox.state.audit_events)
    acme, cli = "/v2/orgs/acme", "/v2/namespaces/acme/repositories/cli"
    new = {"name": "new", "namespace": "acme", "label": "new", "invitees": ["a@example.org"], "org": "acme"}
    resource = {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-member-read"]}
    switches = dict.fromkeys(("enabled", "allow_official_images", "allow_verified_publishers"), True)
    token = f"{acme}/access-tokens/{sandbox.state.organizations['acme'].access_tokens[0].id}"
    for method, path, body in (
        ("POST", "/v2/namespaces/acme/repositories", new),
        ("PATCH", cli, {"description": "x", "status": 0}),
        ("PATCH", f"{cli}/immutabletags", {"immutable_tags": False, "immutable_tags_rules": []}),
        ("POST", "/v2/repositories/acme/cli/privacy", {"is_private": True}),
        ("POST", "/v2/repositories/acme/cli/groups", {"group_id": 1002, "permission": "read"}),
        ("PATCH", "/v2/repositories/acme/cli/groups/1002/", {"permission": "write"}),
        ("DELETE", "/v2/repositories/acme/cli/groups/1002/", None),
        ("DELETE", f"{cli}/tags/latest", None),
        ("DELETE", cli, None),
        ("PUT", f"{acme}/settings", {"restricted_images": switches}),
        ("PUT", f"{acme}/members/linus", {"role": "editor"}),
        ("POST", f"{acme}/groups", new),
        ("PATCH", f"{acme}/groups/new", {"description": "x"}),
        ("POST", f"{acme}/groups/new/members", {"member": "linus"}),
        ("DELETE", f"{acme}/groups/new/members/linus", None),
        ("DELETE", f"{acme}/groups/new", None),
        ("DELETE", f"{acme}/members/linus", None),
        ("POST", "/v2/invites/bulk", new),
        ("PATCH", f"/v2/invites/{sandbox.state.organizations['acme'].invitees[0].id}/resend", None),
        ("DELETE", f"/v2/invites/{sandbox.state.organizations['acme'].invitees[0].id}", None),
        ("POST", f"{acme}/access-tokens", new | {"resources": [resource]}),
        ("PATCH", token, {"label": "x", "is_active": False}),
        ("PATCH", token, {"is_active": True}),
        ("DELETE", token, None),
    ):
        assert (await request_as("owner", method, path, json=body)).is_success, path
    done = sandbox.state.audit_events[before:]
    assert len(done) == len({event.action for event in done}) == 26
    groups = (await request_as("owner", "GET", ACTIONS)).json()["actions"]
    known = {f"{group}.{action['name']}" for group, found in groups.items() for action in found["actions"]}
    assert {event.action for event in done} - known == set()
    assert {(event.account, event.actor) for event in done} == {("acme", "ada")}
    assert (
        len(
            await list_logs(
                request_as, **{"from": datetime.fromtimestamp(done[0].timestamp, UTC).isoformat()}
            )
        )
        == 26
    )
