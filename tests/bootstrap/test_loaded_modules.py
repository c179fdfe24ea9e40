"""What a first read call loads: hosts wait for it, and the process keeps it in memory."""

from __future__ import annotations

import os
import subprocess
import sys

import anyio
import pytest

from dockerhub_mcp.sandbox import Sandbox

NOT_FOR_A_READ = {
    "argparse",
    "dockerhub_mcp.bootstrap.http_settings",
    "dockerhub_mcp.cli.parser",
    "dockerhub_mcp.hub.auth.docker_config",
    "dockerhub_mcp.hub.auth.docker_login",
    "dockerhub_mcp.hub.error_mapping",
    "dockerhub_mcp.sandbox",
    "dockerhub_mcp.server.factory",
    "dockerhub_mcp.tools.mutations.audit_log",
    "dockerhub_mcp.tools.cleanup.plan_files",
    "mcp",
    "mcp_types",
    "starlette",
    "uvicorn",
}
"""Modules and packages that no read of one object may load. One that is added stays out by this test."""

READ_CALL = """
import sys
from functools import partial

import anyio

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
import dockerhub_mcp.cli.main

environment = config.read_environment()
settings = load_valid_settings({}, environment, validate)

from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_registry, build_tool_context
from dockerhub_mcp.tools.call import call_tool

async def call() -> None:
    async with HubFactory(settings, environment) as hubs:
        policy = build_mutation_policy(settings)
        context = build_tool_context(settings, hubs.create_hub(), policy, hubs.registry_for)
        result = await call_tool(build_registry(settings), context, "get_repository", {"repository": "redis"})
        assert not result.is_error, result.text

anyio.run(call)
print(*sys.modules)
"""


async def test_a_read_of_one_object_loads_what_it_needs(sandbox: Sandbox, sandbox_url: str) -> None:
    owner = sandbox.get_identity("owner")
    account = {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKERHUB_")}
    environment = kept | account | {"DOCKERHUB_API_URL": sandbox_url}
    done = await anyio.run_process([sys.executable, "-c", READ_CALL], env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    loaded = set(done.stdout.decode().split())
    assert "dockerhub_mcp.hub.models.repositories" in loaded
    assert loaded & NOT_FOR_A_READ == set()


@pytest.mark.parametrize("package", ["dockerhub_mcp.hub", "dockerhub_mcp.hub.models"])
def test_a_package_imports_its_exports_when_they_are_used(package: str) -> None:
    program = (
        f"import sys, {package} as package; before = set(sys.modules); "
        "assert not [name for name in before if name.startswith(package.__name__ + '.')], before; "
        "print([name for name in package.__all__ if not hasattr(package, name)], hasattr(package, 'Missing'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] False\n", "")
