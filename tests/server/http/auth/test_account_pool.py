"""Test the Docker accounts that requests bring: each request uses its own account and no other."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp.client.sse import sse_client
from mcp_types import INVALID_PARAMS, CallToolResult

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.errors import NotFound, SignInRefused, SignInUnavailable
from dockerhub_mcp.hub.methods import GetRepository
from dockerhub_mcp.sandbox import Sandbox, serve_async
from dockerhub_mcp.server.http.auth.account_pool import AccountPool
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.fixture_types import Clock, MakeHub
from tests.support.http_requests import (
    INITIALIZE,
    Headers,
    Make,
    basic,
    bearer,
    format_log_records,
    new_session,
    of,
    open_sse_stream,
)
from tests.support.programs import text_of
from tests.support.web_servers import BOTH, Running, call, modern, routed, served

TOKEN = "somebody-token-0123456789abcdef"
BASIC = 'Basic realm="Docker Hub", charset="UTF-8"'
JOURNAL = GetRepository(namespace="ada", repository="journal")


def with_bearer(username: str, secret: str) -> Headers:
    return {**bearer(TOKEN), "x-dockerhub-username": username, "x-dockerhub-token": secret}


def plainly(username: str, secret: str) -> Headers:
    return {"x-dockerhub-username": username, "x-dockerhub-token": secret}


WAYS = pytest.mark.parametrize(
    ("way", "environment"),
    [(basic, {}), (plainly, {}), (with_bearer, {"DOCKERHUB_MCP_AUTH_TOKEN": TOKEN})],
    ids=["basic", "headers", "bearer"],
)


Serve = Callable[..., Any]


@pytest.fixture
def serve(sandbox_url: str) -> Serve:
    def serving(environment: dict[str, str] | None = None, **options: Any) -> Any:
        variables = {"DOCKERHUB_API_URL": sandbox_url, **(environment or {})}
        return served(environment=variables, **({"identity": "request", "access": "admin"} | options))

    return serving


async def post_message(web: Running, message: dict[str, Any], headers: Headers) -> httpx.Response:
    async with web.http() as http:
        return await http.post("/mcp", json=message, headers=routed(message) | headers)


async def request_account_report(web: Running, headers: Headers) -> httpx.Response:
    return await post_message(web, call("create_auth_token"), headers)


async def call_successfully(web: Running, message: dict[str, Any], headers: Headers) -> str:
    """Return the text of a call that must succeed."""
    result = (await post_message(web, message, headers)).json()["result"]
    assert not result.get("isError", False), result
    return str(result["content"][0]["text"])


async def call_with_tool_error(web: Running, message: dict[str, Any], headers: Headers) -> str:
    """Return the text of a call that must fail with a tool error."""
    result = (await post_message(web, message, headers)).json()["result"]
    assert result["isError"] is True
    return str(result["content"][0]["text"])


def parse_account_report(text: str) -> tuple[str, str]:
    """Return the user name and the kind of credential from a report of create_auth_token."""
    return extract_field(text, "username"), extract_field(text, "kind")


def extract_field(text: str, name: str) -> str:
    """Return the value of a field in the text of a result, as JSON or as lines."""
    found = re.search(rf"\b{name}\W+(\w[\w -]*)", text)
    return found[1] if found else ""


async def get_account(web: Running, headers: Headers) -> tuple[str, str]:
    return parse_account_report(await call_successfully(web, call("create_auth_token"), headers))


# --- the account of a request ---


@WAYS
async def test_a_request_is_made_as_the_account_that_it_brings(
    serve: Serve, sandbox: Sandbox, way: Make, environment: dict[str, str]
) -> None:
    async with serve(environment) as web:
        for _ in range(2):
            for name, kind in (
                ("owner", "password"),
                ("owner-pat", "personal access token"),
                ("outsider", "password"),
                ("org-token", "organization access token"),
            ):
                assert await get_account(web, of(way, sandbox, name)) == (
                    sandbox.get_identity(name).username,
                    kind,
                )
        journal = call("get_repository", namespace="ada", repository="journal")
        assert (
            extract_field(await call_successfully(web, journal, of(way, sandbox, "owner")), "name")
            == "journal"
        )
        assert "private" in await call_with_tool_error(web, journal, of(way, sandbox, "outsider"))
    assert sandbox.login_count == 4, "each of them once"


async def test_a_caller_without_an_account(serve: Serve, sandbox: Sandbox) -> None:
    async with serve() as web:
        for headers in ({}, bearer(TOKEN), {"authorization": "Negotiate abc"}, {"authorization": ""}):
            answer = await post_message(web, modern("tools/list"), headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == BASIC
            assert "Docker ID and an access token" in answer.json()["error"]["message"]
    async with serve({"DOCKERHUB_MCP_AUTH_TOKEN": TOKEN}) as web:
        public = call("get_repository", repository="redis")
        assert extract_field(await call_successfully(web, public, bearer(TOKEN)), "name") == "redis"
        journal = call("get_repository", namespace="ada", repository="journal")
        assert "anonymous" in await call_with_tool_error(web, journal, bearer(TOKEN))
        assert "no credentials to sign in with" in await call_with_tool_error(
            web, call("create_auth_token"), bearer(TOKEN)
        )
        without = await post_message(web, public, of(plainly, sandbox, "owner"))
        assert without.status_code == 401, "an account at the Hub is no token of this server"
        assert without.headers["www-authenticate"].startswith("Bearer")
        both = await post_message(web, public, of(basic, sandbox, "owner"))
        assert both.headers["www-authenticate"].startswith("Bearer")
    assert sandbox.login_count == 0


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x-dockerhub-username": "ada"}, "X-DockerHub-Token is missing"),
        ({"x-dockerhub-token": "dckr_pat_x"}, "X-DockerHub-Username is missing"),
        ({"x-dockerhub-username": "ada", "x-dockerhub-token": ""}, "X-DockerHub-Token is missing"),
        ({"authorization": "Basic"}, "base64"),
        ({"authorization": "Basic %%%"}, "base64"),
        ({"authorization": f"Basic {base64.b64encode(b'ada').decode()}"}, "base64"),
        ({"authorization": f"Basic {base64.b64encode(b'ada:').decode()}"}, "base64"),
        ({"authorization": f"Basic {base64.b64encode(b':secret').decode()}"}, "base64"),
        ({"authorization": f"Basic {base64.b64encode(bytes([255, 58, 255])).decode()}"}, "base64"),
    ],
)
async def test_half_an_account(serve: Serve, sandbox: Sandbox, headers: Headers, said: str) -> None:
    async with serve() as web:
        answer = await post_message(web, modern("tools/list"), headers)
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]
        if "authorization" not in headers:
            answer = await post_message(web, modern("tools/list"), headers | of(basic, sandbox, "owner"))
            assert answer.status_code == 400, "what was meant is not guessed"
    assert sandbox.login_count == 0


async def test_a_secret_may_hold_anything(serve: Serve, sandbox: Sandbox) -> None:
    sandbox.state.users["mallory"].password = "sélène:☃ and more"
    async with serve() as web:
        assert await get_account(web, basic("mallory", "sélène:☃ and more")) == ("mallory", "password")


async def test_a_server_with_an_account_of_its_own_takes_none(serve: Serve, sandbox: Sandbox) -> None:
    owner = sandbox.get_identity("owner")
    environment = {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret}
    async with serve(environment, identity="server") as web:
        answer = await post_message(web, modern("tools/list"), of(plainly, sandbox, "outsider"))
        assert answer.status_code == 400
        assert "--identity server" in answer.json()["error"]["message"]
        assert await get_account(web, of(basic, sandbox, "outsider")) == ("ada", "password")


async def test_the_server_s_own_account_has_no_place_beside_those_of_requests(
    serve: Serve, sandbox: Sandbox
) -> None:
    with pytest.raises(SettingsError, match=r"--identity request .* unset DOCKERHUB_USERNAME"):
        async with serve({"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "dckr_pat_x"}):
            pytest.fail("it serves")
    assert not sandbox.requests


async def test_the_server_s_scim_token_is_not_lent(serve: Serve, sandbox: Sandbox) -> None:
    listing = call("scim_list_users")
    environment = {"DOCKERHUB_SCIM_TOKEN": sandbox.scim_token}
    async with serve(environment, toolsets="all") as web:
        assert "SCIM" in await call_with_tool_error(web, listing, of(basic, sandbox, "owner"))
    async with serve(environment, toolsets="all", identity="server") as web:
        answer = await post_message(web, listing, {})
        assert not answer.json()["result"].get("isError", False), "here it is the server's to use"


# --- accounts that the Hub rejects ---


@WAYS
async def test_a_wrong_secret_is_reported_and_not_sent_again(
    serve: Serve, sandbox: Sandbox, way: Make, environment: dict[str, str]
) -> None:
    async with serve(environment) as web:
        answers = await asyncio.gather(
            *(request_account_report(web, way("ada", "dckr_pat_wrong")) for _ in range(4))
        )
        answers.append(await post_message(web, modern("tools/list"), way("ada", "dckr_pat_wrong")))
        for answer in answers:
            assert answer.status_code == (403 if environment else 401)
            assert answer.headers.get("www-authenticate") == (None if environment else BASIC)
            message = answer.json()["error"]["message"]
            assert "refused to sign in ada with this personal access token" in message
            assert "Incorrect authentication credentials" in message
            assert "dckr_pat_wrong" not in answer.text
        assert sandbox.login_count == 1
        assert (await get_account(web, of(way, sandbox, "owner-pat")))[0] == "ada", "another secret is tried"
        await request_account_report(web, way("ada", "dckr_pat_other"))
        assert sandbox.login_count == 3


async def test_many_wrong_secrets_are_too_many(serve: Serve, sandbox: Sandbox) -> None:
    async with serve() as web:
        good = of(basic, sandbox, "owner")
        assert (await request_account_report(web, good)).status_code == 200
        for number in range(10):
            assert (
                await request_account_report(web, basic(f"user{number}", "dckr_pat_wrong"))
            ).status_code == 401
        before = sandbox.login_count
        answer = await request_account_report(web, basic("user10", "dckr_pat_wrong"))
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert (await request_account_report(web, of(basic, sandbox, "member"))).status_code == 429
        assert sandbox.login_count == before
        assert (await request_account_report(web, good)).status_code == 200


@WAYS
async def test_a_password_that_is_not_enough(
    serve: Serve, sandbox: Sandbox, way: Make, environment: dict[str, str]
) -> None:
    async with serve(environment) as web:
        for _ in range(2):
            answer = await request_account_report(web, of(way, sandbox, "two-factor"))
            assert answer.status_code == (403 if environment else 401)
            message = answer.json()["error"]["message"]
            assert "grace has two-factor authentication" in message
            assert "Use a personal access token" in message
            assert "complete_2fa_login" not in message, "it takes no code here"
        assert await get_account(web, of(way, sandbox, "two-factor-pat")) == (
            "grace",
            "personal access token",
        )
    assert sandbox.login_count == 2


@pytest.mark.parametrize(
    ("status", "told_as", "waits"),
    [(503, 503, "5"), (500, 503, "5"), (429, 503, "3600"), (403, 503, "60"), (400, 401, None)],
)
async def test_trouble_at_the_hub(
    serve: Serve, sandbox: Sandbox, status: int, told_as: int, waits: str | None
) -> None:
    headers = {"Retry-After": "3600"} if status == 429 else {}
    sandbox.faults.add(match="/v2/auth/token", status=status, body='{"detail": "because"}', headers=headers)
    async with serve() as web:
        for _ in range(2):
            answer = await request_account_report(web, of(basic, sandbox, "owner"))
            assert answer.status_code == told_as, answer.text
            assert "sign" in answer.json()["error"]["message"]
            assert answer.headers.get("retry-after") == waits
        sandbox.faults.clear()
        answer = await request_account_report(web, of(basic, sandbox, "owner"))
        assert answer.status_code == told_as, "the secret is not sent again at once"
        assert sandbox.login_count == 1
        assert (await request_account_report(web, of(basic, sandbox, "outsider"))).status_code == 200


async def test_no_hub_at_all(sandbox: Sandbox) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        environment = {"DOCKERHUB_API_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        async with served(environment=environment, identity="request") as web:
            answer = await request_account_report(web, of(basic, sandbox, "owner"))
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert "could not be reached" in answer.json()["error"]["message"]
            assert "sandbox-password" not in answer.text


# --- calls cannot change the account ---


@pytest.mark.parametrize("identity", ["server", "request"])
async def test_sign_in_tools_only_report(
    serve: Serve, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, identity: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="dockerhub_mcp")
    caplog.set_level(logging.WARNING)  # the log level that the program sets for libraries
    owner, outsider = sandbox.get_identity("owner"), sandbox.get_identity("outsider")
    own = identity == "server"
    environment = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": owner.secret} if own else {}
    headers = {} if own else of(basic, sandbox, "owner")
    answers = []
    async with serve(environment, identity=identity, toolsets="all") as web:
        for tool in ("create_auth_token", "login"):
            assert parse_account_report(await call_successfully(web, call(tool), headers)) == (
                "ada",
                "password",
            )
            names = ("identifier", "secret") if tool == "create_auth_token" else ("username", "password")
            for given in (
                dict(zip(names, (outsider.username, outsider.secret), strict=True)),
                dict(zip(names, ("ada", owner.secret), strict=True)),
                {names[1]: outsider.secret},
                {names[0]: outsider.username, names[1]: [outsider.secret]},
                {names[0]: outsider.username, names[1].upper(): outsider.secret},
            ):
                answers += [await call_with_tool_error(web, call(tool, **given), headers)]
            assert "accepts no secret from a call" in answers[-5]
        for code in ({"code": "491827"}, {"code": "491827", "login_2fa_token": outsider.secret}):
            given = dict[str, Any](code)
            answers += [await call_with_tool_error(web, call("complete_2fa_login", **given), headers)]
        assert await get_account(web, headers) == ("ada", "password")
        async with web.client(mode="legacy", **headers) as client:
            arguments = {"identifier": outsider.username, "secret": outsider.secret}
            answers.append(text_of(await client.call_tool("create_auth_token", arguments)))
    assert sandbox.login_count == 1
    for text in (*answers, format_log_records(caplog.records)):
        for secret in (outsider.secret, owner.secret, "491827"):
            assert secret not in text


async def test_secrets_of_requests_are_in_no_log_and_no_answer(
    serve: Serve, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="dockerhub_mcp")
    wrong = "wrong-password-of-ada"
    texts = []
    async with serve() as web:
        for headers in (
            of(basic, sandbox, "owner"),
            of(plainly, sandbox, "two-factor"),
            of(basic, sandbox, "owner-pat"),
            basic("ada", wrong),
            {"x-dockerhub-token": wrong},
            of(plainly, sandbox, "owner") | {"x-mcp-access": "root"},
        ):
            for message in (modern("tools/list"), call("get_repository", namespace="ada", repository="none")):
                answer = await post_message(web, message, headers)
                texts.append(f"{answer.headers} {answer.text}")
        url = f"{web.url}/sse"
        async with Client(sse_client(url, headers=of(basic, sandbox, "owner")), mode="legacy") as client:
            await client.list_tools()
    texts.append(format_log_records(caplog.records))
    assert "the Hub rejected an account" in texts[-1]
    for name in ("owner", "two-factor", "owner-pat"):
        whom = sandbox.get_identity(name)
        for secret in (whom.secret, basic(whom.username, whom.secret)["authorization"].split()[1]):
            assert not any(secret in text for text in texts)
    for secret in (wrong, basic("ada", wrong)["authorization"].split()[1]):
        assert not any(secret in text for text in texts)


# --- caching ---


@pytest.fixture
def identities(make_hub: MakeHub, clock: Clock) -> AccountPool:
    return create_pool(make_hub, clock)


def create_pool(make_hub: MakeHub, clock: Clock, **options: Any) -> AccountPool:
    guard = SignInGuard(clock=clock)

    def make(credentials: Credentials) -> Hub:
        return make_hub(credentials=credentials, fixed_identity=True, sign_in_guard=guard)

    return AccountPool(make, clock=clock, **({"max_accounts": 3, "idle_timeout": 900.0} | options))


async def hub_of(identities: AccountPool, sandbox: Sandbox, name: str) -> Hub:
    whom = sandbox.get_identity(name)
    return await identities.get_hub(whom.username, whom.secret)


async def test_what_is_kept_signs_in_once(identities: AccountPool, sandbox: Sandbox) -> None:
    hubs = await asyncio.gather(*(hub_of(identities, sandbox, "owner") for _ in range(20)))
    assert sandbox.login_count == 1
    assert len({id(hub) for hub in hubs}) == 1
    assert (await hub_of(identities, sandbox, "owner-pat")) is not hubs[0]
    assert (len(identities), sandbox.login_count) == (2, 2)


async def test_the_least_recently_used_goes(identities: AccountPool, sandbox: Sandbox) -> None:
    owner = await hub_of(identities, sandbox, "owner")
    outsider = await hub_of(identities, sandbox, "outsider")
    for name in ("member", "owner", "reader-pat"):
        await hub_of(identities, sandbox, name)
    assert (len(identities), sandbox.login_count) == (3, 4)
    assert await hub_of(identities, sandbox, "owner") is owner
    assert sandbox.login_count == 4
    again = await hub_of(identities, sandbox, "outsider")
    assert again is not outsider
    assert (len(identities), sandbox.login_count) == (3, 5)
    assert (await owner.send(JOURNAL)).name == "journal", "a call that is under way goes on"


async def test_what_is_not_used_goes(identities: AccountPool, sandbox: Sandbox, clock: Clock) -> None:
    await hub_of(identities, sandbox, "owner")
    clock.time += 600
    await hub_of(identities, sandbox, "outsider")
    clock.time += 200
    await hub_of(identities, sandbox, "owner")
    clock.time += 701
    identities.evict_expired()
    assert len(identities) == 1
    await hub_of(identities, sandbox, "owner")
    assert sandbox.login_count == 2
    clock.time += 901
    await hub_of(identities, sandbox, "owner")
    assert (len(identities), sandbox.login_count) == (1, 3)


async def test_a_refused_one_is_not_sent_again_until_the_secret_changes(
    identities: AccountPool, sandbox: Sandbox, clock: Clock
) -> None:
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_grace")
    token.is_active = False
    for _ in range(8):
        with pytest.raises(SignInRefused):
            await hub_of(identities, sandbox, "two-factor-pat")
        clock.time += 300
    assert (len(identities), sandbox.login_count) == (0, 1)
    token.is_active, token.secret = True, "dckr_pat_sandbox_grace_renewed"
    await identities.get_hub("grace", token.secret)
    assert (len(identities), sandbox.login_count) == (1, 2)


async def test_one_that_is_no_longer_good_is_dropped(
    identities: AccountPool, sandbox: Sandbox, clock: Clock
) -> None:
    private = GetRepository(namespace="acme", repository="storefront")
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_grace")
    hub = await hub_of(identities, sandbox, "two-factor-pat")
    assert (await hub.send(private)).is_private
    token.is_active = False
    with pytest.raises(NotFound, match="anonymous"):
        await hub.send(private)
    assert sandbox.login_count == 2
    for _ in range(3):
        with pytest.raises(SignInRefused):
            await hub_of(identities, sandbox, "two-factor-pat")
        clock.time += 15
    assert (len(identities), sandbox.login_count) == (0, 2)
    token.is_active, token.secret = True, "dckr_pat_sandbox_grace_renewed"
    hub = await identities.get_hub("grace", token.secret)
    assert (await hub.send(private)).is_private


async def test_one_whose_sign_in_fails_for_a_while_is_kept(
    identities: AccountPool, sandbox: Sandbox, clock: Clock
) -> None:
    hub = await hub_of(identities, sandbox, "owner")
    sandbox.revoke_bearer_tokens()
    sandbox.faults.add(match="/v2/auth/token", status=503)
    assert (await hub.send(GetRepository(repository="redis"))).name == "redis"
    assert isinstance(hub.credential_error, SignInUnavailable)
    assert await hub_of(identities, sandbox, "owner") is hub
    sandbox.faults.clear()
    clock.time += 5
    assert (await hub.send(JOURNAL)).name == "journal"


async def test_trouble_of_the_hub_is_no_refusal(identities: AccountPool, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=503, times=1)
    sandbox.faults.add(match="/v2/auth/token", status=403, times=1)
    for identity in ("owner", "owner-pat"):
        for _ in range(2):
            with pytest.raises(SignInUnavailable):
                await hub_of(identities, sandbox, identity)
    assert sandbox.login_count == 2
    await hub_of(identities, sandbox, "outsider")


async def test_a_cancelled_check_does_not_cancel_the_others(
    identities: AccountPool, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=0.2)
    first = asyncio.create_task(hub_of(identities, sandbox, "owner"))
    for _ in range(1000):
        if sandbox.requests:
            break
        await asyncio.sleep(0.01)
    others = [asyncio.create_task(hub_of(identities, sandbox, "owner")) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    hubs = await asyncio.gather(*others)
    assert len({id(hub) for hub in hubs}) == 1
    assert not identities._pending_sign_ins
    assert (await hubs[0].send(JOURNAL)).name == "journal"


def test_what_an_account_is_known_by(make_hub: MakeHub, clock: Clock) -> None:
    one, other = create_pool(make_hub, clock), create_pool(make_hub, clock)
    assert one.derive_account_key("ada", "secret") == one.derive_account_key("ada", "secret")
    assert (
        len(
            {
                one.derive_account_key("ada", "secret"),
                one.derive_account_key("ad", "asecret"),
                one.derive_account_key("adas", "ecret"),
            }
        )
        == 3
    )
    assert one.derive_account_key("ada", "secret") != other.derive_account_key("ada", "secret"), (
        "nobody can find it out by trying"
    )
    shared = [
        create_pool(make_hub, clock, hash_key=b"k" * 32).derive_account_key("ada", "secret") for _ in range(2)
    ]
    assert shared[0] == shared[1], "processes that share a key know an account by the same"
    assert create_pool(make_hub, clock, hash_key=b"l" * 32).derive_account_key("ada", "secret") != shared[0]
    assert one.derive_account_key("ada", "\udcff"), "whatever a header holds"


async def test_the_server_keeps_at_most_max_identities_accounts(serve: Serve, sandbox: Sandbox) -> None:
    async with serve(max_identities="1") as web:
        for name in ("owner", "owner", "outsider", "owner"):
            assert (await get_account(web, of(basic, sandbox, name)))[0] == sandbox.get_identity(
                name
            ).username
    assert sandbox.login_count == 3


# --- isolation of accounts ---


async def test_a_session_is_one_account_s_own(serve: Serve, sandbox: Sandbox) -> None:
    environment = {"DOCKERHUB_MCP_AUTH_TOKEN": TOKEN}
    message = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    async with serve(environment, sessions=True) as web:
        owner, outsider = (of(with_bearer, sandbox, name) for name in ("owner", "outsider"))
        async with web.http(**BOTH) as http:
            first = await http.post("/mcp", json=INITIALIZE, headers=owner)
            session = {"mcp-session-id": first.headers["mcp-session-id"]}
            for headers, status in ((outsider, 404), (bearer(TOKEN), 404), (owner, 200)):
                answer = await http.post("/mcp", json=message, headers=headers | session)
                assert answer.status_code == status
            nobody = {"mcp-session-id": await new_session(web, TOKEN)}
            assert (await http.post("/mcp", json=message, headers=owner | nobody)).status_code == 404
            async with open_sse_stream(web, owner) as where:
                for headers, status in ((outsider, 404), (bearer(TOKEN), 404), (owner, 202)):
                    assert (await http.post(where, json=message, headers=headers)).status_code == status


async def test_an_answer_counts_for_the_account_that_was_asked(serve: Serve, sandbox: Sandbox) -> None:
    options: dict[str, Any] = {"client": {"elicitation_callback": Person()}}
    async with serve(toolsets="all") as web, AsyncExitStack() as stack:
        owner, outsider, other_secret = [
            await stack.enter_async_context(web.client(**options, **of(basic, sandbox, name)))
            for name in ("owner", "outsider", "owner-pat")
        ]
        waiting = await first_round(owner, DELETE)
        for somebody in (outsider, other_secret):
            with pytest.raises(MCPError, match="Invalid or expired requestState") as caught:
                await second_round(somebody, DELETE, waiting.request_state)
            assert caught.value.error.code == INVALID_PARAMS
        assert has_latest(sandbox)
        done = await second_round(owner, DELETE, waiting.request_state)
        assert isinstance(done, CallToolResult)
        assert not done.is_error
    assert not has_latest(sandbox)


@asynccontextmanager
async def connect_every_transport(web: Running, headers: Headers) -> AsyncIterator[list[Client]]:
    """Connect with both protocol versions and over HTTP+SSE."""
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(web.client(mode=mode, **headers))
            for mode in ("2026-07-28", "legacy")
        ]
        transport = sse_client(f"{web.url}/sse", headers=headers)
        clients.append(await stack.enter_async_context(Client(transport, mode="legacy")))
        yield clients


async def call_as_account(client: Client, step: int, username: str, own: str, foreign: list[str]) -> None:
    """Make one of several calls, and check that it used the expected account."""
    if step == 0:
        result = await client.call_tool("create_auth_token", {})
        assert parse_account_report(text_of(result)) == (username, "password")
    elif step == 1:
        result = await client.call_tool("get_repository", {"repository": own})
        assert not result.is_error, text_of(result)
        assert extract_field(text_of(result), "name") == own.split("/")[1]
    elif step == 2:
        for other in foreign:
            result = await client.call_tool("get_repository", {"repository": other})
            assert result.is_error, f"{username} sees {other}"
            assert f"No repository {other} is visible to {username} " in text_of(result)
    else:
        for namespace in ("ada", "mallory", "acme"):
            result = await client.call_tool("list_repositories", {"namespace": namespace, "page_size": 100})
            assert (own.split("/")[1] in text_of(result)) is own.startswith(namespace)
            assert not any(other.split("/")[1] in text_of(result) for other in foreign)


@pytest.mark.parametrize(
    ("options", "calls"),
    [({}, 48), ({"sessions": True}, 24), ({"max_identities": "1"}, 24)],
    ids=["stateless", "sessions", "thrashing"],
)
async def test_accounts_never_see_what_is_another_s(options: dict[str, Any], calls: int) -> None:
    sandbox = Sandbox(signed_in_limit=None, anonymous_limit=None)
    repositories = sandbox.state.repositories
    repositories["mallory", "diary"] = replace(
        repositories["ada", "journal"], namespace="mallory", name="diary"
    )
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    hub = asyncio.create_task(serve_async(sandbox, port=0, on_ready=ready.set_result))
    environment = {"DOCKERHUB_API_URL": await asyncio.wait_for(ready, 10)}

    async def busy(web: Running, name: str, own: str, foreign: list[str]) -> int:
        username = sandbox.get_identity(name).username
        places = asyncio.Semaphore(16)
        async with connect_every_transport(web, of(basic, sandbox, name)) as clients:

            async def one(number: int) -> None:
                async with places:
                    await call_as_account(clients[number % 3], number % 4, username, own, foreign)

            done = await asyncio.gather(*(one(number) for number in range(calls)))
        return len(done)

    async with served(environment=environment, identity="request", access="admin", **options) as web:
        one, other = await asyncio.gather(
            busy(web, "owner", "ada/journal", ["mallory/diary"]),
            busy(web, "outsider", "mallory/diary", ["ada/journal", "acme/incident-kit"]),
        )
    assert (one, other) == (calls, calls)
    if "max_identities" in options:
        assert sandbox.login_count > 4, "each drove the other out"
    else:
        assert sandbox.login_count == 2
    hub.cancel()
    await asyncio.wait({hub})
