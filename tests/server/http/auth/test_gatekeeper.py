"""Test authentication over HTTP: accepted and rejected requests, and the tools of each caller."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import jwt
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.tools.mutations.audit_file import AuditFile
from dockerhub_mcp.tools.toolsets import PRESETS
from tests.support.authorization_server import RSA, Issuer
from tests.support.http_requests import (
    OWNER,
    READER,
    TAGGER,
    bearer,
    format_log_records,
    new_session,
    open_sse_stream,
)
from tests.support.programs import text_of
from tests.support.web_servers import BOTH, Running, call, modern, routed, served

WRONG = "nobody-token-0123456789abcdef"
TOKENS = f"""
[reader]
token = "{READER}"

[tagger]
token = "{TAGGER}"
access = "admin"
toolsets = ["tags"]

[owner]
token = "{OWNER}"
access = "admin"
"""
BY_TEXT = {"DOCKERHUB_MCP_AUTH_TOKENS": TOKENS}
PUBLIC = "https://mcp.example.com/mcp"
METADATA = "/.well-known/oauth-protected-resource"
RESOURCE_METADATA = f'resource_metadata="https://mcp.example.com{METADATA}/mcp"'


async def post_message(web: Running, message: dict[str, Any], headers: Any = None) -> httpx.Response:
    sent = [*routed(message).items(), *(headers.items() if isinstance(headers, dict) else headers or [])]
    async with web.http() as http:
        return await http.post("/mcp", json=message, headers=sent)


async def request_tool_list(web: Running, headers: Any = None) -> httpx.Response:
    return await post_message(web, modern("tools/list"), headers)


async def list_tool_names(web: Running, headers: dict[str, str]) -> set[str]:
    answer = await request_tool_list(web, headers)
    assert answer.status_code == 200, answer.text
    return {tool["name"] for tool in answer.json()["result"]["tools"]}


async def call_with_tool_error(web: Running, message: dict[str, Any], headers: dict[str, str]) -> str:
    """Return the text of a call that must fail with a tool error."""
    answer = await post_message(web, message, headers)
    result = answer.json()["result"]
    assert result["isError"] is True
    return str(result["content"][0]["text"])


def write_tokens_file(folder: Path, text: str = TOKENS) -> Path:
    path = folder / "tokens.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


async def post_in_session(web: Running, session: str, token: str, method: str = "POST") -> int:
    headers = {**BOTH, **bearer(token), "mcp-session-id": session, "mcp-protocol-version": "2025-11-25"}
    message = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    async with web.http(**headers) as http:
        body = json.dumps(message) if method == "POST" else None
        return (await http.request(method, "/mcp", content=body)).status_code


async def post_in_stream(web: Running, where: str, token: str) -> int:
    message = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    async with web.http(**BOTH, **bearer(token)) as http:
        return (await http.post(where, json=message)).status_code


# --- static tokens ---


@pytest.mark.parametrize("source", ["file", "text", "single", "all"])
async def test_only_requests_with_a_valid_token_are_accepted(tmp_path: Path, source: str) -> None:
    options: dict[str, Any] = {}
    environment: dict[str, str] = {}
    good = [READER, TAGGER, OWNER]
    if source == "file":
        options = {"auth_tokens_file": str(write_tokens_file(tmp_path))}
    elif source == "text":
        environment = dict(BY_TEXT)
    elif source == "single":
        environment, good = {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}, [OWNER]
    else:
        options = {"auth_tokens_file": str(write_tokens_file(tmp_path, f'[reader]\ntoken = "{READER}"'))}
        environment = {
            "DOCKERHUB_MCP_AUTH_TOKENS": f'[tagger]\ntoken = "{TAGGER}"',
            "DOCKERHUB_MCP_AUTH_TOKEN": OWNER,
        }
    async with served(sandbox=True, environment=environment, **options) as web:
        for token in good:
            assert (await request_tool_list(web, bearer(token))).status_code == 200
            assert (await request_tool_list(web, {"authorization": f"bEARER  {token}"})).status_code == 200
        for headers in (
            {},
            {"authorization": ""},
            {"authorization": "Bearer"},
            {"authorization": good[0]},
            {"authorization": f"Basic {good[0]}"},
            {"authorization": f"Token {good[0]}"},
            {"x-api-key": good[0]},
        ):
            answer = await request_tool_list(web, headers)
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"] == 'Bearer realm="dockerhub-mcp"'
            assert "Authorization: Bearer" in answer.json()["error"]["message"]
        for wrong in (WRONG, good[0][:-1], f"{good[0]}x", good[0].upper(), f"{good[0]}, Bearer {good[0]}"):
            answer = await request_tool_list(web, bearer(wrong))
            assert answer.status_code == 401, wrong
            challenge = 'Bearer error="invalid_token", realm="dockerhub-mcp"'
            assert answer.headers["www-authenticate"] == challenge


async def test_no_door_beside_the_one(tmp_path: Path) -> None:
    async with served(sandbox=True, sessions=True, auth_tokens_file=str(write_tokens_file(tmp_path))) as web:
        async with web.http(**BOTH) as http:
            for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS"):
                for path in ("/mcp", "/mcp/", "/sse", "/sse/", "/messages/"):
                    answer = await http.request(method, path, content=b"{}")
                    assert answer.status_code == 401, (method, path)
            for path in ("/mcp//", "//mcp", "/MCP", "/messages", METADATA, f"{METADATA}/mcp"):
                assert (await http.post(path, content=b"{}")).status_code == 404, path
        assert (await request_tool_list(web, bearer(READER))).status_code == 200


@pytest.mark.parametrize(
    "environment",
    [
        {"DOCKERHUB_MCP_AUTH_TOKEN": "short"},
        {"DOCKERHUB_MCP_AUTH_TOKENS": "[ci]\ntoken = 'short'"},
        {"DOCKERHUB_MCP_AUTH_TOKENS": TOKENS, "DOCKERHUB_MCP_AUTH_TOKEN": OWNER},
    ],
)
async def test_tokens_that_are_no_good_stop_the_start(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        async with served(sandbox=True, environment=environment):
            pytest.fail("it serves")
    assert "DOCKERHUB_MCP_AUTH_TOKEN" in str(caught.value)
    assert "short" not in str(caught.value).replace("shortest", "")
    assert OWNER not in str(caught.value)


# --- access of a token ---


async def test_each_token_has_its_own_tools() -> None:
    async with served(sandbox=True, access="admin", toolsets="all", environment=BY_TEXT) as web:
        reader, tagger, owner = [
            await list_tool_names(web, bearer(token)) for token in (READER, TAGGER, OWNER)
        ]
        assert reader < owner
        assert tagger < owner
        assert {"get_tag", "list_tags", "get_repository", "list_org_members"} <= reader
        assert not {tool for tool in reader if tool.startswith(("create_repo", "update_", "delete_"))}
        assert {"list_tags", "get_tag", "delete_tag"} <= tagger
        assert all("tag" in tool or "repository" in tool for tool in tagger)
        assert "create_repository" not in tagger

        deleting = call("delete_tag", repository="acme/storefront", tag="latest")
        said = await call_with_tool_error(web, deleting, bearer(READER))
        assert "delete_tag is switched off" in said
        assert "the token reader was not given it: that needs access admin; only the owner" in said
        assert "Nothing was sent" in said
        said = await call_with_tool_error(web, call("cancel_org_invite", id="x"), bearer(TAGGER))
        assert "the token tagger was not given it: that needs the toolset invites; only" in said
        making = call("create_repository", namespace="acme", name="surprise")
        assert "the token tagger was not given it" in await call_with_tool_error(web, making, bearer(TAGGER))
        assert (await post_message(web, making, bearer(OWNER))).json()["result"].get(
            "isError", False
        ) is False


async def test_a_token_gives_no_more_than_the_server_has() -> None:
    async with served(sandbox=True, access="read", exclude_tools="list_tags", environment=BY_TEXT) as web:
        async with served(sandbox=True, access="read", exclude_tools="list_tags") as plain:
            assert await list_tool_names(web, bearer(OWNER)) == await list_tool_names(plain, {})
        making = call("create_repository", namespace="acme", name="surprise")
        assert "--access write" in await call_with_tool_error(web, making, bearer(OWNER))
        said = await call_with_tool_error(web, making, bearer(READER))
        assert "it needs --access write (or" in said
        assert "the token reader was not given it: that needs access write" in said
        assert "--exclude-tools" in await call_with_tool_error(
            web, call("list_tags", repository="redis"), bearer(TAGGER)
        )


async def test_a_single_token_gives_what_the_server_has() -> None:
    environment = {"DOCKERHUB_MCP_AUTH_TOKEN": OWNER}
    async with served(sandbox=True, access="write", environment=environment) as web:
        tools = await list_tool_names(web, bearer(OWNER))
        refused = await call_with_tool_error(web, call("delete_repository", repository="a/b"), bearer(OWNER))
    assert "create_repository" in tools
    assert "delete_repository" not in tools
    assert "--access admin" in refused
    assert "the token" not in refused


# --- headers that restrict tools ---


async def test_headers_narrow(tmp_path: Path) -> None:
    options: dict[str, Any] = {"access": "admin", "toolsets": "all"}
    options["auth_tokens_file"] = str(write_tokens_file(tmp_path))
    async with served(sandbox=True, **options) as web:
        everything = await list_tool_names(web, bearer(OWNER))
        reader = await list_tool_names(web, bearer(READER))
        for headers in (
            {"x-mcp-access": "read"},
            {"x-mcp-access": "Read"},
            {"x-mcp-access": "read", "x-mcp-toolsets": "all"},
        ):
            assert await list_tool_names(web, bearer(OWNER) | headers) == reader
        assert await list_tool_names(
            web, bearer(OWNER) | {"x-mcp-toolsets": "tags"}
        ) == await list_tool_names(web, bearer(TAGGER))
        two = await list_tool_names(web, bearer(OWNER) | {"x-mcp-tools": "get_tag, delete_tag,"})
        assert two == {"get_tag", "delete_tag"}
        fewer = await list_tool_names(web, bearer(OWNER) | {"x-mcp-exclude-tools": "get_tag,delete_tag"})
        assert fewer == everything - {"get_tag", "delete_tag"}
        default = await list_tool_names(web, bearer(OWNER) | {"x-mcp-toolsets": "default"})
        assert default < everything
        deleting = call("delete_tag", repository="acme/storefront", tag="latest")
        said = await call_with_tool_error(web, deleting, bearer(OWNER) | {"x-mcp-access": "read"})
        assert "X-MCP headers of this request leave it out: it needs X-MCP-Access: admin." in said
        for headers, needed in (
            ({"x-mcp-toolsets": "developer,scim"}, "X-MCP-Toolsets: developer,scim,members"),
            ({"x-mcp-tools": "get_tag"}, "remove_org_member in X-MCP-Tools"),
            ({"x-mcp-exclude-tools": "remove_org_member"}, "X-MCP-Exclude-Tools without remove_org_member"),
        ):
            removing = call("remove_org_member", org_name="acme", username="linus")
            said = await call_with_tool_error(web, removing, bearer(OWNER) | headers)
            assert f"leave it out: it needs {needed}." in said
        preset = await list_tool_names(web, bearer(OWNER) | {"x-mcp-toolsets": "developer"})
        assert preset == PRESETS["developer"].tools


@pytest.mark.parametrize(
    "headers",
    [
        {"x-mcp-access": "admin"},
        {"x-mcp-toolsets": "all"},
        {"x-mcp-toolsets": "all", "x-mcp-access": "admin"},
        {"x-mcp-exclude-tools": "delete_repository"},
        {"x-mcp-access": "", "x-mcp-toolsets": "", "x-mcp-tools": "", "x-mcp-exclude-tools": ""},
    ],
)
async def test_headers_never_widen(headers: dict[str, str]) -> None:
    async with served(sandbox=True, access="write", toolsets="tags,repositories", environment=BY_TEXT) as web:
        for token in (READER, TAGGER, OWNER):
            assert await list_tool_names(web, bearer(token) | headers) == await list_tool_names(
                web, bearer(token)
            )
        named = {"x-mcp-tools": "delete_tag,list_org_members,get_tag"}
        assert await list_tool_names(web, bearer(READER) | headers | named) == {"get_tag"}
        deleting = call("delete_tag", repository="acme/storefront", tag="latest")
        said = await call_with_tool_error(web, deleting, bearer(READER) | headers | named)
        assert "--access admin" in said, "the reason is the one that stands, not the header"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x-mcp-access": "root"}, "The header X-MCP-Access must be one of read, write, admin."),
        ({"x-mcp-toolsets": "tag"}, "The header X-MCP-Toolsets: 'tag' does not exist; did you mean tags"),
        (
            {"x-mcp-tools": "get-tagg"},
            "The header X-MCP-Tools: 'get-tagg' does not exist; did you mean get_tag",
        ),
        (
            {"x-mcp-exclude-tools": "get_tag,delete_tga"},
            "The header X-MCP-Exclude-Tools: 'delete_tga' does not exist; did you mean delete_tag",
        ),
        ({"x-mcp-toolsets": ","}, "The header X-MCP-Toolsets names nothing; leave it out"),
        ({"x-mcp-tools": ",,"}, "The header X-MCP-Tools names nothing; leave it out"),
    ],
)
async def test_headers_that_name_what_there_is_not(headers: dict[str, str], said: str) -> None:
    async with served(sandbox=True) as web:
        answer = await request_tool_list(web, headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith(said), answer.json()
        assert (await request_tool_list(web)).status_code == 200


async def test_a_misspelt_header_is_refused_and_headers_of_others_are_not() -> None:
    async with served(sandbox=True) as web:
        for name, meant in {
            "X-MCP-Toolset": "X-MCP-Toolsets",
            "x-mcp-acces": "X-MCP-Access",
            "X-MCP-Tool": "X-MCP-Tools",
            "X-MCP-Excluded-Tools": "X-MCP-Exclude-Tools",
            "X_MCP_Tools": "",
            "X-MCP-Gateway": "",
            "X-MCP-Proxy-Auth": "",
            "X-MCP-" + "a" * 500: "",
        }.items():
            answer = await request_tool_list(web, {name: "get_tag"})
            assert answer.status_code == (400 if meant else 200), name
            if meant:
                given = name.title().replace("Mcp", "MCP")
                message = answer.json()["error"]["message"]
                assert message == f"There is no header {given}; did you mean {meant}?"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "X-DockerHub-Username",
        "X-DockerHub-Token",
        "Origin",
        "X-MCP-Access",
        "X-MCP-Toolsets",
        "X-MCP-Tools",
        "X-MCP-Exclude-Tools",
        "Mcp-Session-Id",
    ],
)
async def test_a_header_that_is_there_twice_is_refused(name: str) -> None:
    values = {
        "Authorization": bearer(OWNER)["authorization"],
        "Origin": "http://localhost:1",
        "X-MCP-Access": "read",
        "X-MCP-Toolsets": "tags",
    }
    value = values.get(name, "get_tag")
    message = modern("tools/list")
    sent = {key: text for key, text in routed(message).items() if key != name.lower()} | bearer(OWNER)
    if name == "Authorization":
        del sent["authorization"]
    async with served(sandbox=True, environment=BY_TEXT) as web, web.http() as http:
        twice = [*sent.items(), (name, value), (name.lower(), value)]
        answer = await http.post("/mcp", json=message, headers=twice)
    assert answer.status_code == 400
    assert f"{name.lower()} came more than once" in answer.json()["error"]["message"]


# --- secrets stay out of logs and responses ---


async def test_a_token_is_in_no_log_and_no_answer(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        msg = "an error that nothing expects"  # so that the log contains a traceback
        raise RuntimeError(msg)

    monkeypatch.setattr(AuditFile, "append", fail)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="dockerhub_mcp")
    bodies = []
    options: dict[str, Any] = {"access": "admin", "confirm": "never", "sessions": True}
    options["audit_log"] = str(tmp_path / "log")
    async with served(sandbox=True, environment=BY_TEXT, **options) as web:
        for token in (OWNER, WRONG):
            for message in (
                modern("tools/list"),
                call("get_tag", repository="redis:8.2"),
                call("create_repository", namespace="acme", name="surprise"),
                call("no_such_tool"),
            ):
                answer = await post_message(web, message, bearer(token))
                bodies.append(f"{answer.headers} {answer.text}")
            for headers in (
                [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")],
                {"authorization": f"Basic {token}"},
                bearer(token) | {"x-mcp-access": "root"},
                bearer(token) | {"x-dockerhub-username": "ada", "x-dockerhub-token": token},
            ):
                answer = await request_tool_list(web, headers)
                assert answer.status_code in {400, 401}
                bodies.append(f"{answer.headers} {answer.text}")
        async with open_sse_stream(web, bearer(OWNER)) as where:
            assert await post_in_stream(web, where, OWNER) == 202
            assert await post_in_stream(web, where, WRONG) == 401
        async with Client(sse_client(f"{web.url}/sse", headers=bearer(OWNER)), mode="legacy") as client:
            await client.list_tools()
        session = await new_session(web, OWNER)
        assert await post_in_session(web, session, OWNER) == 200
        assert await post_in_session(web, session, WRONG) == 401
    logged = format_log_records(caplog.records)
    assert "rejected a token" in logged
    assert "tools/list" in logged, "the records of libraries are looked at too"
    assert "Traceback" in logged
    for secret in (OWNER, WRONG):
        assert secret not in logged
        assert secret not in "\n".join(bodies)


# --- throttling ---


async def test_guessing_is_throttled_and_does_not_affect_other_callers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(sandbox=True, auth_tokens_file=str(write_tokens_file(tmp_path))) as web:
        assert (await request_tool_list(web, bearer(OWNER))).status_code == 200
        for number in range(10):
            assert (await request_tool_list(web, bearer(f"{WRONG}{number}"))).status_code == 401
        for token in (WRONG, READER):
            answer = await request_tool_list(web, bearer(token))
            assert answer.status_code == 429, "nothing is looked up any more"
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert "www-authenticate" not in answer.headers
        assert (await request_tool_list(web, bearer(OWNER))).status_code == 200, "it was good before"
        assert (await request_tool_list(web)).status_code == 401, "without a token nothing is tried"
    assert [r.levelname for r in caplog.records if r.getMessage() == "too many failed attempts"] == [
        "WARNING",
        "WARNING",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 must be set up first")
async def test_guessing_is_counted_for_each_address(tmp_path: Path) -> None:
    async with served(sandbox=True, auth_tokens_file=str(write_tokens_file(tmp_path))) as web:
        message = modern("tools/list")
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=web.url, transport=elsewhere, trust_env=False) as http:
            for number in range(11):
                headers = routed(message) | bearer(f"{WRONG}{number}")
                answer = await http.post("/mcp", json=message, headers=headers)
            assert answer.status_code == 429
            forwarded = routed(message) | bearer(WRONG) | {"x-forwarded-for": "10.0.0.9"}
            assert (await http.post("/mcp", json=message, headers=forwarded)).status_code == 429
        assert (await request_tool_list(web, bearer(READER))).status_code == 200


# --- revoked tokens, and sessions that belong to a caller ---


async def until_refused(ask: Callable[[], Any]) -> None:
    for _ in range(100):
        if await ask() == 401:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the token is still taken")


async def test_a_token_that_is_taken_back_is_refused_at_the_next_message(tmp_path: Path) -> None:
    path = write_tokens_file(tmp_path)
    async with served(sandbox=True, sessions=True, auth_tokens_file=str(path)) as web:
        session, kept = await new_session(web, READER), await new_session(web, OWNER)
        async with (
            open_sse_stream(web, bearer(READER)) as where,
            open_sse_stream(web, bearer(OWNER)) as other,
        ):
            assert await post_in_session(web, session, READER) == 200
            assert await post_in_stream(web, where, READER) == 202
            path.write_text(f'[owner]\ntoken = "{OWNER}"\naccess = "admin"\n', "utf-8")

            async def ask() -> int:
                return (await request_tool_list(web, bearer(READER))).status_code

            await until_refused(ask)
            assert await post_in_session(web, session, READER) == 401
            assert await post_in_session(web, session, READER, "GET") == 401
            assert await post_in_session(web, session, READER, "DELETE") == 401
            assert await post_in_stream(web, where, READER) == 401
            assert await post_in_session(web, kept, OWNER) == 200
            assert await post_in_stream(web, other, OWNER) == 202


async def test_a_token_s_ceiling_counts_from_the_next_message_on(tmp_path: Path) -> None:
    path = write_tokens_file(tmp_path)
    options: dict[str, Any] = {"access": "admin", "toolsets": "all", "auth_tokens_file": str(path)}
    async with (
        served(sandbox=True, sessions=True, **options) as web,
        web.client(mode="legacy", **bearer(OWNER)) as client,
    ):
        assert "delete_tag" in {tool.name for tool in (await client.list_tools()).tools}
        path.write_text(TOKENS.replace(f'{OWNER}"\naccess = "admin"', f'{OWNER}"'), "utf-8")
        for _ in range(100):
            if "delete_tag" not in await list_tool_names(web, bearer(OWNER)):
                break
            await asyncio.sleep(0.1)
        result = await client.call_tool("delete_tag", {"repository": "acme/storefront", "tag": "latest"})
    assert result.is_error
    assert "the token owner was not given it" in text_of(result)


async def test_a_session_is_its_caller_s_own() -> None:
    async with served(sandbox=True, sessions=True, environment=BY_TEXT) as web:
        session = await new_session(web, READER)
        for method in ("POST", "GET", "DELETE"):
            assert await post_in_session(web, session, OWNER, method) == 404
        async with open_sse_stream(web, bearer(READER)) as where:
            assert await post_in_stream(web, where, OWNER) == 404
            assert await post_in_stream(web, where, READER) == 202
        assert await post_in_session(web, session, READER) == 200
        assert await post_in_session(web, session, READER, "DELETE") == 200


# --- OAuth ---


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made: list[Issuer] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(reader, writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    made.append(Issuer(server.sockets[0].getsockname()[1]))
    yield made[0]
    server.close()
    await server.wait_closed()


def signed(issuer: Issuer, **claims: Any) -> str:
    good = {"iss": issuer.url, "aud": PUBLIC, "sub": "ada", "exp": int(time.time()) + 300}
    return jwt.encode(
        good | {"scope": "dockerhub:read"} | claims, RSA, algorithm="RS256", headers={"kid": "k1"}
    )


def with_oauth(issuer: Issuer, **more: Any) -> Any:
    options: dict[str, Any] = {
        "sandbox": True,
        "access": "admin",
        "toolsets": "all",
        "oauth_issuer": issuer.url,
        "public_url": PUBLIC,
    }
    return served(**(options | more))


async def test_a_client_finds_its_way_to_a_token(issuer: Issuer) -> None:
    async with with_oauth(issuer) as web:
        answer = await request_tool_list(web)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == f"Bearer {RESOURCE_METADATA}"
        async with web.http(host="mcp.example.com") as http:
            document = await http.get(f"{METADATA}/mcp")
            assert document.status_code == 200
            assert document.headers["content-type"] == "application/json"
            assert document.json() == {
                "resource": PUBLIC,
                "authorization_servers": [issuer.url],
                "scopes_supported": ["dockerhub:read", "dockerhub:write", "dockerhub:admin"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Docker Hub MCP",
            }
            assert (await http.get(METADATA)).json() == document.json(), "older clients ask at the root"
            assert (await http.head(f"{METADATA}/mcp")).status_code == 200
            assert (await http.post(f"{METADATA}/mcp", content=b"")).headers["allow"] == "GET, HEAD"
            for other in (f"{METADATA}/other", f"{METADATA}-evil", f"{METADATA}/mcp/more"):
                assert (await http.get(other)).status_code == 404, other
        assert (await request_tool_list(web, bearer(signed(issuer)))).status_code == 200
        async with web.http(host="evil.example") as http:
            assert (await http.get(f"{METADATA}/mcp")).status_code == 421


async def test_scopes_are_ceilings(issuer: Issuer) -> None:
    async with with_oauth(issuer) as web:
        levels = [
            await list_tool_names(web, bearer(signed(issuer, scope=scope)))
            for scope in ("openid dockerhub:read", "dockerhub:write", "dockerhub:admin dockerhub:read")
        ]
        assert levels[0] < levels[1] < levels[2]
        deleting = call("delete_tag", repository="acme/storefront", tag="latest")
        said = await call_with_tool_error(web, deleting, bearer(signed(issuer)))
        assert "the token of ada was not given it: that needs the scope dockerhub:admin, which the" in said
        assert "owner of this server" not in said


async def test_scopes_may_have_other_names(issuer: Issuer) -> None:
    async with with_oauth(issuer, oauth_scopes="read=hub.see,write=hub.change") as web:
        assert "create_repository" in await list_tool_names(web, bearer(signed(issuer, scope="hub.change")))
        answer = await request_tool_list(web, bearer(signed(issuer)))
    assert answer.status_code == 403
    challenge = f'Bearer error="insufficient_scope", scope="hub.see", {RESOURCE_METADATA}'
    assert answer.headers["www-authenticate"] == challenge
    assert "hub.see or hub.change" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example/mcp"},
        {"aud": "https://mcp.example.com/mcp/"},
        {"iss": "https://other.example"},
        {"exp": 1_000_000_000},
        {"sub": ""},
    ],
)
async def test_oauth_tokens_that_are_no_good(issuer: Issuer, claims: dict[str, Any]) -> None:
    async with with_oauth(issuer) as web:
        answer = await request_tool_list(web, bearer(signed(issuer, **claims)))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer error="invalid_token", {RESOURCE_METADATA}'


async def test_an_audience_of_the_operator_s_choice(issuer: Issuer) -> None:
    async with with_oauth(issuer, oauth_audience="hub-mcp,other") as web:
        assert (await request_tool_list(web, bearer(signed(issuer, aud=["hub-mcp"])))).status_code == 200
        assert (await request_tool_list(web, bearer(signed(issuer)))).status_code == 401


async def test_an_unavailable_issuer_is_reported_as_503(issuer: Issuer) -> None:
    issuer.is_down = True
    async with with_oauth(issuer, environment=BY_TEXT) as web:
        answer = await request_tool_list(web, bearer(signed(issuer)))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "authorization server does not answer" in answer.json()["error"]["message"]
        assert (await request_tool_list(web, bearer(OWNER))).status_code == 200, "this needs no keys"


async def test_an_oauth_token_is_in_no_log_and_no_answer(
    issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="dockerhub_mcp")
    tokens = [signed(issuer), signed(issuer, aud="other"), signed(issuer, scope="other")]
    tokens.append(tokens[0][:-8] + "AAAAAAAA")
    bodies = []
    async with with_oauth(issuer) as web:
        for token in tokens:
            answer = await request_tool_list(web, bearer(token))
            bodies.append(f"{answer.headers} {answer.text}")
    logged = format_log_records(caplog.records) + "\n".join(bodies)
    assert "meant for another audience" in logged
    assert "no key of the issuer verifies it" in logged
    for token in tokens:
        for part in token.split(".")[1:]:
            assert part not in logged


async def test_both_kinds_of_tokens_together(issuer: Issuer) -> None:
    text = f'[ada]\ntoken = "{OWNER}"\naccess = "write"\n'
    environment = {"DOCKERHUB_MCP_AUTH_TOKENS": text}
    async with with_oauth(issuer, sessions=True, environment=environment) as web:
        by_oauth = signed(issuer)
        assert "create_repository" in await list_tool_names(web, bearer(OWNER))
        assert "create_repository" not in await list_tool_names(web, bearer(by_oauth))
        answer = await request_tool_list(web, bearer(WRONG))
        assert answer.headers["www-authenticate"] == f'Bearer error="invalid_token", {RESOURCE_METADATA}'
        # The same name at another issuer is another caller.
        session, other = await new_session(web, OWNER), await new_session(web, by_oauth)
        assert await post_in_session(web, session, by_oauth) == 404
        assert await post_in_session(web, other, OWNER) == 404
        assert (
            await post_in_session(web, other, signed(issuer, jti="another token of the same person")) == 200
        )
        assert await post_in_session(web, other, signed(issuer, sub="eve")) == 404
