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
    "difflib",
    "dockerhub_mcp.bootstrap.http_settings",
    "dockerhub_mcp.cli.parser",
    "dockerhub_mcp.hub.api.local_selection",
    "dockerhub_mcp.hub.api.mutation",
    "dockerhub_mcp.hub.api.namespaces",
    "dockerhub_mcp.hub.api.ordering",
    "dockerhub_mcp.hub.api.platforms",
    "dockerhub_mcp.hub.auth.docker_config",
    "dockerhub_mcp.hub.auth.docker_login",
    "dockerhub_mcp.hub.error_bodies",
    "dockerhub_mcp.hub.error_mapping",
    "dockerhub_mcp.hub.forbidden_advice",
    "dockerhub_mcp.hub.internal_addresses",
    "dockerhub_mcp.hub.lists.collector",
    "dockerhub_mcp.hub.lists.completeness",
    "dockerhub_mcp.hub.lists.pagination",
    "dockerhub_mcp.hub.lists.prefetcher",
    "dockerhub_mcp.hub.lists.reduction",
    "dockerhub_mcp.hub.missing_objects",
    "dockerhub_mcp.hub.models.accounts",
    "dockerhub_mcp.hub.models.audit_logs",
    "dockerhub_mcp.hub.models.organizations",
    "dockerhub_mcp.hub.models.scim",
    "dockerhub_mcp.hub.models.tags",
    "dockerhub_mcp.sandbox",
    "dockerhub_mcp.server.factory",
    "dockerhub_mcp.shared",
    "dockerhub_mcp.tools.cleanup.memory_plans",
    "dockerhub_mcp.tools.cleanup.model",
    "dockerhub_mcp.tools.cleanup.plan_backend",
    "dockerhub_mcp.tools.cleanup.plan_files",
    "dockerhub_mcp.tools.cleanup.plan_format",
    "dockerhub_mcp.tools.images.tag_facts",
    "dockerhub_mcp.tools.list_reading",
    "dockerhub_mcp.tools.list_reducer",
    "dockerhub_mcp.tools.memory",
    "dockerhub_mcp.tools.mutations.audit_log",
    "dockerhub_mcp.tools.mutations.audit_recorder",
    "dockerhub_mcp.tools.mutations.bulk",
    "dockerhub_mcp.tools.mutations.execute",
    "dockerhub_mcp.tools.mutations.preview",
    "dockerhub_mcp.tools.mutations.secret_files",
    "dockerhub_mcp.tools.results.fitting",
    "dockerhub_mcp.tools.results.position",
    "dockerhub_mcp.tools.results.prose",
    "dockerhub_mcp.tools.results.results",
    "dockerhub_mcp.tools.results.rows",
    "dockerhub_mcp.tools.results.tables",
    "http.cookiejar",
    "httpx2",
    "mcp",
    "mcp_types",
    "redis",
    "socksio",
    "starlette",
    "truststore._api",
    "uvicorn",
}
"""Modules and packages that no read of one object may load. One that is added stays out by this test."""

ONLY_TO_SIGN_IN = {"dockerhub_mcp.hub.methods.authentication"}
LEFT_OUT_OF_LIBRARIES = {
    "email",
    "httpcore2._sync",
    "httpcore2._async.socks_proxy",
    "idna",
    "shutil",
    "zipfile",
}
"""What libraries would import if the server did not load them in part."""
NO_ACCOUNT = {"DOCKERHUB_MCP_DOCKER_CREDENTIALS": "off"}

READ_CALL = """
import sys
sys.modules["aiohttp"] = None  # an extra that loads more
from functools import partial

import anyio

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.validate import load_valid_settings, validate
import dockerhub_mcp.cli.main

config.skip_pydantic_plugins()
environment = config.read_environment()
settings = load_valid_settings({}, environment, validate)

from dockerhub_mcp.bootstrap.stdio import load_program
load_program(with_telemetry=False)
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


@pytest.mark.parametrize("signs_in", [True, False])
async def test_a_read_of_one_object_loads_what_it_needs(
    sandbox: Sandbox, sandbox_url: str, *, signs_in: bool
) -> None:
    owner = sandbox.get_identity("owner")
    account = (
        {"DOCKERHUB_USERNAME": owner.username, "DOCKERHUB_TOKEN": owner.secret} if signs_in else NO_ACCOUNT
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKERHUB_")}
    environment = kept | account | {"DOCKERHUB_API_URL": sandbox_url}
    done = await anyio.run_process([sys.executable, "-c", READ_CALL], env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    loaded = set(done.stdout.decode().split())
    assert "dockerhub_mcp.hub.models.repositories" in loaded
    unwanted = NOT_FOR_A_READ | LEFT_OUT_OF_LIBRARIES | (set() if signs_in else ONLY_TO_SIGN_IN)
    assert loaded & unwanted == set()


@pytest.mark.parametrize("package", ["dockerhub_mcp.hub", "dockerhub_mcp.hub.models"])
def test_a_package_imports_its_exports_when_they_are_used(package: str) -> None:
    program = (
        f"import sys, {package} as package; before = set(sys.modules); "
        "assert not [name for name in before if name.startswith(package.__name__ + '.')], before; "
        "print([name for name in package.__all__ if not hasattr(package, name)], hasattr(package, 'Missing'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] False\n", "")
