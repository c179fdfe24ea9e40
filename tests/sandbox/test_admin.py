import pytest

from dockerhub_mcp.sandbox import RecordedRequest, Sandbox
from tests.support.sandbox_requests import RequestAs

REDIS = "/v2/namespaces/library/repositories/redis"


async def test_the_start_page_describes_the_sandbox_and_its_identities(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    for path in ["/", "/_sandbox"]:
        body = (await request_as(None, "GET", path)).json()
        assert "sandbox" in body["about"], path
        assert set(body["identities"]) == set(sandbox.identities), path
        owner = {key: body["identities"]["owner"][key] for key in ("username", "secret", "kind")}
        assert owner == {"username": "ada", "secret": "sandbox-password-ada", "kind": "password"}, path
        assert any("faults" in key for key in body["faults"]), path
        assert body["scim"] == {"Authorization": f"Bearer {sandbox.scim_token}"}, path


async def test_bearer_tokens_are_revoked_over_http(request_as: RequestAs) -> None:
    for identity in ("owner", "org-token"):
        assert (await request_as(identity, "GET", REDIS)).status_code == 200
    assert (await request_as(None, "DELETE", "/_sandbox/bearers")).status_code == 204
    for identity in ("owner", "org-token"):
        assert (await request_as(identity, "GET", REDIS)).status_code == 401
    assert (await request_as("reader-pat", "GET", REDIS)).status_code == 200


async def test_requests_are_recorded_without_secrets(request_as: RequestAs, sandbox: Sandbox) -> None:
    await request_as("owner-pat", "GET", f"{REDIS}/tags/a%20b?name=x&page=1")
    await request_as(None, "HEAD", REDIS)
    await request_as(None, "GET", REDIS, headers={"Authorization": "dckr_pat_sandbox_admin"})
    await request_as("org-token", "GET", REDIS)
    assert sandbox.requests == [
        RecordedRequest("POST", "/v2/auth/token", "", None, None),
        RecordedRequest("GET", f"{REDIS}/tags/a%20b", "name=x&page=1", "ada", "Bearer"),
        RecordedRequest("HEAD", REDIS, "", None, None),
        RecordedRequest("GET", REDIS, "", None, "other"),
        RecordedRequest("POST", "/v2/auth/token", "", None, None),
        RecordedRequest("GET", REDIS, "", "acme", "Bearer"),
    ]
    seen = (await request_as(None, "GET", "/_sandbox/requests")).text
    assert '"requests":6,"logins":2' in seen
    assert "dckr_" not in seen


async def test_failed_requests_are_recorded_too(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500, times=1)
    await request_as(None, "GET", REDIS)
    await request_as(None, "GET", "/v2/nope")
    assert [seen.path for seen in sandbox.requests] == [REDIS, "/v2/nope"]


async def test_the_last_ten_thousand_requests_are_kept() -> None:
    sandbox = Sandbox()
    for number in range(10_010):
        sandbox._request_log.record(RecordedRequest("GET", f"/v2/{number}", "", None, None))
    assert len(sandbox.requests) == 10_000
    assert (sandbox.requests[0].path, sandbox.requests[-1].path) == ("/v2/10", "/v2/10009")


async def test_paths_outside_of_hub_and_sandbox_are_not_found(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    for path in ("/v1/repositories", "/v22", "/favicon.ico"):
        assert (await request_as(None, "GET", path)).status_code == 404
    assert sandbox.requests == []


def test_an_unknown_identity_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(KeyError):
        sandbox.get_identity("nobody")
