from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from pydantic import SecretStr, ValidationError

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.errors import (
    SecondFactorRequired,
    SignInRefused,
    SignInRequired,
    SignInUnavailable,
)
from dockerhub_mcp.hub.methods import Complete2FALogin, CreateAuthToken, GetOrgSettings, GetRepository, Login
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.identities import TWO_FACTOR_CODE

PRIVATE = GetRepository(namespace="acme", repository="storefront")
CODE = Complete2FALogin(code=TWO_FACTOR_CODE)
WRONG = Complete2FALogin(code="000000")


@pytest.mark.parametrize("first", [CreateAuthToken(), Login()])
async def test_the_second_step_completes_the_first(
    make_hub: Callable[..., Hub], first: CreateAuthToken | Login
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired, match="grace has two-factor authentication") as caught:
        await hub.send(first)
    assert "complete_2fa_login" in caught.value.remedy
    signed_in = await hub.send(CODE)
    assert (signed_in.signed_in, signed_in.username, signed_in.kind) == (True, "grace", "password")
    assert (await hub.send(PRIVATE)).is_private


@pytest.mark.parametrize("again", [CreateAuthToken(), Login()])
async def test_signing_in_again_after_the_code_asks_for_no_other(
    sandbox: Sandbox, make_hub: Callable[..., Hub], again: CreateAuthToken | Login
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    completed = await hub.send(CODE)
    assert "the next sign-in asks for one" in str(completed.message)
    logins = sandbox.login_count
    assert await hub.send(again) == completed
    assert sandbox.login_count == logins
    assert (await hub.send(PRIVATE)).is_private


async def test_a_secret_that_is_passed_signs_in_in_spite_of_the_code_before(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    await hub.send(CODE)
    ada = sandbox.get_identity("owner")
    signed_in = await hub.send(CreateAuthToken(identifier=ada.username, secret=SecretStr(ada.secret)))
    assert signed_in.username == "ada"


async def test_a_call_that_needs_a_second_factor_starts_the_sign_in(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("two-factor")
    for _ in range(3):
        with pytest.raises(SecondFactorRequired):
            await hub.send(GetOrgSettings(name="acme"))
    assert sandbox.login_count == 1
    await hub.send(CODE)
    assert (await hub.send(PRIVATE)).is_private
    assert hub.credential_error is None


async def test_a_ticket_remains_valid_during_other_calls(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    assert (await hub.send(GetRepository(repository="redis"))).name == "redis"
    assert sandbox.login_count == 1


async def test_explicit_credentials_can_need_a_second_factor(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub()
    secret = SecretStr(sandbox.get_identity("two-factor").secret)
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken(identifier="grace", secret=secret))
    await hub.send(CODE)
    assert (await hub.send(PRIVATE)).is_private


async def test_a_ticket_may_be_passed_explicitly(make_hub: Callable[..., Hub]) -> None:
    one, other = make_hub("two-factor"), make_hub("two-factor")
    for hub in (one, other):
        with pytest.raises(SecondFactorRequired):
            await hub.send(CreateAuthToken())
    pending = one._authenticator._pending_sign_in
    assert pending is not None
    ticket = SecretStr(pending.ticket)
    await other.send(Complete2FALogin(code=TWO_FACTOR_CODE, login_2fa_token=ticket))
    with pytest.raises(SignInRefused):
        await one.send(CODE)  # the ticket is used up


async def test_a_wrong_code_uses_up_the_ticket(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    with pytest.raises(SignInRefused, match="did not accept the one-time code for grace") as caught:
        await hub.send(WRONG)
    assert caught.value.hub_message == "Incorrect two factor code"
    logins = sandbox.login_count
    with pytest.raises(SignInRequired, match="No sign-in is waiting for a one-time code"):
        await hub.send(CODE)
    assert sandbox.login_count == logins


async def test_after_a_wrong_code_the_sign_in_can_be_repeated(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    with pytest.raises(SignInRefused):
        await hub.send(WRONG)
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    assert (await hub.send(CODE)).username == "grace"


async def test_a_code_is_valid_once(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    await hub.send(CODE)
    with pytest.raises(SignInRequired):
        await hub.send(CODE)


async def test_a_code_without_a_sign_in_is_not_sent(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    with pytest.raises(SignInRequired, match=r"Call create_auth_token \(or login\) first"):
        await make_hub("owner").send(CODE)
    assert sandbox.requests == []


async def test_leading_zeros_of_a_code_are_kept(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    with pytest.raises(ValidationError, match="at least 6 characters"):
        Complete2FALogin(code=TWO_FACTOR_CODE.lstrip("0"))
    assert (await hub.send(Complete2FALogin(code=TWO_FACTOR_CODE))).signed_in


async def test_a_server_error_at_the_second_step_is_not_a_refusal(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    sandbox.faults.add(match="2fa-login", status=503)
    with pytest.raises(SignInUnavailable, match=r"sign-in as grace failed.*server error \(503\)"):
        await hub.send(CODE)
    assert sandbox.login_count == 2  # a code is not sent twice


async def test_a_personal_access_token_needs_no_code(make_hub: Callable[..., Hub]) -> None:
    assert (await make_hub("two-factor-pat").send(PRIVATE)).is_private


async def test_another_sign_in_cancels_the_pending_one(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
    account = sandbox.get_identity("owner")
    await hub.send(CreateAuthToken(identifier=account.username, secret=SecretStr(account.secret)))
    with pytest.raises(SignInRequired):
        await hub.send(CODE)
    assert hub.principal.username == "ada"


async def test_no_ticket_or_password_is_exposed(
    sandbox: Sandbox, make_hub: Callable[..., Hub], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hub = make_hub("two-factor")
    with pytest.raises(SecondFactorRequired) as caught:
        await hub.send(CreateAuthToken())
    pending = hub._authenticator._pending_sign_in
    assert pending is not None
    sandbox.faults.add(status=401, body=f'{{"detail": "no {pending.ticket} for {pending.secret}"}}')
    with pytest.raises(SignInRefused) as refused:
        await hub.send(WRONG)
    texts = [str(caught.value), repr(caught.value), str(refused.value), repr(pending), caplog.text]
    texts += [repr(vars(record)) for record in caplog.records]
    assert refused.value.hub_message == "no *** for ***"
    assert not any(hush in text for text in texts for hush in (pending.ticket, pending.secret))


async def test_a_ticket_of_any_sign_in_route_is_accepted(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", status=401, body='{"login_2fa_token": "abcdef"}')
    hub = make_hub(credentials=Credentials.from_strings("ada", "x"))
    with pytest.raises(SecondFactorRequired):
        await hub.send(CreateAuthToken())
