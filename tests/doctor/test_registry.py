"""What the doctor says about the container registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.command_line import run_main, run_main_in_thread
from tests.support.credential_helpers import DockerHome


@pytest.fixture
def docker_home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


def find_registry(text: str) -> dict[str, Any]:
    findings = json.loads(text)["findings"]
    return next(finding for finding in findings if finding["name"] == "registry")


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ("anonymous", "; 100 of 100 pulls in 6 hours are left"),
        ("owner-pat", ", and reports no limit of pulls"),
        ("expired-pat", ", and was not asked for a pull limit: the sign-in failed"),
        ("two-factor", ", and was not asked for a pull limit: the sign-in failed"),
    ],
)
def test_the_pull_limit_of_the_account_is_reported(identity: str, said: str) -> None:
    done = run_main("doctor", "--json", "--sandbox", "--sandbox-identity", identity)
    finding = find_registry(done.stdout)
    assert finding["status"] == "ok"
    assert finding["summary"].startswith("localhost answers in ")
    assert finding["summary"].endswith(f" ms{said}")
    assert finding["facts"]["address"] == "localhost"
    assert ("limit" in finding["facts"]) == (identity == "anonymous")


async def examine(docker_home: DockerHome, **variables: str) -> dict[str, Any]:
    environment = docker_home.build_env(**variables)
    return find_registry((await run_main_in_thread("doctor", "--json", env=environment)).stdout)


async def test_another_hub_has_no_registry_unless_one_is_named(
    sandbox_url: str, docker_home: DockerHome
) -> None:
    finding = await examine(docker_home, DOCKERHUB_API_URL=sandbox_url)
    assert finding["status"] == "ok"
    assert finding["summary"] == (
        "no registry is contacted, because DOCKERHUB_API_URL names another Hub and DOCKERHUB_REGISTRY_URL is not set"
    )
    finding = await examine(docker_home, DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_REGISTRY_URL=sandbox_url)
    assert (finding["status"], finding["summary"].endswith(" ms")) == ("ok", True)


async def test_a_registry_that_cannot_be_reached_is_worth_a_note(
    sandbox: Sandbox, sandbox_url: str, docker_home: DockerHome
) -> None:
    finding = await examine(
        docker_home, DOCKERHUB_API_URL=sandbox_url, DOCKERHUB_REGISTRY_URL="http://127.0.0.1:9"
    )
    assert finding["status"] == "note"
    assert finding["summary"].startswith("127.0.0.1:9 could not be reached")
    assert "DOCKERHUB_REGISTRY_URL" in finding["remedy"]
    assert finding["facts"]["error"] == "ConnectionFailed"
    assert sandbox.login_count == 0
