import httpx2 as httpx
import jwt

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

TOKEN, LOGIN, SECOND = "/v2/auth/token", "/v2/users/login", "/v2/users/2fa-login"
CLAIM = "https://hub.docker.com"
PUBLIC = "/v2/namespaces/library/repositories/redis"


async def exchange_secret(client: httpx.AsyncClient, identifier: str, secret: str) -> httpx.Response:
    return await client.post(TOKEN, json={"identifier": identifier, "secret": secret})


async def request_ticket(client: httpx.AsyncClient) -> str:
    response = await exchange_secret(client, "grace", "sandbox-password-grace")
    found = response.json()["login_2fa_token"]
    assert isinstance(found, str)
    return found


async def test_a_secret_is_exchanged_for_a_bearer_token_valid_for_ten_minutes(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float]
) -> None:
    for name, source in [
        ("owner", "docker_password"),
        ("member", "docker_password"),
        ("outsider", "docker_password"),
        ("owner-pat", "docker_pat"),
        ("reader-pat", "docker_pat"),
        ("two-factor-pat", "docker_pat"),
        ("org-token", "docker_oat"),
        ("org-token-narrow", "docker_oat"),
    ]:
        identity = sandbox.get_identity(name)
        response = await exchange_secret(client, identity.username, identity.secret)
        assert response.status_code == 200, (name, source)
        assert list(response.json()) == ["access_token"], (name, source)
        claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
        assert claims["exp"] == int(clock[0] + 600), (name, source)
        assert {"iat", "iss", "sub", "aud", "jti", "scope"} <= set(claims), (name, source)
        assert claims[CLAIM]["username"] == identity.username, (name, source)
        assert claims[CLAIM]["source"].partition("|")[0] == source, (name, source)
        assert {"uuid", "session_id"} <= set(claims[CLAIM]), (name, source)


async def test_the_claims_of_a_personal_access_token(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await exchange_secret(client, "linus", "dckr_pat_sandbox_reader")
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["iss"]) == (CLAIM, "https://api.docker.com/")
    assert (claims["scope"], claims["exp"] - claims["iat"]) == ("repo:read", 600)
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_reader")
    account = claims[CLAIM]
    assert account["source"] == f"docker_pat|{token.uuid}"
    assert (account["username"], account["email"]) == ("linus", "linus@example.com")


async def test_an_email_address_is_a_bad_request_and_locks_nothing(client: httpx.AsyncClient) -> None:
    for _ in range(6):
        refused = await exchange_secret(client, "ada@example.com", "sandbox-password-ada")
        assert (refused.status_code, list(refused.json())) == (400, ["detail"])
    body = {"username": "ada@example.com", "password": "sandbox-password-ada"}
    assert (await client.post(LOGIN, json=body)).status_code == 400
    assert (await exchange_secret(client, "ada", "sandbox-password-ada")).status_code == 200


async def test_only_organization_access_tokens_log_in_to_an_organization(client: httpx.AsyncClient) -> None:
    for secret, detail in [
        ("sandbox-password-ada", "Cannot log into an organization account"),
        ("dckr_pat_sandbox_admin", "Cannot log into an organization account"),
        ("dckr_oat_of_another_organization", "Incorrect authentication credentials"),
    ]:
        refused = await exchange_secret(client, "acme", secret)
        assert (refused.status_code, refused.json()) == (401, {"detail": detail}), secret


async def test_expired_and_inactive_tokens_are_rejected(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for name in ["expired-pat", "inactive-pat"]:
        identity = sandbox.get_identity(name)
        response = await exchange_secret(client, identity.username, identity.secret)
        assert response.status_code == 401, name
        assert response.json() == {"detail": "Incorrect authentication credentials"}, name


async def test_a_token_stops_working_when_it_expires(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float]
) -> None:
    identity = sandbox.get_identity("owner-pat")
    token = next(t for t in sandbox.state.personal_access_tokens if t.secret == identity.secret)
    token.expires_at = clock[0] + 60
    assert (await exchange_secret(client, identity.username, identity.secret)).status_code == 200
    clock[0] += 60
    assert (await exchange_secret(client, identity.username, identity.secret)).status_code == 401


async def test_a_secret_is_valid_only_for_its_own_account(client: httpx.AsyncClient) -> None:
    for identifier, secret in [
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("acme", "sandbox-password-ada"),
        ("ada", "dckr_oat_sandbox_acme"),
        ("ada", "dckr_pat_sandbox_reader"),
        ("acme", "dckr_pat_sandbox_admin"),
    ]:
        assert (await exchange_secret(client, identifier, secret)).status_code == 401, (identifier, secret)


async def test_an_incomplete_exchange_is_a_bad_request(client: httpx.AsyncClient) -> None:
    for body in [
        {},
        {"identifier": "ada"},
        {"identifier": "ada", "secret": ""},
        {"identifier": 1, "secret": 2},
        [],
    ]:
        assert (await client.post(TOKEN, json=body)).status_code == 400, body


async def test_a_body_that_is_not_json_is_a_bad_request(client: httpx.AsyncClient) -> None:
    assert (await client.post(TOKEN, content=b"{")).status_code == 400


async def test_five_failures_lock_the_account_for_ten_minutes(
    client: httpx.AsyncClient, clock: list[float]
) -> None:
    for _ in range(5):
        assert "Incorrect" in (await exchange_secret(client, "ada", "wrong")).json()["detail"]
    locked = await exchange_secret(client, "ada", "sandbox-password-ada")
    assert locked.status_code == 429
    assert "Too many failed login attempts" in locked.json()["detail"]
    assert "retry-after" not in locked.headers
    assert (
        await client.post(LOGIN, json={"username": "ada", "password": "sandbox-password-ada"})
    ).status_code == 429
    assert (await exchange_secret(client, "linus", "sandbox-password-linus")).status_code == 200
    clock[0] += 599
    assert (await exchange_secret(client, "ada", "sandbox-password-ada")).status_code == 429
    clock[0] += 1
    assert (await exchange_secret(client, "ada", "sandbox-password-ada")).status_code == 200


async def test_a_successful_login_resets_the_failures(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        for _ in range(4):
            await exchange_secret(client, "ada", "wrong")
        assert (await exchange_secret(client, "ada", "sandbox-password-ada")).status_code == 200


async def test_a_login_with_a_second_factor_has_two_steps(client: httpx.AsyncClient) -> None:
    for route in [TOKEN, LOGIN]:
        fields = ("identifier", "secret") if route == TOKEN else ("username", "password")
        asked = await client.post(
            route, json=dict(zip(fields, ("grace", "sandbox-password-grace"), strict=True))
        )
        assert asked.status_code == 401, route
        assert asked.json()["detail"] == "Require secondary authentication on MFA enabled account", route
        body = {"login_2fa_token": asked.json()["login_2fa_token"], "code": "012345"}
        response = await client.post(SECOND, json=body)
        assert response.status_code == 200, route
        headers = {"Authorization": f"Bearer {response.json()['token']}"}
        assert (await client.get("/v2/access-tokens", headers=headers)).status_code == 200, route


async def test_a_ticket_is_valid_once_even_after_a_wrong_code(client: httpx.AsyncClient) -> None:
    found = await request_ticket(client)
    wrong = await client.post(SECOND, json={"login_2fa_token": found, "code": "999999"})
    assert (wrong.status_code, list(wrong.json())) == (401, ["detail"])
    again = await client.post(SECOND, json={"login_2fa_token": found, "code": "012345"})
    assert again.status_code == 401


async def test_a_code_without_its_leading_zero_is_wrong(client: httpx.AsyncClient) -> None:
    body = {"login_2fa_token": await request_ticket(client), "code": "12345"}
    assert (await client.post(SECOND, json=body)).status_code == 401


async def test_a_ticket_expires_after_five_minutes(client: httpx.AsyncClient, clock: list[float]) -> None:
    early, late = await request_ticket(client), await request_ticket(client)
    clock[0] += 299
    assert (await client.post(SECOND, json={"login_2fa_token": early, "code": "012345"})).status_code == 200
    clock[0] += 1
    assert (await client.post(SECOND, json={"login_2fa_token": late, "code": "012345"})).status_code == 401


async def test_wrong_codes_lock_the_account_too(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await client.post(SECOND, json={"login_2fa_token": await request_ticket(client), "code": "999999"})
    assert (
        "Too many failed"
        in (await exchange_secret(client, "grace", "sandbox-password-grace")).json()["detail"]
    )


async def test_the_older_login_returns_a_refresh_token_on_request(
    client: httpx.AsyncClient,
) -> None:
    body = {"username": "ada", "password": "sandbox-password-ada"}
    assert list((await client.post(LOGIN, json=body)).json()) == ["token"]
    asked = await client.post(LOGIN, params={"refresh_token": "true"}, json=body)
    assert list(asked.json()) == ["token", "refresh_token"]


async def test_the_older_login_rejects_organizations(client: httpx.AsyncClient) -> None:
    response = await client.post(LOGIN, json={"username": "acme", "password": "dckr_oat_sandbox_acme"})
    assert response.status_code == 401
    assert response.json() == {"detail": "Cannot log into an organization account"}


async def test_successful_and_failed_logins_are_counted(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await exchange_secret(client, "ada", "wrong")
    await exchange_secret(client, "ada", "sandbox-password-ada")
    await client.post(LOGIN, json={"username": "acme", "password": "x"})
    await client.get(PUBLIC)
    assert sandbox.login_count == 3


async def test_the_last_use_of_a_token_is_recorded(
    client: httpx.AsyncClient, sandbox: Sandbox, clock: list[float]
) -> None:
    for name in ("reader-pat", "org-token"):
        identity = sandbox.get_identity(name)
        await exchange_secret(client, identity.username, identity.secret)
    personal = next(t for t in sandbox.state.personal_access_tokens if t.secret == "dckr_pat_sandbox_reader")
    organization = sandbox.state.organizations["acme"].access_tokens[0]
    assert personal.last_used_at == organization.last_used_at == clock[0]


async def test_both_authorization_schemes_are_accepted(client: httpx.AsyncClient) -> None:
    bearer = (await exchange_secret(client, "ada", "sandbox-password-ada")).json()["access_token"]
    for scheme in ("Bearer", "JWT", "bearer"):
        response = await client.get("/v2/access-tokens", headers={"Authorization": f"{scheme} {bearer}"})
        assert response.status_code == 200


async def test_an_invalid_bearer_token_is_rejected_even_for_public_reads(client: httpx.AsyncClient) -> None:
    for header in [
        "Bearer",
        "Bearer x.y.z",
        "Bearer dckr_pat_sandbox_admin",
        "Bearer dckr_oat_sandbox_acme",
        "Basic YTpi",
        "",
    ]:
        assert (await client.get(PUBLIC)).status_code == 200, header
        assert (await client.get(PUBLIC, headers={"Authorization": header})).status_code == 401, header


async def test_a_forged_bearer_token_is_rejected(client: httpx.AsyncClient) -> None:
    real = (await exchange_secret(client, "ada", "sandbox-password-ada")).json()["access_token"]
    claims = jwt.decode(real, options={"verify_signature": False})
    for key, algorithm in (("k" * 32, "HS256"), ("", "none")):
        forged = jwt.encode(claims, key, algorithm=algorithm)
        response = await client.get(PUBLIC, headers={"Authorization": f"Bearer {forged}"})
        assert response.status_code == 401


async def test_a_bearer_token_expires_by_the_clock_of_the_sandbox(
    request_as: RequestAs, clock: list[float]
) -> None:
    assert (await request_as("owner", "GET", "/v2/access-tokens")).status_code == 200
    clock[0] += 599
    assert (await request_as("owner", "GET", "/v2/access-tokens")).status_code == 200
    clock[0] += 1
    assert (await request_as("owner", "GET", "/v2/access-tokens")).status_code == 401


async def test_the_lifetime_of_bearer_tokens_is_configurable() -> None:
    sandbox = Sandbox(token_lifetime=5)
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await exchange_secret(client, "ada", "sandbox-password-ada")
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] in {5, 6}


async def test_bearer_tokens_of_deleted_accounts_are_rejected(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    assert (await request_as("outsider", "GET", PUBLIC)).status_code == 200
    del sandbox.state.users["mallory"]
    assert (await request_as("outsider", "GET", PUBLIC)).status_code == 401
    assert (await request_as("org-token", "GET", PUBLIC)).status_code == 200
    sandbox.state.organizations["acme"].access_tokens.clear()
    assert (await request_as("org-token", "GET", PUBLIC)).status_code == 401
