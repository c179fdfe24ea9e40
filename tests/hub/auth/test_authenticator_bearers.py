from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import (
    Forbidden,
    SignInUnavailable,
    Unauthorized,
)
from dockerhub_mcp.hub.methods import (
    GetOrgSettings,
    GetRepository,
    ListAccessTokens,
    ListOrgMembers,
)
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import Clock

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")


async def test_many_first_calls_sign_in_once(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    await asyncio.gather(*(hub.send(PRIVATE) for _ in range(32)))
    assert sandbox.login_count == 1
    assert len(sandbox.requests) == 33


async def test_one_bearer_serves_every_area(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    for call in (PRIVATE, SETTINGS, ListOrgMembers(org_name="acme"), ListAccessTokens()):
        await hub.send(call)
    assert sandbox.login_count == 1


async def test_a_bearer_is_renewed_before_it_expires(make_hub: Callable[..., Hub], clock: Clock) -> None:
    sandbox = Sandbox(token_lifetime=600)
    hub = make_hub("owner", httpx_transport=httpx.ASGITransport(app=sandbox.app), clock=clock)
    await hub.send(PRIVATE)
    clock.time += 539
    await hub.send(PRIVATE)
    assert sandbox.login_count == 1
    clock.time += 1  # a minute before it expires
    await hub.send(PRIVATE)
    assert [request.user for request in sandbox.requests] == [None, "ada", "ada", None, "ada"]


async def test_many_calls_renew_a_bearer_once(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    first = await hub._authenticator.get_bearer()
    assert first is not None
    hub._authenticator.discard_bearer(first)
    await asyncio.gather(*(hub.send(PRIVATE) for _ in range(32)))
    assert sandbox.login_count == 2


async def test_a_revoked_bearer_is_renewed_once_for_all(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(PRIVATE)
    sandbox.revoke_bearer_tokens()
    await asyncio.gather(*(hub.send(PRIVATE) for _ in range(20)))
    assert sandbox.login_count == 2


async def test_a_new_bearer_that_is_rejected_is_an_error(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner-pat")
    sandbox.faults.add(match="/v2/namespaces", status=401, body='{"message": "unauthorized"}')
    with pytest.raises(Unauthorized, match="sign-in as ada succeeded, but the Hub rejects") as caught:
        await hub.send(PRIVATE)
    assert "revoked" not in str(caught.value)
    assert [request.path[:14] for request in sandbox.requests] == [
        *["/v2/auth/token", "/v2/namespaces"] * 2,
        "/v2/namespaces",  # anonymously, which the Hub rejects too
    ]


async def test_a_401_of_an_anonymous_call_is_not_retried(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(status=401)
    with pytest.raises(Unauthorized, match="This needs an account"):
        await make_hub().send(PUBLIC)
    assert len(sandbox.requests) == 1


async def test_signing_in_is_repeated_after_a_dropped_connection(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", drop=True, times=1)
    await make_hub("owner").send(PRIVATE)
    assert sandbox.login_count == 2


async def test_a_dropped_sign_in_is_reported_as_unreachable(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    hub = make_hub("owner")
    with pytest.raises(
        SignInUnavailable, match=r"localhost could not be reached \(tried 2 times\)"
    ) as caught:
        await hub.send(SETTINGS)
    assert sandbox.login_count == 2
    assert caught.value.retry_after == pytest.approx(5, abs=1), "one sign-in is left for the next try"


async def test_a_signing_outage_during_a_call_is_no_fault_of_the_secret(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for identity in ("owner", "owner-pat", "org-token"):
        hub = make_hub(identity)
        sandbox.faults.clear()
        sandbox.faults.add(
            match="/v2/namespaces",
            status=401,
            body='{"detail": "Failed to validate JWT token against trusted cert"}',
        )
        with pytest.raises(Unauthorized, match="cannot verify its own bearer tokens") as caught:
            await hub.send(PRIVATE)
        text = str(caught.value)
        assert "outage" in text, identity
        assert "dockerstatus" in text, identity
        assert "revoked" not in text, identity
        assert "password" not in text, identity


@pytest.mark.parametrize("body", ["{}", '{"access_token": 5}', '{"access_token": ""}', "<html>", "[]"])
async def test_a_sign_in_without_a_token_is_unexpected(
    sandbox: Sandbox, make_hub: Callable[..., Hub], body: str
) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=200, body=body)
    with pytest.raises(
        SignInUnavailable, match=r"accepted the sign-in but sent no token|answered with a page"
    ):
        await make_hub("owner").send(SETTINGS)


@pytest.mark.usefixtures("skip_waits")
async def test_calls_that_wait_for_the_same_sign_in_share_their_deadline(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner", timeout=0.2)
    sandbox.faults.add(match="/v2/auth/token", latency=30)
    results = await asyncio.gather(*(hub.send(SETTINGS) for _ in range(12)), return_exceptions=True)
    assert {type(result) for result in results} == {SignInUnavailable}
    assert sandbox.login_count == 1


async def test_discarding_an_old_bearer_keeps_the_new_one(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    old = await hub._authenticator.get_bearer()
    assert old is not None
    hub._authenticator.discard_bearer(old)
    new = await hub._authenticator.get_bearer()
    hub._authenticator.discard_bearer(old)
    assert await hub._authenticator.get_bearer() is new is not old


async def test_no_secret_is_in_errors_objects_or_logs(
    sandbox: Sandbox, make_remote_hub: Callable[..., Hub], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hub = make_remote_hub("owner")
    await hub.send(PRIVATE)
    bearer = await hub._authenticator.get_bearer()
    assert bearer is not None
    secret = sandbox.get_identity("owner").secret
    echo = f"bad token {bearer.token} for {secret}"
    sandbox.faults.add(match="/v2/orgs", status=403, body=json.dumps({"detail": echo}))
    with pytest.raises(Forbidden) as caught:
        await hub.send(SETTINGS)
    texts = [str(caught.value), repr(caught.value), caught.value.hub_message, repr(bearer), caplog.text]
    texts += [repr(hub._authenticator._credentials), str([vars(r) for r in caplog.records])]
    assert "bad token *** for ***" in texts[0]
    assert not any(secret in text or bearer.token in text for text in texts)
    assert hub.redact(echo) == "bad token *** for ***"
