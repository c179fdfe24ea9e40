from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.errors import NotFound
from dockerhub_mcp.hub.methods import (
    Complete2FALogin,
    CreateAuthToken,
    GetAccessToken,
    ListAccessTokens,
    Login,
)
from dockerhub_mcp.hub.methods.authentication import SignInMethod


async def test_personal_access_tokens_are_listed_without_their_value(make_hub: Callable[..., Hub]) -> None:
    page = await make_hub("owner").send(ListAccessTokens(page_size=5))
    assert page.count == 11
    assert len(page.results) == 5
    assert {token.token for token in page.results} == {"***"}
    assert "dckr_pat" not in page.model_dump_json()


async def test_a_personal_access_token_is_read_by_its_uuid(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("member")
    listed = (await hub.send(ListAccessTokens())).results[0]
    assert listed.uuid is not None
    found = await hub.send(GetAccessToken(uuid=listed.uuid))
    assert (found.token_label, found.scopes) == ("ci (read)", ["repo:read"])


async def test_a_token_of_another_account_is_not_found(make_hub: Callable[..., Hub]) -> None:
    listed = (await make_hub("member").send(ListAccessTokens())).results[0]
    assert listed.uuid is not None
    with pytest.raises(NotFound, match="ada has no personal access token") as caught:
        await make_hub("owner").send(GetAccessToken(uuid=listed.uuid))
    assert listed.uuid in str(caught.value)
    assert caught.value.hub_message == ""  # the text says the same


async def test_signing_in_returns_the_account_and_the_expiry(make_hub: Callable[..., Hub]) -> None:
    signed_in = await make_hub("owner-pat").send(CreateAuthToken())
    assert (signed_in.signed_in, signed_in.username) == (True, "ada")
    assert (signed_in.kind, signed_in.scopes) == ("personal access token", ["repo:admin"])
    assert signed_in.expires_at is not None
    assert "eyJ" not in signed_in.model_dump_json()


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (CreateAuthToken, {"identifier": "ada"}),
        (CreateAuthToken, {"secret": "hush-hush"}),
        (CreateAuthToken, {"identifier": "ada", "secret": "x" * 4097}),
        (Login, {"username": "ada"}),
        (Login, {"password": "hush-hush"}),
        (Login, {"username": "x" * 256, "password": "hush-hush"}),
        (Complete2FALogin, {}),
        (Complete2FALogin, {"code": ""}),
        (Complete2FALogin, {"code": 12345}),
        (Complete2FALogin, {"code": "1" * 65}),
    ],
)
def test_incomplete_credentials_are_refused(method: type[Any], arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        method.model_validate(arguments)
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize("method", [CreateAuthToken, Login])
def test_null_selects_the_configured_credentials(method: type[CreateAuthToken | Login]) -> None:
    arguments = dict.fromkeys(method.model_fields)
    assert method.model_validate(arguments).get_explicit_credentials() is None


def test_the_bodies_match_the_reference() -> None:
    assert CreateAuthToken().build_sign_in_body("a", "b") == {"identifier": "a", "secret": "b"}
    assert Login().build_sign_in_body("a", "b") == {"username": "a", "password": "b"}


def test_a_sign_in_uses_the_configured_credentials_by_default() -> None:
    class Other(SignInMethod):
        http = CreateAuthToken.http
        effect = CreateAuthToken.effect
        scope = CreateAuthToken.scope
        area = CreateAuthToken.area
        title = "Other"

    assert Other().get_explicit_credentials() is None


def test_secrets_are_not_in_the_representation_of_a_call() -> None:
    call = Login.model_validate({"username": "ada", "password": "hush-hush"})
    assert "hush-hush" not in f"{call!r} {call!s}"
    assert call.get_explicit_credentials() == ("ada", "hush-hush")
