"""Random faults of a real store under random clients of three replicas: what is promised holds all the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.replica_campaign import run_campaign, run_replicas


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_promised_holds_while_the_store_breaks(
    seed: int, sandbox: Sandbox, sandbox_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_replicas(seed, sandbox, sandbox_url, tmp_path, monkeypatch) as campaign:
        await run_campaign(campaign, 8)
    assert not campaign.failures, f"{campaign.failures[:10]} {campaign.counts}"
