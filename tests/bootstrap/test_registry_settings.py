"""Which registry settings name, and what is wrong with their addresses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from dockerhub_mcp import config
from dockerhub_mcp.bootstrap.hubs import HubFactory, build_mutation_policy, build_tool_context
from dockerhub_mcp.bootstrap.registry_settings import find_registry_address
from dockerhub_mcp.bootstrap.validate import validate
from dockerhub_mcp.config import Settings
from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.transport.events import RequestAttempt
from dockerhub_mcp.registry import ImageIndex, ImageManifest
from dockerhub_mcp.registry.addresses import REGISTRY_ROUTES

OTHER = "https://hub.example"


def find_problems(**environment: str) -> list[str]:
    settings = config.load_settings({}, environment)
    return [f"{problem.setting}: {problem}" for problem in validate(settings, environment)]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://registry-1.docker.io"),
        ({"api_url": "https://HUB.docker.com/"}, "https://registry-1.docker.io"),
        ({"api_url": OTHER}, None),
        ({"api_url": "http://localhost:8080"}, None),
        ({"api_url": OTHER, "registry_url": "https://registry.example"}, "https://registry.example"),
        ({"registry_url": "http://127.0.0.1:5000"}, "http://127.0.0.1:5000"),
        ({"sandbox": True, "registry_url": "https://registry.example"}, "http://localhost"),
        ({"sandbox": True, "api_url": OTHER}, "http://localhost"),
    ],
)
def test_which_registry_is_contacted(settings: dict[str, Any], url: str | None) -> None:
    found = find_registry_address(Settings(**settings))
    assert (None if found is None else found.url) == url


@pytest.mark.parametrize("variable", ["DOCKERHUB_REGISTRY_URL", "DOCKERHUB_REGISTRY_AUTH_URL"])
@pytest.mark.parametrize(
    "value",
    ["http://registry.example", "registry.example", "https://u:s3cret@r.example", "https://r.example/v2"],
)
def test_an_address_that_cannot_be_one_is_reported(variable: str, value: str) -> None:
    [problem, *others] = find_problems(**{"DOCKERHUB_REGISTRY_URL": "https://r.example", variable: value})
    assert others == []
    assert problem.startswith(f"{variable}: ")
    assert "s3cret" not in problem
    assert "the Hub" not in problem
    assert "Write " in problem or "Use https" in problem or "Give credentials" in problem


@pytest.mark.parametrize("registry", ["", "https://registry-1.docker.io"])
def test_a_token_service_without_a_registry_of_its_own_is_reported(registry: str) -> None:
    problems = find_problems(
        DOCKERHUB_REGISTRY_URL=registry, DOCKERHUB_REGISTRY_AUTH_URL="https://auth.example"
    )
    assert len(problems) == 1
    assert "DOCKERHUB_REGISTRY_AUTH_URL is set, but " in problems[0]


def test_good_addresses_are_accepted() -> None:
    assert find_problems(DOCKERHUB_REGISTRY_URL="http://localhost:5000") == []
    assert (
        find_problems(
            DOCKERHUB_REGISTRY_URL="https://r.example", DOCKERHUB_REGISTRY_AUTH_URL="https://auth.example"
        )
        == []
    )


def test_settings_are_checked_without_loading_the_client() -> None:
    code = (
        "import sys; from dockerhub_mcp.bootstrap.validate import validate; from dockerhub_mcp.config import *; "
        "validate(Settings(registry_url='https://r.example'), {}); "
        "print([each for each in ('httpx2', 'pydantic', 'anyio') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_each_account_has_its_own_registry_client() -> None:
    async with HubFactory(Settings(sandbox=True), {}) as factory:
        hub = factory.create_hub(fixed=True)
        other = factory.create_hub_for(Credentials.from_strings("grace", "password-of-grace"))
        assert factory.registry_for(hub) is factory.registry_for(hub.with_method_check(print))
        assert factory.registry_for(hub) is not factory.registry_for(other)


async def test_tools_of_another_hub_have_no_registry() -> None:
    settings = Settings(api_url=OTHER)
    async with HubFactory(settings, {}) as factory:
        hub = factory.create_hub()
        policy = build_mutation_policy(settings)
        assert build_tool_context(settings, hub, policy, factory.registry_for).registry is None


async def test_requests_to_the_registry_are_observed() -> None:
    """Each is one of the routes that metrics count by themselves."""
    seen: list[tuple[str, str, int | None]] = []

    def observe(attempt: RequestAttempt) -> None:
        seen.append((attempt.verb, attempt.path_template, attempt.status))

    settings = Settings(sandbox=True)
    async with HubFactory(settings, {}, on_attempt=observe) as factory:
        policy = build_mutation_policy(settings)
        context = build_tool_context(settings, factory.create_hub(), policy, factory.registry_for)
        assert context.registry is not None
        session = context.registry.start_session()
        index = await session.get_manifest(
            "acme/billing-api", (await session.list_tags("acme/billing-api")).names[0]
        )
        assert isinstance(index, ImageIndex)
        await session.list_referrers("acme/billing-api", index.digest)
        image = await session.get_manifest("acme/billing-api", index.descriptors[0].digest)
        assert isinstance(image, ImageManifest)
        await session.get_config("acme/billing-api", image)
    assert {(verb, template) for verb, template, _ in seen} == REGISTRY_ROUTES
    del seen[5:]
    assert seen == [
        ("GET", "/v2/", 401),
        ("GET", "/token", 200),
        ("GET", "/v2/{name}/tags/list", 200),
        ("HEAD", "/v2/{name}/manifests/{reference}", 200),
        ("GET", "/v2/{name}/manifests/{reference}", 200),
    ]


@pytest.mark.parametrize(
    ("variable", "path"), [("DOCKERHUB_REGISTRY_URL", "/v2/"), ("DOCKERHUB_REGISTRY_AUTH_URL", "/token")]
)
def test_a_path_is_refused_with_one_that_requests_have(variable: str, path: str) -> None:
    settings = {"DOCKERHUB_REGISTRY_URL": "https://r.example", variable: "https://r.example/proxy"}
    [problem] = find_problems(**settings)
    assert f"adds its own path, such as {path}." in problem
    assert problem.endswith(f"Write {variable} as https://r.example.")
