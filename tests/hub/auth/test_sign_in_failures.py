"""Failed sign-ins: public reads go on anonymously, and each failure is explained as what it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
)
from dockerhub_mcp.hub.methods import CreateAuthToken, GetOrgSettings, GetRepository, Login
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.call import call_tool
from tests.support.fixture_types import Clock
from tests.support.registry_contexts import connect_registry
from tests.support.tool_calls import EVERYTHING, make_context
from tests.support.virtual_time import virtual_time

PUBLIC = GetRepository(repository="redis")
SETTINGS = GetOrgSettings(name="acme")
PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
LOCKED = '{"detail": "Too many failed login attempts. Please try again in 10 minutes."}'
OUTAGE = '{"detail": "Failed to validate JWT token against trusted cert"}'
HTML = {"content_type": "text/html; charset=utf-8"}


def detail(text: str) -> str:
    return json.dumps({"detail": text})


FAULTS: dict[str, tuple[dict[str, Any], type[SignInError], str]] = {
    "wrong secret": (
        {"status": 401, "body": detail("Incorrect authentication credentials")},
        SignInRefused,
        "refused to sign in ada",
    ),
    "401 without a body": ({"status": 401}, SignInRefused, "refused to sign in ada"),
    "organization name": (
        {"status": 401, "body": detail("Cannot log into an organization account")},
        SignInRefused,
        "an organization's name",
    ),
    "400": ({"status": 400, "body": detail("invalid identifier")}, SignInRefused, "must be a Docker ID"),
    "422": ({"status": 422, "body": detail("invalid")}, SignInRefused, "must be a Docker ID"),
    "lock as 401": ({"status": 401, "body": LOCKED}, SignInLocked, "Docker has locked the name"),
    "lock as 429": ({"status": 429, "body": LOCKED}, SignInLocked, "Docker has locked the name"),
    "lock as 403": ({"status": 403, "body": detail("Account locked")}, SignInLocked, "Docker has locked"),
    "signing outage": ({"status": 401, "body": OUTAGE}, SignInUnavailable, "cannot verify its own tokens"),
    "rate limit": ({"status": 429, "body": detail("Rate limit exceeded")}, SignInUnavailable, "limits the"),
    "abuse limit": (
        {"status": 429, "body": "Too Many Requests (HAP429).", "content_type": "text/plain"},
        SignInUnavailable,
        "limits the number of requests",
    ),
    "403": ({"status": 403, "body": detail("forbidden")}, SignInUnavailable, "answered with status 403"),
    "404": (
        {"status": 404, "body": '{"message": "404: Page Not Found"}'},
        SignInUnavailable,
        "answered with status 404",
    ),
    "405": ({"status": 405}, SignInUnavailable, "answered with status 405"),
    "407": ({"status": 407, "body": "Proxy login"}, SignInUnavailable, "answered with status 407"),
    "408": ({"status": 408}, SignInUnavailable, r"did not take the request in time \(408\)"),
    "410": ({"status": 410}, SignInUnavailable, r"Docker has withdrawn the sign-in route \(410\)"),
    "451": ({"status": 451}, SignInUnavailable, "answered with status 451"),
    "500": ({"status": 500}, SignInUnavailable, r"server error \(500\)"),
    "502": ({"status": 502, "body": "Bad Gateway", "content_type": "text/plain"}, SignInUnavailable, "502"),
    "503": ({"status": 503, "body": detail("maintenance")}, SignInUnavailable, "503"),
    "504": ({"status": 504}, SignInUnavailable, "504"),
    "redirect": ({"location": "https://proxy.example/login"}, SignInUnavailable, "redirected POST"),
    "page 200": ({"status": 200, "body": PAGE, **HTML}, SignInUnavailable, "Just a moment"),
    "page 401": ({"status": 401, "body": PAGE, **HTML}, SignInUnavailable, "answered with a page"),
    "page 403": ({"status": 403, "body": PAGE, **HTML}, SignInUnavailable, "answered with a page"),
    "page 503": ({"status": 503, "body": PAGE, **HTML}, SignInUnavailable, "answered with a page"),
    "page as JSON": ({"status": 401, "body": PAGE}, SignInUnavailable, "answered with a page"),
    "blank page": ({"status": 401, "body": " ", **HTML}, SignInUnavailable, "answered with a page"),
    "broken JSON": ({"status": 401, "body": '{"detail": "Inc'}, SignInUnavailable, "answered with a page"),
    "truncated token": ({"truncate": True}, SignInUnavailable, "sent no token"),
    "no token": ({"status": 200, "body": "{}"}, SignInUnavailable, "sent no token"),
    "empty answer": ({"status": 200, "body": ""}, SignInUnavailable, "sent no token"),
    "204": ({"status": 204}, SignInUnavailable, "sent no token"),
    "a number": ({"status": 200, "body": '{"access_token": 5}'}, SignInUnavailable, "sent no token"),
    "header injection": (
        {"status": 200, "body": json.dumps({"access_token": "a\r\nx-evil: 1"})},
        SignInUnavailable,
        "no header can carry",
    ),
    "non-ASCII token": (
        {"status": 200, "body": json.dumps({"access_token": "tökén"})},
        SignInUnavailable,
        "no header can carry",
    ),
    "token that no request is accepted with": (
        {"status": 200, "body": json.dumps({"access_token": "definitely not a token"})},
        SignInUnavailable,
        "does not accept",
    ),
    "dropped": ({"drop": True}, SignInUnavailable, "could not be reached"),
    "hanging": ({"latency": 3600}, SignInUnavailable, "did not answer within 12 s"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_public_reads_go_on_after_every_failed_sign_in(
    sandbox: Sandbox, make_hub: Callable[..., Hub], name: str
) -> None:
    fault, error_type, words = FAULTS[name]
    sandbox.faults.add(match="/v2/auth/token", **fault)
    hub = make_hub("owner-pat")
    with virtual_time():
        for tool, arguments in (
            ("get_repository", {"repository": "redis"}),
            ("list_tags", {"repository": "redis", "max_items": 3}),
            ("check_repository", {"repository": "redis"}),
        ):
            result = await call_tool(EVERYTHING, make_context(hub), tool, arguments)
            assert not result.is_error, result.text
            assert result.text.count("Note: Answered as for an anonymous caller.") == 1
            assert result.text.count("sign") >= 1
        with pytest.raises(error_type, match=words) as caught:
            await hub.send(SETTINGS)
        private = await call_tool(
            EVERYTHING, make_context(hub), "get_repository", {"repository": "acme/storefront"}
        )
    assert private.is_error
    assert "The request was anonymous." in private.text
    assert type(caught.value) is error_type
    text = str(caught.value)
    assert "orgs/acme" not in text, "it is not the call's own route that failed"
    assert sandbox.get_identity("owner-pat").secret not in text
    assert "evil" not in text
    repeated = {"dropped", "token that no request is accepted with"}
    assert sandbox.login_count == (2 if name in repeated else 1)
    assert hub.principal.is_anonymous


async def test_the_real_refusals_are_explained(make_hub: Callable[..., Hub], sandbox: Sandbox) -> None:
    folder = Path(os.environ.get("DOCKERHUB_BODIES", ""))
    if not (folder / "refusal-mfa.json").is_file():
        pytest.skip("DOCKERHUB_BODIES does not name the folder of recorded answers")
    expected = {
        "refusal-mfa.json": (SecondFactorRequired, "two-factor authentication"),
        "refusal-login-2022.json": (SignInRefused, "may be revoked, expired or inactive"),
        "refusal-login-org.json": (SignInRefused, "This is an organization's name"),
    }
    for name, (error_type, words) in expected.items():
        sandbox.faults.clear()
        sandbox.faults.add(match="/v2/auth/token", status=401, body=(folder / name).read_text())
        with pytest.raises(error_type, match=words):
            await make_hub("owner-pat").send(SETTINGS)


async def test_an_e_mail_address_is_not_a_docker_id(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=400, body=detail("identifier is invalid"))
    hub = make_hub(credentials=Credentials.from_strings("ada@example.com", "dckr_pat_abc"))
    for _ in range(3):
        with pytest.raises(SignInRefused, match="that is an e-mail address") as caught:
            await hub.send(SETTINGS)
    assert caught.value.hub_message == "identifier is invalid"
    assert "Use the Docker ID" in caught.value.remedy
    assert sandbox.login_count == 1


async def test_an_organization_name_at_the_login_route(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(credentials=Credentials.from_strings("acme", "some-password"))
    with pytest.raises(SignInRefused, match="organizations sign in only with their access tokens") as caught:
        await hub.send(Login())
    assert caught.value.hub_message == "Cannot log into an organization account"


@pytest.mark.parametrize(
    ("text", "headers", "wait"),
    [
        ("Too many failed login attempts. Please try again in 10 minutes.", {}, 600),
        ("Too many failed login attempts, retry in 15 min", {}, 900),
        ("Too many failed login attempts; wait ten minutes", {}, 600),
        ("Too many failed login attempts. Try again in 45 seconds", {}, 45),
        ("Too many failed login attempts. Try again in an hour", {}, 3600),
        ("Too many failed login attempts", {}, 900),
        ("Too many failed login attempts", {"Retry-After": "120"}, 120),
        ("Too many failed login attempts in 999999 hours", {}, 3600),
        ("Your account has been locked out for 10 minutes", {}, 600),
    ],
)
@pytest.mark.parametrize("status", [401, 429])
async def test_a_lock_lasts_as_long_as_the_hub_says(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    clock: Clock,
    text: str,
    headers: dict[str, str],
    wait: float,
    status: int,
) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=status, body=detail(text), headers=headers)
    hub = make_hub("owner", clock=clock)
    with pytest.raises(SignInLocked) as caught:
        await hub.send(SETTINGS)
    error = caught.value
    assert error.retry_after == wait
    assert error.hub_message == text
    assert "rate limit is used up" not in str(error)
    assert "not the general rate limit" in error.why
    assert "Stop every client that still holds the old secret" in error.remedy
    assert ("10 to 15 minutes" in error.remedy) == (wait == 900 and "15" not in text)
    sandbox.faults.clear()
    clock.time += wait - 1
    with pytest.raises(SignInLocked):
        await hub.send(SETTINGS)
    assert sandbox.login_count == 1
    clock.time += 1
    assert (await hub.send(SETTINGS)).restricted_images is not None


async def test_a_hanging_sign_in_leaves_time_for_the_anonymous_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    with virtual_time():
        sandbox.faults.add(match="/v2/auth/token", latency=3600)
        sandbox.faults.add(match="/v2/namespaces", latency=14)
        assert (await make_hub("owner", timeout=30).send(PUBLIC)).name == "redis"


async def test_a_bearer_that_the_hub_rejects_leaves_public_reads(
    clock: Clock, answering: Callable[..., Hub]
) -> None:
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        if request.url.path == "/v2/auth/token":
            return httpx.Response(200, json={"access_token": "opaque-token"})
        if "authorization" in request.headers:
            return httpx.Response(401, json={"detail": "Failed to validate JWT token against trusted cert"})
        return httpx.Response(200, json={"name": "redis", "namespace": "library"})

    hub = answering(respond, credentials=Credentials.from_strings("ada", "dckr_pat_abc"), clock=clock)
    for _ in range(3):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert sent.count("/v2/auth/token") == 2, "then it is not tried for a while"
    assert "does not accept the bearer token that it issued" in str(hub.credential_error)
    with pytest.raises(SignInUnavailable, match="does not accept the bearer token"):
        await hub.send(SETTINGS)
    clock.time += 60
    await hub.send(PUBLIC)
    assert sent.count("/v2/auth/token") == 4


async def test_a_bearer_that_had_expired_is_not_used(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    expired = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAsImlhdCI6MjAwMH0."  # exp 1000, iat 2000
    sandbox.faults.add(match="/v2/auth/token", status=200, body=json.dumps({"access_token": expired}))
    hub = make_hub("owner")
    for _ in range(3):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert sandbox.login_count == 1


async def test_a_recovered_hub_is_used_again(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=503)
    hub = make_hub("owner", clock=clock)
    await hub.send(PUBLIC)
    assert "Signing in is possible again in 5 s." in str(hub.credential_error)
    sandbox.faults.clear()
    clock.time += 5
    result = await call_tool(EVERYTHING, make_context(hub), "get_repository", {"repository": "redis"})
    assert "Note:" not in result.text
    assert hub.credential_error is None
    assert (await hub.send(SETTINGS)).restricted_images is not None


async def test_the_note_is_short(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=429, headers={"Retry-After": "1746136938"})
    result = await call_tool(
        EVERYTHING, make_context(make_hub("owner")), "get_repository", {"repository": "redis"}
    )
    (note,) = [line for line in result.text.splitlines() if line.startswith("Note: Answered")]
    assert len(note) < 300


async def test_an_explicit_sign_in_explains_itself_too(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for fault, error_type, words in (FAULTS["rate limit"], FAULTS["page 403"], FAULTS["lock as 429"]):
        sandbox.faults.clear()
        sandbox.faults.add(match="/v2/", **fault)
        for call in (CreateAuthToken(), Login()):
            with pytest.raises(error_type, match=words):
                await make_hub("owner").send(call)


async def test_concurrent_reads_renew_a_rejected_bearer_token_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=200, body=json.dumps({"access_token": "not a token"}))
    hub = make_hub("owner-pat")
    async with connect_registry(sandbox) as connected:
        images = {"image": "redis:8.2.1", "with_image": "redis:8.2.3"}
        result = await call_tool(EVERYTHING, connected(hub), "compare_images", images)
    assert not result.is_error, result.text
    assert (
        result.text.count(
            "The Hub's API answered as for an anonymous caller; the registry signs in separately."
        )
        == 1
    )
    assert sandbox.login_count == 2
