from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from dockerhub_mcp.hub import CredentialKind, Credentials, Hub
from dockerhub_mcp.hub.errors import (
    SignInLocked,
    SignInRefused,
    SignInRequired,
)
from dockerhub_mcp.hub.methods import (
    CreateAuthToken,
    GetOrgSettings,
    GetRepository,
    Login,
)
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import Clock

PUBLIC = GetRepository(repository="redis")
PRIVATE = GetRepository(namespace="acme", repository="storefront")
SETTINGS = GetOrgSettings(name="acme")
WRONG = Credentials.from_strings("ada", "dckr_pat_wrong_secret")


async def test_an_anonymous_client_never_signs_in(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub()
    assert (await hub.send(PUBLIC)).name == "redis"
    assert sandbox.login_count == 0
    assert [request.auth_scheme for request in sandbox.requests] == [None]
    assert (hub.principal.kind, str(hub.principal)) == (CredentialKind.ANONYMOUS, "an anonymous caller")


async def test_an_anonymous_client_sends_nothing_that_needs_an_account(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    with pytest.raises(SignInRequired, match="needs an account") as caught:
        await make_hub().send(SETTINGS)
    assert "DOCKERHUB_USERNAME" in caught.value.remedy
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("identity", "kind", "words"),
    [
        ("owner", CredentialKind.PASSWORD, "ada (signed in with a password)"),
        ("owner-pat", CredentialKind.PAT, "ada (signed in with a personal access token)"),
        ("org-token", CredentialKind.OAT, "acme (signed in with a organization access token)"),
    ],
)
async def test_every_kind_of_credentials_signs_in(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str, kind: CredentialKind, words: str
) -> None:
    hub = make_hub(identity)
    assert (await hub.send(PRIVATE)).is_private
    assert (hub.principal.kind, str(hub.principal).replace(" an ", " a ")) == (kind, words)
    assert [(request.path, request.auth_scheme) for request in sandbox.requests] == [
        ("/v2/auth/token", None),
        ("/v2/namespaces/acme/repositories/storefront", "Bearer"),
    ]


async def test_white_space_around_a_secret_is_stripped(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    account = sandbox.get_identity("owner-pat")
    hub = make_hub(credentials=Credentials.from_strings(f" {account.username}\n", f"{account.secret}\r\n"))
    assert (await hub.send(PRIVATE)).is_private


@pytest.mark.parametrize("identity", ["expired-pat", "inactive-pat"])
async def test_refused_credentials_are_sent_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub], identity: str
) -> None:
    hub = make_hub(identity)
    for _ in range(10):
        with pytest.raises(SignInRefused, match="may be revoked, expired or inactive"):
            await hub.send(SETTINGS)
    assert sandbox.login_count == 1


async def test_many_first_calls_with_a_wrong_secret_send_it_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub(credentials=WRONG)
    results = await asyncio.gather(*(hub.send(SETTINGS) for _ in range(32)), return_exceptions=True)
    assert {type(result) for result in results} == {SignInRefused}
    assert sandbox.login_count == 1


async def test_the_traceback_of_a_repeated_refusal_does_not_grow(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(credentials=WRONG)
    lengths = []
    for _ in range(4):
        with pytest.raises(SignInRefused) as caught:
            await hub.send(SETTINGS)
        lengths.append(len(traceback.extract_tb(caught.value.__traceback__)))
    assert lengths[3] == lengths[1]


async def test_anonymous_methods_work_while_the_credentials_are_refused(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub(credentials=WRONG)
    for _ in range(5):
        assert (await hub.send(PUBLIC)).name == "redis"
    assert sandbox.login_count == 1
    assert isinstance(hub.credential_error, SignInRefused)
    assert "Docker Hub refused to sign in ada with this personal access token" in str(hub.credential_error)
    assert hub.principal.kind is CredentialKind.ANONYMOUS


async def test_credentials_refused_on_an_explicit_sign_in_are_not_retried(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub(credentials=WRONG)
    with pytest.raises(SignInRefused):
        await hub.send(CreateAuthToken())
    with pytest.raises(SignInRefused):
        await hub.send(SETTINGS)
    assert sandbox.login_count == 1


async def test_an_explicit_sign_in_sends_refused_credentials_again_after_some_minutes(
    sandbox: Sandbox, make_hub: Callable[..., Hub], clock: Clock
) -> None:
    hub = make_hub(credentials=WRONG, clock=clock)
    for _ in range(3):
        with pytest.raises(SignInRefused, match="Incorrect authentication credentials"):
            await hub.send(CreateAuthToken())
    assert sandbox.login_count == 1
    clock.time += 600
    with pytest.raises(SignInRefused):
        await hub.send(SETTINGS)
    assert sandbox.login_count == 1, "not by itself"
    with pytest.raises(SignInRefused):
        await hub.send(CreateAuthToken())
    assert sandbox.login_count == 2


async def test_a_refused_explicit_sign_in_keeps_a_valid_bearer(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(PRIVATE)
    sandbox.faults.add(match="/v2/auth/token", status=401, body='{"detail": "no"}')
    with pytest.raises(SignInRefused):
        await hub.send(CreateAuthToken())
    assert (await hub.send(PRIVATE)).is_private
    assert hub.credential_error is None


async def test_a_locked_name_says_to_wait(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await make_hub(credentials=WRONG).send(CreateAuthToken())
    hub = make_hub("owner")
    for _ in range(2):
        with pytest.raises(SignInLocked, match="even the right secret fails") as caught:
            await hub.send(SETTINGS)
        assert "Stop every client that still holds the old secret" in caught.value.remedy
        assert "in 10 minutes" in caught.value.remedy
    assert sandbox.login_count == 6


async def test_a_wrong_password_may_be_single_sign_on(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(SignInRefused, match="single sign-on") as caught:
        await make_hub(credentials=Credentials.from_strings("ada", "wrong-password")).send(SETTINGS)
    assert "personal access token" in caught.value.remedy


async def test_a_wrong_organization_token_names_the_organization(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(SignInRefused, match="the name is not the organization's"):
        await make_hub(credentials=Credentials.from_strings("ada", "dckr_oat_sandbox_acme")).send(SETTINGS)


async def test_login_signs_in_too(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    signed_in = await hub.send(Login())
    assert (signed_in.username, signed_in.kind) == ("ada", "password")
    assert (await hub.send(PRIVATE)).is_private
    assert sandbox.requests[0].path == "/v2/users/login"
    assert sandbox.login_count == 1


@pytest.mark.parametrize("fault", [{}, {"match": "/v2/users/login", "status": 401}])
async def test_login_does_not_accept_organizations(
    sandbox: Sandbox, make_hub: Callable[..., Hub], fault: dict[str, object]
) -> None:
    if fault:
        sandbox.faults.add(**fault)
    hub = make_hub("org-token")
    with pytest.raises(SignInRefused, match="This route does not accept organizations") as caught:
        await hub.send(Login())
    assert "create_auth_token" in caught.value.remedy
    assert (await hub.send(PRIVATE)).is_private  # the other route does


async def test_another_account_can_be_signed_in(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    await hub.send(PRIVATE)
    account = sandbox.get_identity("reader-pat")
    signed_in = await hub.send(CreateAuthToken(identifier=account.username, secret=SecretStr(account.secret)))
    assert (signed_in.username, signed_in.scopes) == ("linus", ["repo:read"])
    assert signed_in.expires_at is not None
    await hub.send(PRIVATE)
    assert sandbox.requests[-1].user == "linus"


async def test_an_anonymous_client_can_be_signed_in(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub()
    await hub.send(Login(username="ada", password=SecretStr("sandbox-password-ada")))
    assert (await hub.send(SETTINGS)).restricted_images is not None


async def test_refused_explicit_credentials_change_nothing(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    with pytest.raises(SignInRefused):
        await hub.send(CreateAuthToken(identifier="linus", secret=SecretStr("wrong-password")))
    assert (await hub.send(PRIVATE)).is_private
    assert sandbox.requests[-1].user == "ada"
    assert hub.credential_error is None


@pytest.mark.parametrize("call", [CreateAuthToken(), Login()])
async def test_signing_in_without_credentials_is_an_error(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: CreateAuthToken | Login
) -> None:
    with pytest.raises(SignInRequired, match="There are no credentials to sign in with"):
        await make_hub().send(call)
    assert sandbox.requests == []


async def test_other_methods_cannot_sign_in(make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(TypeError, match="GetRepository does not sign in"):
        await make_hub()._authenticator.sign_in(PUBLIC)
