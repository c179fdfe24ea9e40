"""The server card, and the catalog that lists it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dockerhub_mcp import __version__
from dockerhub_mcp.server.http.middleware.server_card import build_catalog, build_server_card
from tests.support.web_servers import served

PUBLIC = "https://mcp.example.com/docker/mcp"
CARD, CATALOG = "/mcp/server-card", "/.well-known/ai-catalog.json"
TOKEN = "a-token-of-at-least-thirty-two-characters"


async def test_the_catalog_leads_to_the_card_and_the_card_to_the_server() -> None:
    async with served(sandbox=True, public_url=PUBLIC) as web, web.http(origin="https://any.example") as http:
        catalog = await http.get(CATALOG)
        assert catalog.headers["content-type"] == "application/ai-catalog+json"
        assert catalog.json() == {
            "specVersion": "1.0",
            "entries": [
                {
                    "identifier": "urn:air:mcp.example.com:dockerhub-mcp",
                    "displayName": "Docker Hub",
                    "type": "application/mcp-server-card+json",
                    "url": f"{PUBLIC}/server-card",
                }
            ],
        }
        answer = await http.get(CARD)
        card = answer.json()
    assert answer.headers["content-type"] == "application/mcp-server-card+json"
    for each in (catalog, answer):
        assert each.headers["access-control-allow-origin"] == "*", "web pages may read it"
        assert each.headers["cache-control"] == "public, max-age=3600"
    assert (card["name"], card["version"]) == ("com.example.mcp/dockerhub-mcp", __version__)
    (remote,) = card["remotes"]
    assert (remote["type"], remote["url"]) == ("streamable-http", PUBLIC)


async def test_the_card_agrees_with_the_running_server() -> None:
    async with (
        served(sandbox=True, public_url=PUBLIC) as web,
        web.http() as http,
        web.client(mode="legacy") as client,
    ):
        card = (await http.get(CARD)).json()
        info = client.server_info
        assert info is not None
        assert (card["version"], card["title"], card["description"]) == (
            info.version,
            info.title,
            info.description,
        )
        versions = card["remotes"][0]["supportedProtocolVersions"]
        assert {"2025-06-18", "2025-11-25", "2026-07-28"} <= set(versions)


@pytest.mark.parametrize(
    ("options", "environment", "is_needed"),
    [({}, {}, False), ({}, {"DOCKERHUB_MCP_AUTH_TOKEN": TOKEN}, True)],
)
async def test_the_card_says_whether_a_token_is_needed(
    options: dict[str, Any], environment: dict[str, str], is_needed: bool
) -> None:
    async with (
        served(sandbox=True, public_url=PUBLIC, environment=environment, **options) as web,
        web.http() as http,
    ):
        answer = await http.get(CARD)
    headers = answer.json()["remotes"][0].get("headers", [])
    assert [(each["name"], each["isSecret"]) for each in headers] == [("Authorization", True)] * is_needed
    assert TOKEN not in answer.text


async def test_only_a_public_server_has_a_card() -> None:
    async with served(sandbox=True) as web, web.http() as http:
        assert [(await http.get(path)).status_code for path in (CARD, CATALOG)] == [404, 404]


async def test_other_methods_and_paths() -> None:
    async with served(sandbox=True, public_url=PUBLIC, path="/hub/") as web, web.http() as http:
        assert (await http.get("/hub/server-card")).status_code == 200
        assert (await http.head("/hub/server-card")).status_code == 200
        preflight = await http.options("/hub/server-card")
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-methods"] == "GET"
        assert (await http.post("/hub/server-card", content=b"{}")).headers["allow"] == "GET, HEAD"
        for path in (CARD, "/hub/server-card/", "/.well-known/ai-catalog.json/more"):
            assert (await http.get(path)).status_code in {401, 404}, path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/mcp", "com.example/dockerhub-mcp"),
        ("http://localhost:8000/mcp", "localhost/dockerhub-mcp"),
        ("http://192.0.2.7/mcp", "192.0.2.7/dockerhub-mcp"),
        ("http://[2001:db8::1]/mcp", "2001-db8--1/dockerhub-mcp"),
        ("https://a1.cafe/mcp", "cafe.a1/dockerhub-mcp"),
    ],
)
def test_the_name_is_that_of_the_host(url: str, name: str) -> None:
    card = build_server_card(url, requires_token=False)
    assert card["name"] == name
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", name)
    assert len(card["description"]) <= 100
    assert build_catalog(url)["entries"][0]["url"] == f"{url}/server-card"
