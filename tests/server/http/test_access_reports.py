"""What callers over HTTP read of their account and tools: their own, and nothing of the operator's machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from mcp import Client
from mcp_types import TextContent

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.data.identities import IDENTITIES
from tests.support.http_requests import basic, bearer, of
from tests.support.web_servers import served

CALLERS = """
[reader]
token = "reader-token-0123456789abcdef"
toolsets = ["tags", "images"]

[owner]
token = "owner-token-0123456789abcdef"
access = "admin"
toolsets = ["all"]
"""


async def read(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def test_each_request_reports_the_account_that_it_brings(sandbox_url: str, sandbox: Sandbox) -> None:
    environment = {"DOCKERHUB_API_URL": sandbox_url, "DOCKERHUB_REGISTRY_URL": sandbox_url}
    async with served(environment=environment, identity="request") as web:
        names = ["owner", "outsider", "org-token-narrow", "two-factor-pat"]
        texts = {}
        for _ in range(2):
            for name in names:
                async with web.client(**of(basic, sandbox, name)) as client:
                    report, pull = await asyncio.gather(
                        read(client, "what_can_i_do"),
                        read(client, "explain_pull", image="acme/billing-api"),
                    )
                    texts[name] = f"{report}\n{pull}"
                    account = IDENTITIES[name].username
                    assert f"{account}, signed in with" in report
        assert "Nothing was found" in texts["owner"]
        for name in ("outsider", "org-token-narrow"):
            assert "No repository acme/billing-api is visible to" in texts[name]
        for text in texts.values():
            assert not [each.secret for each in IDENTITIES.values() if each.secret in text]


async def test_callers_of_one_account_report_their_own_tools(
    sandbox_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    callers = tmp_path / "callers.toml"
    callers.write_text(CALLERS)
    account = sandbox.get_identity("owner")
    environment = {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_REGISTRY_URL": sandbox_url,
        "DOCKERHUB_USERNAME": account.username,
        "DOCKERHUB_TOKEN": account.secret,
    }
    options: dict[str, Any] = {"auth_tokens_file": str(callers), "access": "admin", "toolsets": "all"}
    async with served(environment=environment, **options) as web:
        reader, owner = (bearer(f"{name}-token-0123456789abcdef") for name in ("reader", "owner"))
        narrowed = {**owner, "x-mcp-toolsets": "images"}
        texts = []
        for headers in (reader, owner, narrowed, reader):
            async with web.client(**headers) as client:
                texts.append(await read(client, "what_can_i_do"))
    first, everything, requested, second = texts
    for text in (first, second):
        assert "caller: reader\n" in text
        assert "access: read\n" in text
        assert "not given to this caller" in text
    assert "access: admin\n" in everything
    assert "not given to this caller" not in everything
    assert "left out by the X-MCP headers of the request" in requested
    for text in texts:
        assert account.secret not in text
        assert str(tmp_path) not in text
        assert "0123456789abcdef" not in text


async def test_the_path_of_a_secret_stays_with_the_operator(sandbox_url: str, tmp_path: Path) -> None:
    token = tmp_path / "the-token"
    token.write_text("dckr_pat_sandbox_admin")
    environment = {
        "DOCKERHUB_API_URL": sandbox_url,
        "DOCKERHUB_REGISTRY_URL": sandbox_url,
        "DOCKERHUB_USERNAME": "ada",
        "DOCKERHUB_TOKEN_FILE": str(token),
    }
    async with served(environment=environment) as web, web.client() as client:
        token.unlink()
        report = await read(client, "what_can_i_do")
        pull = await read(client, "explain_pull", image="redis")
    assert "its operator sees why" in report
    assert "its operator sees why" in pull
    assert str(tmp_path) not in report + pull
