"""Accounts of requests at several replicas: each is signed in once, and a rejected one is not tried again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.sign_in_guard import SignInGuard
from dockerhub_mcp.hub.errors import SignInRefused
from dockerhub_mcp.hub.methods import GetOrgSettings
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.http.auth.account_pool import AccountPool
from dockerhub_mcp.shared.local import LocalState
from tests.support.fixture_types import Clock, MakeHub
from tests.support.sharing_replicas import share

SETTINGS = GetOrgSettings(name="acme")
SECRET = "sandbox-password-ada"


def build_pool(make_hub: MakeHub, state: Any, clock: Clock) -> AccountPool:
    options: dict[str, Any] = {
        "sign_in_guard": SignInGuard(clock=clock),
        "shared_sign_ins": share(state),
        "fixed_identity": True,
        "clock": clock,
    }

    def create_hub(credentials: Credentials) -> Hub:
        return make_hub(credentials=credentials, **options)

    return AccountPool(create_hub, clock=clock)


@pytest.fixture
def pools(make_hub: MakeHub, clock: Clock) -> list[AccountPool]:
    state = LocalState(clock)
    return [build_pool(make_hub, state, clock) for _ in range(3)]


async def test_an_account_is_signed_in_once_for_all_replicas(
    sandbox: Sandbox, pools: list[AccountPool]
) -> None:
    hubs = await asyncio.gather(*(pools[number % 3].get_hub("ada", SECRET) for number in range(30)))
    await asyncio.gather(*(hub.send(SETTINGS) for hub in hubs))
    assert sandbox.login_count == 1


async def test_a_wrong_secret_is_sent_once_although_replicas_forget_its_rejection(
    sandbox: Sandbox, pools: list[AccountPool], clock: Clock
) -> None:
    for _ in range(3):
        for pool in pools:
            with pytest.raises(SignInRefused):
                await pool.get_hub("ada", "wrong")
        clock.time += 61
    assert sandbox.login_count == 1


async def test_a_revoked_account_is_rejected_everywhere_after_one_sign_in(
    sandbox: Sandbox, pools: list[AccountPool], clock: Clock
) -> None:
    for pool in pools:
        await (await pool.get_hub("ada", SECRET)).send(SETTINGS)
    sandbox.state.users["ada"].password = "changed-password"
    sandbox.revoke_bearer_tokens()
    for round_number in range(4):
        for pool in pools:
            with pytest.raises(SignInRefused):
                await (await pool.get_hub("ada", SECRET)).send(SETTINGS)
        assert len(sandbox.requests) <= 1 + 3 + 3 + 1, round_number
        clock.time += 61
    assert sandbox.login_count == 2
