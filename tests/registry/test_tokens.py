"""Tokens: the challenge, the account, the cache, and secrets that are refused."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.auth.sign_in_guard import MAX_FAILURES, SignInGuard
from dockerhub_mcp.hub.errors import (
    Forbidden,
    HubError,
    HubUnavailable,
    InvalidRequest,
    NotFound,
    RateLimited,
    SignInError,
    SignInLocked,
    SignInRefused,
    SignInUnavailable,
    Unauthorized,
    UnexpectedAnswer,
)
from dockerhub_mcp.registry import RegistryClient
from dockerhub_mcp.registry.auth.challenge import Challenge, check_realm, parse_challenge
from tests.support.fake_registry import AUTH, REGISTRY, FakeRegistry, make_jwt

SECRET = "dckr_pat_correct-secret-of-ada"
WRONG = "dckr_pat_wrong-secret-of-ada"


async def head(client: RegistryClient, repository: str = "acme/api", tag: str = "1.0") -> str:
    return (await client.start_session().head_manifest(repository, tag)).digest


def basic(name: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"


# The challenge


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
            Challenge("https://auth.docker.io/token", "registry.docker.io"),
        ),
        (
            'bearer  REALM = "https://x/t" , error=invalid_token',
            Challenge("https://x/t", "", "invalid_token"),
        ),
        ('Basic realm="x", Bearer realm="https://x/t"', Challenge("https://x/t")),
        ('Bearer realm="https://x/t\\"q"', Challenge('https://x/t"q')),
        ('Bearer realm="https://one/t",realm="https://two/t"', Challenge("https://one/t")),
        ('Basic realm="Registry"', None),
        ("Bearer", None),
        ('Bearer service="x"', None),
        ("", None),
        ("Bearer " + 'a="' + "x" * 100_000, None),
    ],
)
def test_a_challenge_is_parsed(header: str, expected: Challenge | None) -> None:
    assert parse_challenge(header) == expected


@pytest.mark.parametrize(
    "realm",
    [
        "https://auth.docker.io.evil.example/token",
        "https://evil.example/token",
        "http://auth.docker.io/token",
        "https://auth.docker.io/token?x=1",
        "https://auth.docker.io:8443/token",
        "https://auth.docker.io@evil.example/token",
        "https://auth.docker.io/other",
        "https://[::1/token",
        "token",
    ],
)
async def test_no_secret_goes_to_a_false_token_service(fake: FakeRegistry, realm: str) -> None:
    header = {"www-authenticate": f'Bearer realm="{realm}",service="registry.docker.io"'}
    fake.override("/v2/", httpx.Response(401, json={}, headers=header))
    with pytest.raises(UnexpectedAnswer, match="Nothing was sent there"):
        await head(fake.create_client("ada"))
    assert {request.url.host for request in fake.requests} == {REGISTRY}
    assert fake.find_headers(REGISTRY, "authorization") == [""]


@pytest.mark.parametrize(
    ("realm", "named"),
    [
        ("http://auth.docker.io/token", "http://auth.docker.io/token"),
        ("https://auth.docker.io:8443/token?x=1", "https://auth.docker.io:8443/token"),
        ("https://user:pw@evil.example/token", "https://evil.example/token"),
        ("token", "no host"),
    ],
)
def test_a_false_token_service_is_named_so_that_the_difference_shows(realm: str, named: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        check_realm(Challenge(realm), "https://auth.docker.io/token", host="registry-1.docker.io")
    assert f"names {named} as its token service, and https://auth.docker.io/token is" in caught.value.what


@pytest.mark.parametrize(
    ("auth_url", "realm", "is_accepted"),
    [
        ("", "https://registry.example/auth/token", True),
        ("", "https://auth.example/token", False),
        ("https://auth.example", "https://auth.example/any/path", True),
        ("https://auth.example", "https://registry.example/token", False),
        ("https://auth.example", "https://auth.example/token?redirect=1", False),
        ("https://auth.example", "https://user:pw@auth.example/token", False),
        ("https://auth.example", "https://auth.example", True),
    ],
)
async def test_another_registry_has_its_own_token_service(
    fake: FakeRegistry, auth_url: str, realm: str, is_accepted: bool
) -> None:
    server = fake.create_server(url="https://registry.example", auth_url=auth_url)
    header = {"www-authenticate": f'Bearer realm="{realm}"'}
    fake.override("registry.example/v2/", httpx.Response(401, json={}, headers=header))
    fake.override("scope=", httpx.Response(200, json={"token": "opaque"}))
    manifest = httpx.Response(200, headers={"docker-content-digest": f"sha256:{'a' * 64}"})
    fake.override("/manifests/", manifest)
    client = RegistryClient(server, fake.create_hub(Credentials.from_strings("ada", SECRET)).account)
    if is_accepted:
        assert await head(client) == f"sha256:{'a' * 64}"
        assert basic("ada", SECRET) in {each.headers.get("authorization") for each in fake.requests}
    else:
        with pytest.raises(UnexpectedAnswer, match="DOCKERHUB_REGISTRY_AUTH_URL"):
            await head(client)
        assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "url", ["http://registry.example", "ftp://x", "https://u:p@registry.example", "https://r/x"]
)
def test_an_address_must_be_safe(fake: FakeRegistry, url: str) -> None:
    with pytest.raises(InvalidRequest, match="registry"):
        fake.create_server(url=url)
    with pytest.raises(InvalidRequest, match="token service"):
        fake.create_server(url="https://registry.example", auth_url=url)


async def test_a_registry_without_sign_in_needs_no_token(fake: FakeRegistry) -> None:
    digest = f"sha256:{'a' * 64}"
    fake.override("/v2/", httpx.Response(200, json={}))
    fake.override("/manifests/", httpx.Response(200, headers={"docker-content-digest": digest}))
    assert await head(fake.create_client("ada")) == digest
    assert fake.list_requests(AUTH) == []
    assert set(fake.find_headers(REGISTRY, "authorization")) == {""}


async def test_a_registry_may_ask_for_tokens_in_some_repositories_only(fake: FakeRegistry) -> None:
    fake.override("/v2/", httpx.Response(200, json={}))
    fake.overrides[0] = lambda each: httpx.Response(200, json={}) if each.url.path == "/v2/" else None
    assert await head(fake.create_client("ada"), "ada/secret", "latest")
    assert fake.list_requests(AUTH) != []


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(401, json={}), UnexpectedAnswer),
        (httpx.Response(401, json={}, headers={"www-authenticate": 'Basic realm="x"'}), UnexpectedAnswer),
        (httpx.Response(404, text="404 page not found"), UnexpectedAnswer),
        (httpx.Response(200, html="<title>Wi-Fi login</title>"), UnexpectedAnswer),
        (httpx.Response(302, headers={"location": "https://portal.example/"}), UnexpectedAnswer),
        (httpx.Response(407, text="proxy"), UnexpectedAnswer),
        (httpx.Response(503, json={}), HubUnavailable),
    ],
)
async def test_what_is_no_registry_gets_no_secret(
    fake: FakeRegistry, response: httpx.Response, kind: type[HubError]
) -> None:
    fake.override("/v2/", response)
    with pytest.raises(kind):
        await head(fake.create_client("ada"))
    assert fake.list_requests(AUTH) == []


# The exchange


async def test_the_account_of_the_hub_signs_in(fake: FakeRegistry) -> None:
    await head(fake.create_client("ada"), "ada/secret", "latest")
    assert fake.find_headers(AUTH, "authorization") == [basic("ada", SECRET)]
    assert fake.list_requests(AUTH) == [
        "GET /token?scope=repository%3Aada%2Fsecret%3Apull&service=registry.docker.io"
    ]
    assert all("Basic" not in value for value in fake.find_headers(REGISTRY, "authorization"))


async def test_without_an_account_no_authorization_is_sent(fake: FakeRegistry) -> None:
    await head(fake.create_client())
    assert fake.find_headers(AUTH, "authorization") == [""]


async def test_a_token_is_used_until_four_fifths_of_its_life(fake: FakeRegistry) -> None:
    client = fake.create_client()
    await head(client)
    fake.clock.time += 239
    await head(client)
    assert fake.minted == 1
    fake.clock.time += 2
    await head(client)
    assert fake.minted == 2


async def test_a_token_without_expiry_lives_a_minute(fake: FakeRegistry) -> None:
    fake.lifetime = None
    client = fake.create_client()
    await head(client)
    fake.clock.time += 47
    await head(client)
    assert fake.minted == 1
    fake.clock.time += 2
    await head(client)
    assert fake.minted == 2


@pytest.mark.parametrize("expires_in", ["300", True, None, -5, 0, float("1e308"), 10**400, [], {}])
async def test_an_odd_lifetime_is_no_error(fake: FakeRegistry, expires_in: Any) -> None:
    token = make_jwt({"access": [{"type": "repository", "name": "acme/api", "actions": ["pull"]}]})
    fake.override("/token", httpx.Response(200, json={"token": token, "expires_in": expires_in}))
    fake.override("/manifests/", httpx.Response(200, headers={"docker-content-digest": f"sha256:{'a' * 64}"}))
    assert await head(fake.create_client())


async def test_each_repository_has_its_own_token(fake: FakeRegistry) -> None:
    client = fake.create_client("ada")
    await head(client)
    await head(client, "ada/secret", "latest")
    assert fake.minted == 2


async def test_calls_at_once_share_one_token(fake: FakeRegistry) -> None:
    client = fake.create_client("ada")
    await asyncio.gather(*(head(client) for _ in range(20)))
    assert fake.minted == 1
    assert fake.list_requests(REGISTRY, "GET").count("GET /v2/") == 1


async def test_accounts_do_not_share_tokens(fake: FakeRegistry) -> None:
    await head(fake.create_client("ada"), "ada/secret", "latest")
    with pytest.raises(NotFound):
        await head(fake.create_client(), "ada/secret", "latest")


@pytest.mark.parametrize("name", ["token", "access_token"])
async def test_either_name_of_the_token_is_enough(fake: FakeRegistry, name: str) -> None:
    fake.override("/token", httpx.Response(200, json={name: "opaque-token"}))
    fake.override("/manifests/", httpx.Response(200, headers={"docker-content-digest": f"sha256:{'a' * 64}"}))
    assert await head(fake.create_client())
    assert fake.find_headers(REGISTRY, "authorization")[-1] == "Bearer opaque-token"


async def test_a_valid_token_that_is_rejected_is_replaced_once(fake: FakeRegistry) -> None:
    fake.override("/manifests/", fake.challenge("acme/api", "invalid_token"), httpx.Response(404, json={}))
    with pytest.raises(NotFound):
        await head(fake.create_client("ada"))
    assert fake.minted == 2


async def test_a_token_that_stays_rejected_is_the_fault_of_the_registry(fake: FakeRegistry) -> None:
    fake.override("/manifests/", fake.challenge("acme/api", "invalid_token"))
    with pytest.raises(Unauthorized, match="fault of the registry"):
        await head(fake.create_client("ada"))
    assert fake.minted == 2
    assert len(fake.list_requests(REGISTRY, path="manifests")) == 2


async def test_a_token_without_the_right_is_not_used(fake: FakeRegistry) -> None:
    client = fake.create_client()
    for _ in range(2):
        with pytest.raises(NotFound, match="private and not visible to an anonymous caller"):
            await head(client, "ada/secret", "latest")
    assert fake.list_requests(REGISTRY, path="manifests") == []
    assert fake.minted == 1
    fake.repositories["ada/secret"].readers = None  # which is noticed soon
    fake.clock.time += 11
    assert await head(client, "ada/secret", "latest")


async def test_the_granted_actions_are_reported(fake: FakeRegistry) -> None:
    session = fake.create_client().start_session()
    assert await session.fetch_granted_actions("acme/api") == frozenset({"pull"})
    assert await session.fetch_granted_actions("ada/secret") == frozenset()
    fake.override("/token", httpx.Response(200, json={"token": "opaque"}))
    assert await fake.create_client().start_session().fetch_granted_actions("acme/api") is None


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"access": "x"},
        {"access": [1]},
        {"access": [{"type": "repository", "name": "acme/api", "actions": "pull"}]},
    ],
)
async def test_odd_claims_are_no_error(fake: FakeRegistry, claims: dict[str, Any]) -> None:
    fake.override("/token", httpx.Response(200, json={"token": make_jwt(claims)}))
    actions = await fake.create_client().start_session().fetch_granted_actions("acme/api")
    assert actions in {None, frozenset()}


# Failures


async def test_a_wrong_secret_is_sent_once(fake: FakeRegistry) -> None:
    guard = SignInGuard(clock=fake.clock)
    client = fake.create_client("ada", WRONG, sign_in_guard=guard)
    for repository in ("acme/api", "ada/secret", "acme/api"):
        with pytest.raises(
            SignInRefused, match=r"auth\.docker\.io, which signs in to the registry, refused ada"
        ):
            await head(client, repository)
    assert len(fake.list_requests(AUTH)) == 1
    # Another client with the same secret does not send it either.
    with pytest.raises(SignInRefused):
        await head(fake.create_client("ada", WRONG, sign_in_guard=guard))
    assert len(fake.list_requests(AUTH)) == 1
    assert fake.list_requests(REGISTRY, path="manifests") == []


async def test_a_secret_that_the_hub_refused_is_not_sent(fake: FakeRegistry) -> None:
    fake.override("/v2/auth/token", httpx.Response(401, json={"message": "unauthorized"}))
    hub = fake.create_hub(Credentials.from_strings("ada", WRONG))
    with pytest.raises(SignInRefused):
        await hub.sign_in()
    with pytest.raises(SignInRefused):
        await head(RegistryClient(fake.server, hub.account))
    assert fake.list_requests(AUTH) == []


async def test_an_outage_of_the_hub_says_nothing_about_the_registry(fake: FakeRegistry) -> None:
    fake.override("/v2/auth/token", httpx.Response(503, json={}))
    hub = fake.create_hub(Credentials.from_strings("ada", SECRET))
    with pytest.raises(SignInUnavailable):
        await hub.sign_in()
    assert await head(RegistryClient(fake.server, hub.account), "ada/secret", "latest")


async def test_many_wrong_secrets_do_not_lock_the_name(fake: FakeRegistry) -> None:
    guard = SignInGuard(clock=fake.clock)
    for n in range(6):
        with pytest.raises(SignInError):
            await head(fake.create_client("ada", f"{WRONG}{n}", sign_in_guard=guard))
    assert len(fake.list_requests(AUTH)) == MAX_FAILURES
    with pytest.raises(SignInLocked, match="was not sent"):
        await head(fake.create_client("ada", f"{WRONG}9", sign_in_guard=guard))


async def test_calls_at_once_send_a_wrong_secret_once(fake: FakeRegistry) -> None:
    client = fake.create_client("ada", WRONG)
    names = [f"acme/r{n}" for n in range(10)]
    results = await asyncio.gather(*(head(client, name) for name in names), return_exceptions=True)
    assert {type(result) for result in results} == {SignInRefused}
    assert len(fake.list_requests(AUTH)) == 1


async def test_a_secret_that_works_is_sent_for_several_repositories_at_once(fake: FakeRegistry) -> None:
    for n in range(10):
        fake.add_repository(f"acme/r{n}").add_image(tag="1.0")
    client = fake.create_client("ada")
    await asyncio.gather(*(head(client, f"acme/r{n}") for n in range(10)))
    assert fake.minted == 10


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(503, json={}), SignInUnavailable),
        (httpx.Response(429, json={"message": "too many requests"}), SignInUnavailable),
        (httpx.Response(429, json={"details": "too many failed login attempts"}), SignInLocked),
        (httpx.Response(403, json={}), SignInUnavailable),
        (httpx.Response(200, html="<title>Sign in to the network</title>"), SignInUnavailable),
        (httpx.Response(302, headers={"location": "https://evil.example/token"}), SignInUnavailable),
        (httpx.Response(307, headers={"location": f"https://{AUTH}/elsewhere"}), SignInUnavailable),
        (httpx.Response(200, json={}), SignInUnavailable),
        (httpx.Response(200, json={"token": "a\nb"}), SignInUnavailable),
        (httpx.Response(200, json={"token": 4711}), SignInUnavailable),
        (httpx.Response(200, content=b"[" * 100_000), SignInUnavailable),
        (httpx.Response(200, content=b"x" * 1_000_000), SignInUnavailable),
    ],
)
async def test_a_failed_sign_in_never_becomes_an_anonymous_answer(
    fake: FakeRegistry, response: httpx.Response, kind: type[HubError]
) -> None:
    fake.override("/token", response)
    with pytest.raises(kind) as caught:
        await head(fake.create_client("ada"))
    assert SECRET not in str(caught.value)
    assert fake.list_requests(REGISTRY, path="manifests") == []
    assert {request.url.host for request in fake.requests} == {REGISTRY, AUTH}
    assert len(fake.list_requests(AUTH)) == 1


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(503, json={}), HubUnavailable),
        (httpx.Response(429, json={}), RateLimited),
        (httpx.Response(401, json={}), Forbidden),
        (httpx.Response(404, json={}), UnexpectedAnswer),
        (httpx.Response(200, json={}), UnexpectedAnswer),
        (httpx.Response(200, html="<html>"), UnexpectedAnswer),
    ],
)
async def test_a_failure_without_an_account_has_its_own_error(
    fake: FakeRegistry, response: httpx.Response, kind: type[HubError]
) -> None:
    fake.override("/token", response)
    with pytest.raises(kind):
        await head(fake.create_client())


async def test_a_secret_in_an_answer_is_masked(fake: FakeRegistry) -> None:
    echo = f"refused {SECRET} {basic('ada', SECRET)} at https://auth.internal:8080/x"
    fake.override("/token", httpx.Response(401, json={"details": echo}))
    with pytest.raises(SignInRefused) as caught:
        await head(fake.create_client("ada"))
    text = str(caught.value)
    assert "The registry said" in text
    assert not any(part in text for part in (SECRET, basic("ada", SECRET)[6:], "auth.internal"))


async def test_a_token_in_an_answer_is_masked(fake: FakeRegistry) -> None:
    fake.override("/token", httpx.Response(200, json={"token": "opaque-token-4711"}))
    fake.override("/manifests/", httpx.Response(403, json={"errors": [{"message": "opaque-token-4711"}]}))
    with pytest.raises(Forbidden) as caught:
        await fake.create_client().start_session().get_manifest("acme/api", f"sha256:{'a' * 64}")
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("failure", "attempts"), [(httpx.ConnectError, 3), (httpx.ReadError, 2), (httpx.RemoteProtocolError, 2)]
)
async def test_a_connection_that_breaks_is_opened_again_as_far_as_the_guard_allows(
    fake: FakeRegistry, failure: type[httpx.TransportError], attempts: int
) -> None:
    seen = fake.break_token_service(failure)
    with pytest.raises(SignInUnavailable, match="could not be reached"):
        await head(fake.create_client("ada"))
    assert len(seen) == attempts
