"""Prompts, resources and completions over real stdio, with access options of the command line."""

from __future__ import annotations

import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference, ResourceTemplateReference, TextContent, TextResourceContents

from dockerhub_mcp.sandbox import Sandbox
from tests.support.programs import MODES, Connect, make_connect, text_of

TAG = ResourceTemplateReference(uri="dockerhub://{namespace}/{repository}/tags/{tag}")


@pytest.fixture
def connect(sandbox: Sandbox, sandbox_url: str) -> Connect:
    return make_connect(sandbox, sandbox_url)


async def read(client: Client, uri: str) -> str:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, TextResourceContents)
    return contents.text


@MODES
async def test_a_user_picks_a_tag_from_the_completions(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    async with connect(mode=mode) as client:
        assert [each.uri for each in (await client.list_resources()).resources] == ["dockerhub://server"]
        templates = (await client.list_resource_templates()).resource_templates
        assert TAG.uri in {each.uri_template for each in templates}
        chosen: dict[str, str] = {}
        for name, typed, value in (
            ("namespace", "ac", "acme"),
            ("repository", "sto", "storefront"),
            ("tag", "", None),
        ):
            found = await client.complete(TAG, {"name": name, "value": typed}, chosen)
            chosen[name] = value or found.completion.values[0]
            assert chosen[name] in found.completion.values
        text = await read(client, "dockerhub://{namespace}/{repository}/tags/{tag}".format(**chosen))
        assert f"name: {chosen['tag']}\n" in text
        assert "digest: sha256:" in text
        shown = await client.call_tool("get_repository", {"repository": "acme/storefront"})
        assert (await read(client, "dockerhub://acme/storefront")).endswith(text_of(shown))
        whole = await client.call_tool(
            "get_repository", {"repository": "redis", "fields": ["full_description"]}
        )
        quoted = [line for line in text_of(whole).split("\n") if line.startswith(">")]
        assert (await read(client, "dockerhub://library/redis/readme")).split("\n")[-len(quoted) :] == quoted
    secrets = {sandbox.get_identity("owner").secret, sandbox.scim_token}
    async with connect(mode=mode, identity="owner") as client:
        text = await read(client, "dockerhub://server")
        assert "account at the Hub: ada (signed in with a password)" in text
        assert not any(secret in text for secret in secrets)


@MODES
async def test_access_options_of_the_command_line(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    async with connect("--toolsets", "members,tags", "--exclude-tools", "get_tag", mode=mode) as client:
        assert (await client.list_resource_templates()).resource_templates == []
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert names == ["pin_image", "review_access", "explain_failed_pull"]
        for uri, option in (
            ("dockerhub://library/redis/tags/8.2", "--exclude-tools"),
            ("dockerhub://acme/storefront", "--toolsets members,tags,repositories"),
        ):
            with pytest.raises(MCPError, match=option) as caught:
                await client.read_resource(uri)
            assert caught.value.error.code == (-32002 if mode == "legacy" else -32602)
        found = await client.complete(
            PromptReference(name="pin_image"), {"name": "image", "value": "acme/"}, None
        )
        assert found.completion.values == []
        prompt = await client.get_prompt("pin_image", {"image": "redis"})
        content = prompt.messages[0].content
        assert isinstance(content, TextContent)
        assert "- `list_tags`: " in content.text
        assert "get_tag (the owner of this server excluded it (--exclude-tools))" in content.text
        assert not sandbox.requests
        text = await read(client, "dockerhub://server")
        assert "  tags: list_tags, check_tags, check_tag\n" in text


@MODES
async def test_a_missing_network_is_reported_without_delay(connect: Connect, mode: str) -> None:
    options = ("--timeout", "2", "--api-url", "http://127.0.0.1:9")
    async with connect(*options, mode=mode) as client:
        with pytest.raises(MCPError, match=r"127\.0\.0\.1:9 could not be reached") as caught:
            await client.read_resource("dockerhub://library/redis")
        assert caught.value.error.code == -32603
        place = {"namespace": "library", "repository": "redis"}
        assert (await client.complete(TAG, {"name": "tag", "value": "8"}, place)).completion.values == []
        assert "127.0.0.1:9 could not be reached" in await read(client, "dockerhub://server")
