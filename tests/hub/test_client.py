from __future__ import annotations

from collections.abc import Callable

import pytest

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.errors import UnexpectedAnswer
from dockerhub_mcp.hub.methods import CheckRepository, CreateRepository, GetRepository, GetTag, ListTags
from dockerhub_mcp.sandbox import Sandbox

TAG = GetTag(repository="redis", tag="latest")


async def test_it_is_a_context_manager(sandbox_url: str) -> None:
    async with Hub(base_url=sandbox_url) as hub:
        assert (await hub.send(TAG)).name == "latest"


async def test_an_html_page_is_unexpected(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(status=200, body="<html><title>Sign in to the guest network</title>" + "x" * 20_000)
    with pytest.raises(UnexpectedAnswer) as caught:
        await make_hub().send(TAG)
    assert str(caught.value) == (
        "localhost answered GET /v2/namespaces/library/repositories/redis/tags/latest with 200 and a web page "
        '("Sign in to the guest network") instead of the Hub API\'s JSON. A captive portal or sign-in page of '
        "this network answered, not the Hub. Sign in to the network in a browser, then try again."
    )


@pytest.mark.parametrize("call", [TAG, ListTags(repository="redis"), GetRepository(repository="redis")])
async def test_a_truncated_body_is_unexpected(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: GetTag | ListTags | GetRepository
) -> None:
    sandbox.faults.add(truncate=True)
    with pytest.raises(UnexpectedAnswer, match="the answer is not JSON"):
        await make_hub().send(call)


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "5"])
async def test_json_of_another_type_is_unexpected(
    sandbox: Sandbox, make_hub: Callable[..., Hub], body: str
) -> None:
    sandbox.faults.add(status=200, body=body)
    with pytest.raises(UnexpectedAnswer, match=r"does not fit|is null"):
        await make_hub().send(TAG)


async def test_an_empty_body_is_unexpected(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(status=204)
    with pytest.raises(UnexpectedAnswer, match="with 204, but the answer is empty"):
        await make_hub().send(TAG)


async def test_an_unknown_3xx_status_is_refused(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(status=304)
    with pytest.raises(HubError, match="304"):
        await make_hub().send(TAG)


async def test_any_2xx_status_is_a_success(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(status=202)
    assert (await make_hub().send(CheckRepository(repository="redis"))).exists


async def test_a_write_with_a_revoked_bearer_is_carried_out_once(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(TAG)
    sandbox.revoke_bearer_tokens()
    created = await hub.send(CreateRepository(namespace="ada", name="new-one"))
    assert created.name == "new-one"
    assert [e.name for e in sandbox.state.audit_events if e.action == "repo.create"].count("ada/new-one") == 1


async def test_when_a_renewal_is_refused_public_data_is_still_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    await hub.send(TAG)
    sandbox.revoke_bearer_tokens()
    sandbox.faults.add(match="/v2/auth/token", status=401, body='{"detail": "Incorrect"}')
    assert (await hub.send(TAG)).name == "latest"
    assert sandbox.requests[-1].auth_scheme is None
    assert hub.credential_error is not None


async def test_the_client_masks_its_secrets_on_request(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    await hub.send(TAG)
    assert hub.redact("it is sandbox-password-ada") == "it is ***"


async def test_an_error_of_the_hub_has_all_its_parts() -> None:
    error = HubError("What.", why="Why.", remedy="Do.", hub_message="said so")
    assert str(error) == 'What. The Hub said: "said so". Why. Do.'
    assert str(HubError("What.")) == "What."
