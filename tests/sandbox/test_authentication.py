from collections.abc import Awaitable, Callable

import httpx2 as httpx
import jwt
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
TOKEN, LOGIN, SECOND = "/v2/auth/token", "/v2/users/login", "/v2/users/2fa-login"
CLAIM = "https://hub.docker.com"
PUBLIC = "/v2/namespaces/library/repositories/redis"


async def exchange(client: httpx.AsyncClient, identifier: str, secret: str) -> httpx.Response:
    return await client.post(TOKEN, json={"identifier": identifier, "secret": secret})


async def ticket(client: httpx.AsyncClient) -> str:
    answer = await exchange(client, "grace", "sandbox-password-grace")
    found = answer.json()["login_2fa_token"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("owner", "docker_password"),
        ("member", "docker_password"),
        ("outsider", "docker_password"),
        ("owner-pat", "docker_pat"),
        ("reader-pat", "docker_pat"),
        ("two-factor-pat", "docker_pat"),
        ("org-token", "docker_oat"),
        ("org-token-narrow", "docker_oat"),
    ],
)
async def test_a_secret_is_exchanged_for_a_bearer_that_lives_ten_minutes(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float], name: str, source: str
) -> None:
    who = sandbox.get_identity(name)
    answer = await exchange(client, who.username, who.secret)
    assert answer.status_code == 200
    assert list(answer.json()) == ["access_token"]
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["exp"] == int(clock[0] + 600)
    assert {"iat", "iss", "sub", "aud", "jti", "scope"} <= set(claims)
    assert claims[CLAIM]["username"] == who.username
    assert claims[CLAIM]["source"] == source
    assert {"uuid", "session_id"} <= set(claims[CLAIM])


@pytest.mark.parametrize("name", ["expired-pat", "inactive-pat"])
async def test_tokens_out_of_use_are_refused(client: httpx.AsyncClient, sandbox: Sandbox, name: str) -> None:
    who = sandbox.get_identity(name)
    answer = await exchange(client, who.username, who.secret)
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Incorrect authentication credentials"}


async def test_a_token_stops_working_when_it_expires(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float]
) -> None:
    who = sandbox.get_identity("owner-pat")
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == who.secret)
    token.expires_at = clock[0] + 60
    assert (await exchange(client, who.username, who.secret)).status_code == 200
    clock[0] += 60
    assert (await exchange(client, who.username, who.secret)).status_code == 401


@pytest.mark.parametrize(
    ("identifier", "secret"),
    [
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("acme", "sandbox-password-ada"),
        ("ada", "dckr_oat_sandbox_acme"),
        ("ada", "dckr_pat_sandbox_reader"),
        ("acme", "dckr_pat_sandbox_admin"),
    ],
)
async def test_a_secret_only_works_with_its_own_name(
    client: httpx.AsyncClient, identifier: str, secret: str
) -> None:
    assert (await exchange(client, identifier, secret)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"identifier": "ada"}, {"identifier": "ada", "secret": ""}, {"identifier": 1, "secret": 2}, []],
)
async def test_an_incomplete_exchange_is_a_bad_request(client: httpx.AsyncClient, body: object) -> None:
    assert (await client.post(TOKEN, json=body)).status_code == 400


async def test_a_body_that_is_no_json_is_a_bad_request(client: httpx.AsyncClient) -> None:
    assert (await client.post(TOKEN, content=b"{")).status_code == 400


async def test_five_failures_lock_the_name_for_ten_minutes(
    client: httpx.AsyncClient, clock: list[float]
) -> None:
    for _ in range(5):
        assert "Incorrect" in (await exchange(client, "ada", "wrong")).json()["detail"]
    locked = await exchange(client, "ada", "sandbox-password-ada")
    assert locked.status_code == 401
    assert "Too many failed" in locked.json()["detail"]
    assert (
        await client.post(LOGIN, json={"username": "ada", "password": "sandbox-password-ada"})
    ).status_code == 401
    assert (await exchange(client, "linus", "sandbox-password-linus")).status_code == 200
    clock[0] += 599
    assert (await exchange(client, "ada", "sandbox-password-ada")).status_code == 401
    clock[0] += 1
    assert (await exchange(client, "ada", "sandbox-password-ada")).status_code == 200


async def test_a_success_forgets_earlier_failures(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(4):
            await exchange(client, "ada", "wrong")
        assert (await exchange(client, "ada", "sandbox-password-ada")).status_code == 200


@pytest.mark.parametrize("route", [TOKEN, LOGIN])
async def test_a_second_factor_is_asked_for_and_taken(client: httpx.AsyncClient, route: str) -> None:
    fields = ("identifier", "secret") if route == TOKEN else ("username", "password")
    asked = await client.post(route, json=dict(zip(fields, ("grace", "sandbox-password-grace"), strict=True)))
    assert asked.status_code == 401
    assert asked.json()["detail"] == "Require secondary authentication on MFA enabled account"
    body = {"login_2fa_token": asked.json()["login_2fa_token"], "code": "012345"}
    answer = await client.post(SECOND, json=body)
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await client.get("/v2/access-tokens", headers=headers)).status_code == 200


async def test_a_ticket_is_good_once_even_after_a_wrong_code(client: httpx.AsyncClient) -> None:
    found = await ticket(client)
    wrong = await client.post(SECOND, json={"login_2fa_token": found, "code": "999999"})
    assert (wrong.status_code, list(wrong.json())) == (401, ["detail"])
    again = await client.post(SECOND, json={"login_2fa_token": found, "code": "012345"})
    assert again.status_code == 401


async def test_a_code_without_its_leading_zero_is_wrong(client: httpx.AsyncClient) -> None:
    body = {"login_2fa_token": await ticket(client), "code": "12345"}
    assert (await client.post(SECOND, json=body)).status_code == 401


async def test_a_ticket_expires_after_five_minutes(client: httpx.AsyncClient, clock: list[float]) -> None:
    early, late = await ticket(client), await ticket(client)
    clock[0] += 299
    assert (await client.post(SECOND, json={"login_2fa_token": early, "code": "012345"})).status_code == 200
    clock[0] += 1
    assert (await client.post(SECOND, json={"login_2fa_token": late, "code": "012345"})).status_code == 401


async def test_wrong_codes_lock_the_name_too(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await client.post(SECOND, json={"login_2fa_token": await ticket(client), "code": "999999"})
    assert "Too many failed" in (await exchange(client, "grace", "sandbox-password-grace")).json()["detail"]


async def test_the_older_login_answers_a_token_and_a_refresh_token_when_asked(
    client: httpx.AsyncClient,
) -> None:
    body = {"username": "ada", "password": "sandbox-password-ada"}
    assert list((await client.post(LOGIN, json=body)).json()) == ["token"]
    asked = await client.post(LOGIN, params={"refresh_token": "true"}, json=body)
    assert list(asked.json()) == ["token", "refresh_token"]


async def test_the_older_login_refuses_organizations(client: httpx.AsyncClient) -> None:
    answer = await client.post(LOGIN, json={"username": "acme", "password": "dckr_oat_sandbox_acme"})
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Cannot log into an organization account"}


async def test_logins_are_counted_whether_they_succeed_or_not(
    client: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await exchange(client, "ada", "wrong")
    await exchange(client, "ada", "sandbox-password-ada")
    await client.post(LOGIN, json={"username": "acme", "password": "x"})
    await client.get(PUBLIC)
    assert sandbox.login_count == 3


async def test_using_a_token_is_remembered(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float]
) -> None:
    for name in ("reader-pat", "org-token"):
        who = sandbox.get_identity(name)
        await exchange(client, who.username, who.secret)
    personal = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_reader")
    organization = sandbox.state.organizations["acme"].access_tokens[0]
    assert personal.last_used_at == organization.last_used_at == clock[0]


async def test_both_schemes_of_the_header_are_understood(client: httpx.AsyncClient) -> None:
    bearer = (await exchange(client, "ada", "sandbox-password-ada")).json()["access_token"]
    for scheme in ("Bearer", "JWT", "bearer"):
        answer = await client.get("/v2/access-tokens", headers={"Authorization": f"{scheme} {bearer}"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer x.y.z",
        "Bearer dckr_pat_sandbox_admin",
        "Bearer dckr_oat_sandbox_acme",
        "Basic YTpi",
        "",
    ],
)
async def test_a_bad_bearer_is_refused_even_for_public_reads(client: httpx.AsyncClient, header: str) -> None:
    assert (await client.get(PUBLIC)).status_code == 200
    assert (await client.get(PUBLIC, headers={"Authorization": header})).status_code == 401


async def test_a_forged_bearer_is_refused(client: httpx.AsyncClient) -> None:
    real = (await exchange(client, "ada", "sandbox-password-ada")).json()["access_token"]
    claims = jwt.decode(real, options={"verify_signature": False})
    for key, algorithm in (("k" * 32, "HS256"), ("", "none")):
        forged = jwt.encode(claims, key, algorithm=algorithm)
        answer = await client.get(PUBLIC, headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


async def test_a_bearer_expires_by_the_clock_of_the_sandbox(ask: Ask, clock: list[float]) -> None:
    assert (await ask("owner", "GET", "/v2/access-tokens")).status_code == 200
    clock[0] += 599
    assert (await ask("owner", "GET", "/v2/access-tokens")).status_code == 200
    clock[0] += 1
    assert (await ask("owner", "GET", "/v2/access-tokens")).status_code == 401


async def test_the_lifetime_of_bearers_can_be_set() -> None:
    sandbox = Sandbox(token_lifetime=5)
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await exchange(client, "ada", "sandbox-password-ada")
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] in {5, 6}


async def test_bearers_of_accounts_that_are_gone_are_refused(ask: Ask, sandbox: Sandbox) -> None:
    assert (await ask("outsider", "GET", PUBLIC)).status_code == 200
    del sandbox.state.users["mallory"]
    assert (await ask("outsider", "GET", PUBLIC)).status_code == 401
    assert (await ask("org-token", "GET", PUBLIC)).status_code == 200
    sandbox.state.organizations["acme"].access_tokens.clear()
    assert (await ask("org-token", "GET", PUBLIC)).status_code == 401
