"""Test prompts, resources and completions over HTTP, with each caller's tools and each request's account."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import Completion, PromptReference, ResourceTemplateReference, TextResourceContents

from dockerhub_mcp.sandbox import Sandbox
from tests.support.http_requests import basic, bearer, of
from tests.support.web_servers import MODERN, modern, served

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
REPOSITORY = ResourceTemplateReference(uri="dockerhub://{namespace}/{repository}")
LISTS = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"]
CALLERS = """
[reader]
token = "reader-token-0123456789abcdef"
toolsets = ["tags"]

[owner]
token = "owner-token-0123456789abcdef"
access = "admin"
toolsets = ["all"]
"""


async def read(client: Client, uri: str) -> str:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    return contents.text


async def repositories(client: Client, namespace: str, typed: str = "") -> Completion:
    argument = {"name": "repository", "value": typed}
    return (await client.complete(REPOSITORY, argument, {"namespace": namespace})).completion


@MODES
async def test_accounts_of_requests_stay_apart(sandbox_url: str, sandbox: Sandbox, mode: str) -> None:
    environment = {"DOCKERHUB_API_URL": sandbox_url}
    async with served(environment=environment, identity="request") as web:
        owner, outsider = (of(basic, sandbox, name) for name in ("owner", "outsider"))
        async with web.client(mode=mode, **owner) as ada, web.client(mode=mode, **outsider) as mallory:
            for _ in range(3):
                mine, others = await asyncio.gather(
                    read(ada, "dockerhub://ada/journal"),
                    mallory.list_resource_templates(),
                )
                assert "name: journal" in mine
                assert others.resource_templates
                for uri in ("dockerhub://ada/journal", "dockerhub://ada/journal/readme"):
                    with pytest.raises(MCPError, match="missing and private") as caught:
                        await read(mallory, uri)
                    assert "mallory" in caught.value.error.message
                assert "journal" in (await repositories(ada, "ada")).values
                assert "journal" not in (await repositories(mallory, "ada")).values
                assert "account at the Hub: ada (" in await read(ada, "dockerhub://server")
                assert "account at the Hub: mallory (" in await read(mallory, "dockerhub://server")
            organizations = PromptReference(name="review_access"), {"name": "organization", "value": ""}
            assert (await ada.complete(*organizations)).completion.values == ["acme", "milldale"]
            assert (await mallory.complete(*organizations)).completion.values == []


@MODES
async def test_each_caller_is_shown_what_its_token_allows(
    sandbox_url: str, sandbox: Sandbox, tmp_path: Path, mode: str
) -> None:
    callers = tmp_path / "callers.toml"
    callers.write_text(CALLERS)
    whom = sandbox.get_identity("owner")
    environment = {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_USERNAME": whom.username,
        "DOCKERHUB_TOKEN": whom.secret,
    }
    options: dict[str, Any] = {"auth_tokens_file": str(callers), "access": "admin", "toolsets": "all"}
    async with served(environment=environment, **options) as web:
        reader, owner = (bearer(f"{name}-token-0123456789abcdef") for name in ("reader", "owner"))
        async with web.client(mode=mode, **reader) as client:
            prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
            assert prompts == ["pin_image", "explain_failed_pull"]
            templates = (await client.list_resource_templates()).resource_templates
            assert [each.name for each in templates] == ["tag"]
            with pytest.raises(MCPError, match="the token reader was not given it"):
                await read(client, "dockerhub://acme/storefront")
            assert (await repositories(client, "acme")).values == []
            text = await read(client, "dockerhub://server")
            assert "\ncaller: reader\n" in text
            assert "access: read\n" in text
        narrowed = {**owner, "x-mcp-tools": "get_repository"}
        async with web.client(mode=mode, **narrowed) as client:
            templates = (await client.list_resource_templates()).resource_templates
            assert [each.name for each in templates] == ["repository", "readme"]
            assert [each.name for each in (await client.list_prompts()).prompts] == [
                "explain_failed_pull",
                "write_overview",
            ]
        async with web.client(mode=mode, **owner) as client:
            assert len((await client.list_prompts()).prompts) == 5
            assert "storefront" in (await repositories(client, "acme")).values
            assert "access: admin\n" in await read(client, "dockerhub://server")


async def test_results_are_not_cached_across_callers(sandbox_url: str) -> None:
    async with served(environment={"DOCKERHUB_API_URL": sandbox_url}) as web, web.http() as http:
        for method in LISTS:
            headers = {**MODERN, "mcp-method": method}
            result = (await http.post("/mcp", json=modern(method), headers=headers)).json()["result"]
            assert result["cacheScope"] == "private", method
            assert result["ttlMs"] > 0
        message = modern("resources/read", uri="dockerhub://server")
        headers = {**MODERN, "mcp-method": "resources/read", "mcp-name": "dockerhub://server"}
        result = (await http.post("/mcp", json=message, headers=headers)).json()["result"]
        assert (result["cacheScope"], result["ttlMs"]) == ("private", 0)
