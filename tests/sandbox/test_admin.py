from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import RecordedRequest, Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
REDIS = "/v2/namespaces/library/repositories/redis"


@pytest.mark.parametrize("path", ["/", "/_sandbox"])
async def test_a_page_says_what_this_is_and_who_there_is_to_be(ask: Ask, sandbox: Sandbox, path: str) -> None:
    body = (await ask(None, "GET", path)).json()
    assert "sandbox" in body["about"]
    assert set(body["identities"]) == set(sandbox.identities)
    owner = {key: body["identities"]["owner"][key] for key in ("username", "secret", "kind")}
    assert owner == {"username": "ada", "secret": "sandbox-password-ada", "kind": "password"}
    assert any("faults" in key for key in body["faults"])
    assert body["scim"] == {"Authorization": f"Bearer {sandbox.scim_token}"}


async def test_bearers_are_revoked_over_http(ask: Ask) -> None:
    for who in ("owner", "org-token"):
        assert (await ask(who, "GET", REDIS)).status_code == 200
    assert (await ask(None, "DELETE", "/_sandbox/bearers")).status_code == 204
    for who in ("owner", "org-token"):
        assert (await ask(who, "GET", REDIS)).status_code == 401
    assert (await ask("reader-pat", "GET", REDIS)).status_code == 200


async def test_requests_are_remembered_without_secrets(ask: Ask, sandbox: Sandbox) -> None:
    await ask("owner-pat", "GET", f"{REDIS}/tags/a%20b?name=x&page=1")
    await ask(None, "HEAD", REDIS)
    await ask(None, "GET", REDIS, headers={"Authorization": "dckr_pat_sandbox_admin"})
    await ask("org-token", "GET", REDIS)
    assert sandbox.requests == [
        RecordedRequest("POST", "/v2/auth/token", "", None, None),
        RecordedRequest("GET", f"{REDIS}/tags/a%20b", "name=x&page=1", "ada", "Bearer"),
        RecordedRequest("HEAD", REDIS, "", None, None),
        RecordedRequest("GET", REDIS, "", None, "other"),
        RecordedRequest("POST", "/v2/auth/token", "", None, None),
        RecordedRequest("GET", REDIS, "", "acme", "Bearer"),
    ]
    seen = (await ask(None, "GET", "/_sandbox/requests")).text
    assert '"requests":6,"logins":2' in seen
    assert "dckr_" not in seen


async def test_faulted_and_refused_requests_are_remembered_too(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500, times=1)
    await ask(None, "GET", REDIS)
    await ask(None, "GET", "/v2/nope")
    assert [seen.path for seen in sandbox.requests] == [REDIS, "/v2/nope"]


async def test_the_last_ten_thousand_requests_are_kept() -> None:
    sandbox = Sandbox()
    for number in range(10_010):
        sandbox._request_log.record(RecordedRequest("GET", f"/v2/{number}", "", None, None))
    assert len(sandbox.requests) == 10_000
    assert (sandbox.requests[0].path, sandbox.requests[-1].path) == ("/v2/10", "/v2/10009")


async def test_paths_outside_of_hub_and_sandbox_are_not_found(ask: Ask, sandbox: Sandbox) -> None:
    for path in ("/v1/repositories", "/v22", "/favicon.ico"):
        assert (await ask(None, "GET", path)).status_code == 404
    assert sandbox.requests == []


def test_an_unknown_identity_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError):
        sandbox.get_identity("nobody")
