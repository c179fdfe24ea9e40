"""The server as a host runs it: the SDK's client over stdio, and the sandbox behind a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.programs import MODES, Connect, make_connect, text_of


@pytest.fixture
def connect(sandbox: Sandbox, sandbox_url: str) -> Connect:
    return make_connect(sandbox, sandbox_url)


ANSWERS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], Any]]] = {
    "create_auth_token": ({}, lambda data: data["username"] == "ada"),
    "login": ({}, lambda data: data["username"] == "ada"),
    "list_repositories": (
        {"namespace": "acme", "max_items": 50},
        lambda data: {"storefront", "base-images"} <= {r["name"] for r in data["results"]},
    ),
    "get_repository": ({"repository": "acme/storefront"}, lambda data: data["is_private"] is True),
    "check_repository": ({"repository": "redis"}, lambda data: data["exists"] is True),
    "list_tags": (
        {"repository": "redis", "name": "8.2.3", "ordering": "newest"},
        lambda data: data["results"] and all("8.2.3" in tag["name"] for tag in data["results"]),
    ),
    "get_tag": (
        {"repository": "docker.io/library/redis:8.2.3"},
        lambda data: data["digest"].startswith("sha256:"),
    ),
    "check_tag": ({"repository": "redis", "tag": "no-such-tag"}, lambda data: data["exists"] is False),
    "list_access_tokens": ({}, lambda data: data["count"] == 11 and "token" not in data["results"][0]),
    "list_org_access_tokens": ({"name": "acme"}, lambda data: data["count"] == 6),
    "list_org_members": (
        {"org_name": "acme", "role": "owner"},
        lambda data: data["results"][0]["username"] == "ada",
    ),
    "list_org_groups": (
        {"org_name": "acme"},
        lambda data: "platform" in {g["name"] for g in data["results"]},
    ),
    "get_org_settings": ({"name": "acme"}, lambda data: data["restricted_images"]["enabled"] is True),
    "list_audit_logs": (
        {"account": "acme", "action": "repo.tag.push", "page_size": 5},
        lambda data: {log["action"] for log in data["results"]} == {"repo.tag.push"},
    ),
    "list_audit_log_actions": ({"account": "acme"}, lambda data: "repo" in data["actions"]),
    "find_tags": (
        {"repository": "redis", "version": "<8", "excluding": ["*alpine*"], "limit": 1},
        lambda data: data["pinned"].startswith("redis:7.4.7@sha256:"),
    ),
    "plan_tag_cleanup": (
        {"repository": "milldale/shared-index", "older_than": "180d"},
        lambda data: data["deletes"] == 3 and data["plan_id"].startswith("cleanup-"),
    ),
    "inspect_image": ({"image": "redis:8.2"}, lambda data: data["platform"] == "linux/amd64"),
    "compare_images": (
        {"image": "redis:8.2", "with_image": "redis:8.2.3"},
        lambda data: data["same"] == "index",
    ),
    "pin_images": (
        {"images": ["redis:8.2.3"]},
        lambda data: [row["pinned"].partition("@")[0] for row in data["images"]] == ["redis:8.2.3"],
    ),
    "explain_pull": (
        {"image": "acme/storefront:latest"},
        lambda data: {row["check"]: row["result"] for row in data["checks"]}["tag"] == "ok",
    ),
    "what_can_i_do": ({}, lambda data: data["organizations"] == "acme (Owner), milldale (Owner)"),
}


@MODES
async def test_every_tool_over_a_real_socket(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    called = set()
    async with connect(mode=mode) as client:
        for name, (arguments, is_right) in ANSWERS.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, text_of(result)
            assert result.structured_content
            assert is_right(result.structured_content), (name, result.structured_content)
            called.add(name)
        tokens = (await client.call_tool("list_access_tokens", {"page_size": 1})).structured_content or {}
        uuid = tokens["results"][0]["uuid"]
        one = await client.call_tool("get_access_token", {"uuid": uuid})
        assert (one.structured_content or {})["uuid"] == uuid
        called.add("get_access_token")
        beside = {"search_repositories", "list_hardened_images", "get_current_user", "list_organizations"}
        listed = {tool.name for tool in (await client.list_tools()).tools} - beside - {"get_organization"}
    async with connect(mode=mode, identity="two-factor") as client:
        first = await client.call_tool("login", {})
        assert first.is_error
        assert "waits for a one-time code" in text_of(first)
        second = await client.call_tool("complete_2fa_login", {"code": "012345"})
        assert (second.structured_content or {})["username"] == "grace"
        called.add("complete_2fa_login")
    assert called == listed
    assert {request.user for request in sandbox.requests} <= {None, "ada", "grace"}


@MODES
async def test_the_client_speaks_the_generation_that_it_asked_for(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        await client.list_tools()
        assert (client.protocol_version == "2026-07-28") is (mode != "legacy")


@MODES
async def test_a_cancelled_call_frees_its_place(connect: Connect, sandbox: Sandbox, mode: str) -> None:
    sandbox.faults.rules.append(Fault(match="/tags/8.2", latency=60))
    async with connect("--max-concurrency", "1", "--timeout", "120", mode=mode, identity=None) as client:
        with anyio.move_on_after(0.3) as scope:
            await client.call_tool("get_tag", {"repository": "redis:8.2"})
        assert scope.cancelled_caught
        with anyio.fail_after(20):
            after = await client.call_tool("check_repository", {"repository": "redis"})
        assert (after.structured_content or {})["exists"] is True


@MODES
async def test_progress_of_a_walk_reaches_the_client(connect: Connect, mode: str) -> None:
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
        seen.append(progress)

    async with connect("--max-result-bytes", "1000000", mode=mode) as client:
        arguments = {"repository": "redis", "max_items": 2600}
        result = await client.call_tool("list_tags", arguments, progress_callback=on_progress)
    data = result.structured_content or {}
    assert len({tag["name"] for tag in data["results"]}) == data["count"] == 2528
    assert "partial" not in data
    assert seen == sorted(seen)
    assert seen[-1] == 2528


@MODES
async def test_no_network_is_an_error_in_time_that_names_the_host(connect: Connect, mode: str) -> None:
    async with connect(
        "--timeout", "5", "--api-url", "http://127.0.0.1:9", mode=mode, identity=None
    ) as client:
        with anyio.fail_after(20):
            result = await client.call_tool("get_tag", {"repository": "redis:8.2"})
    assert result.is_error
    assert "127.0.0.1:9 could not be reached" in text_of(result)


@MODES
async def test_wrong_credentials_are_refused_once_and_the_server_goes_on(
    connect: Connect, sandbox: Sandbox, mode: str
) -> None:
    environment = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN": "dckr_pat_wrong"}
    async with connect(mode=mode, identity=None, **environment) as client:
        refused = await client.call_tool("list_org_members", {"org_name": "acme"})
        assert refused.is_error
        assert "Docker Hub refused to sign in ada" in text_of(refused)
        for _ in range(3):
            assert not (await client.call_tool("get_tag", {"repository": "redis:8.2"})).is_error
    assert sandbox.login_count == 1


@MODES
async def test_a_token_file_that_rotates_is_read_again(
    connect: Connect, sandbox: Sandbox, mode: str, tmp_path: Any
) -> None:
    secret = tmp_path / "token"
    secret.write_text(sandbox.get_identity("expired-pat").secret)
    environment = {"DOCKERHUB_USERNAME": "ada", "DOCKERHUB_TOKEN_FILE": str(secret)}
    async with connect(mode=mode, identity=None, **environment) as client:
        assert (await client.call_tool("get_repository", {"repository": "acme/storefront"})).is_error
        secret.write_text(sandbox.get_identity("owner-pat").secret + "\n")
        assert not (await client.call_tool("get_repository", {"repository": "acme/storefront"})).is_error
    assert sandbox.login_count == 2
