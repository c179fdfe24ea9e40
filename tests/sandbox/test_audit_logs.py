from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
LOGS, ACTIONS = "/v2/auditlogs/acme", "/v2/auditlogs/acme/actions"
FORBIDDEN = {"message": "forbidden", "errinfo": {}}


async def logs(ask: Ask, **params: Any) -> list[dict[str, Any]]:
    answer = await ask("owner", "GET", LOGS, params={"page_size": 100} | params)
    assert answer.status_code == 200
    assert list(answer.json()) == ["logs"]
    found: list[dict[str, Any]] = answer.json()["logs"]
    return found


async def test_events_come_newest_first_and_without_a_count(ask: Ask) -> None:
    found = await logs(ask) + await logs(ask, page=2)
    assert len(found) == 120
    times = [datetime.fromisoformat(event["timestamp"]) for event in found]
    assert times == sorted(times, reverse=True)
    assert 80 < (times[0] - times[-1]).days <= 90
    assert await logs(ask, page=3) == []


async def test_a_page_holds_25_events_by_default(ask: Ask) -> None:
    assert len((await ask("owner", "GET", LOGS)).json()["logs"]) == 25


async def test_events_are_filtered(ask: Ask) -> None:
    pushes = await logs(ask, action="repo.tag.push")
    assert {event["action"] for event in pushes} == {"repo.tag.push"}
    assert len(pushes) == 84
    assert await logs(ask, action="tag.push") == []
    assert {event["name"] for event in await logs(ask, name="acme/cli")} == {"acme/cli"}
    actors = {event["actor"] for event in await logs(ask, actor="dennis", action="repo.create")}
    assert actors == {"dennis"}


async def test_events_are_cut_out_by_time(ask: Ask, clock: list[float]) -> None:
    start, end = (datetime.fromtimestamp(clock[0] - days * 86400, UTC) for days in (20, 10))
    found = await logs(ask, **{"from": start.isoformat(), "to": end.isoformat()})
    assert 0 < len(found) < 60
    assert all(start <= datetime.fromisoformat(event["timestamp"]) <= end for event in found)
    zulu = f"{start:%Y-%m-%dT%H:%M:%SZ}"
    assert len(await logs(ask, **{"from": zulu})) > len(found)


@pytest.mark.parametrize("params", [{"from": "yesterday"}, {"to": "2025-13-01T00:00:00Z"}, {"page": "x"}])
async def test_unreadable_values_are_bad_requests(ask: Ask, params: dict[str, str]) -> None:
    answer = await ask("owner", "GET", LOGS, params=params)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(params))


async def test_actions_are_named_without_their_group(ask: Ask, sandbox: Sandbox) -> None:
    groups = (await ask("owner", "GET", ACTIONS)).json()["actions"]
    known = {f"{group}.{action['name']}" for group, found in groups.items() for action in found["actions"]}
    assert {event.action for event in sandbox.state.audit_events} <= known
    assert {"billing", "org", "repo"} <= set(groups)
    assert not any(name.startswith(f"{group}.{group}.") for group in groups for name in known)


@pytest.mark.parametrize("path", [LOGS, ACTIONS])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("org-token", 200),
        (None, 401),
        ("owner-pat", 403),
        ("member", 403),
        ("outsider", 403),
        ("org-token-narrow", 403),
    ],
)
async def test_who_may_read_the_log_of_an_organization(
    ask: Ask, path: str, who: str | None, status: int
) -> None:
    answer = await ask(who, "GET", path)
    assert answer.status_code == status
    if status == 403:
        assert answer.json() == FORBIDDEN


async def test_everybody_reads_their_own_log_and_nobody_elses(ask: Ask) -> None:
    own = (await ask("owner", "GET", "/v2/auditlogs/ada")).json()["logs"]
    assert {event["name"] for event in own} == {"ada/journal"}
    assert (await ask("outsider", "GET", "/v2/auditlogs/mallory")).json() == {"logs": []}
    assert (await ask("outsider", "GET", "/v2/auditlogs/ada")).status_code == 403
    assert (await ask("owner", "GET", "/v2/auditlogs/nope")).status_code == 404


async def test_what_is_done_is_logged_by_actions_that_are_known(ask: Ask, sandbox: Sandbox) -> None:
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
        assert (await ask("owner", method, path, json=body)).is_success, path
    done = sandbox.state.audit_events[before:]
    assert len(done) == len({event.action for event in done}) == 26
    groups = (await ask("owner", "GET", ACTIONS)).json()["actions"]
    known = {f"{group}.{action['name']}" for group, found in groups.items() for action in found["actions"]}
    assert {event.action for event in done} - known == set()
    assert {(event.account, event.actor) for event in done} == {("acme", "ada")}
    assert len(await logs(ask, **{"from": datetime.fromtimestamp(done[0].timestamp, UTC).isoformat()})) == 26
