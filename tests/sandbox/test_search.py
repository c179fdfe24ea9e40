from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.handlers.search import format_pull_count

Ask = Callable[..., Awaitable[httpx.Response]]
SEARCH, OLDER = "/api/search/v4", "/v2/search/repositories/"
FIELDS = {
    "id",
    "name",
    "slug",
    "type",
    "publisher",
    "created_at",
    "updated_at",
    "short_description",
    "badge",
    "star_count",
    "pull_count",
    "operating_systems",
    "architectures",
    "logo_url",
    "extension_reviewed",
    "categories",
    "archived",
}


async def search(ask: Ask, **params: Any) -> dict[str, Any]:
    answer = await ask(None, "GET", SEARCH, params=params)
    assert (answer.status_code, list(answer.json())) == (200, ["total", "results"])
    body: dict[str, Any] = answer.json()
    return body


async def names(ask: Ask, **params: Any) -> list[str]:
    return [entry["name"] for entry in (await search(ask, size=100, **params))["results"]]


async def test_a_result_says_what_it_is(ask: Ask) -> None:
    body = await search(ask, query="redis")
    found = body["results"][0]
    assert set(found) == FIELDS
    assert (found["name"], found["badge"], found["type"]) == ("redis", "official", "image")
    assert found["pull_count"] == "10B+"
    assert found["publisher"]["name"] == "Docker Official Images"
    assert {"name": "amd64", "label": "x86-64"} in found["architectures"]
    assert {"name": "linux", "label": "Linux"} in found["operating_systems"]
    assert found["categories"] == [{"name": "Databases & storage", "slug": "databases-and-storage"}]


async def test_well_known_names_are_used_by_many(ask: Ask) -> None:
    body = await search(ask, query="redis")
    assert (body["total"], len(body["results"])) == (15, 15)
    assert {entry["badge"] for entry in body["results"]} == {
        "official",
        "verified_publisher",
        "open_source",
        "none",
    }
    assert [entry["name"] for entry in body["results"][:2]] == ["redis", "quayside/redis"]
    for entry in body["results"]:
        assert set(entry["logo_url"]) == {"large", "small"}
        assert entry["logo_url"]["large"].endswith(".png") is (entry["badge"] != "none")
        assert entry["publisher"]["id"], entry["name"]
        assert entry["categories"], entry["name"]
        assert entry["architectures"], entry["name"]


@pytest.mark.parametrize("word", ["curl", "nginx", "node", "python"])
async def test_hardened_images_come_first(ask: Ask, word: str) -> None:
    first = (await search(ask, query=word))["results"][0]
    assert (first["name"], first["type"], first["badge"]) == (f"dhi/{word}", "dhi", "hardened")


async def test_matches_are_by_name_then_by_description(ask: Ask) -> None:
    found = await names(ask, query="python")
    assert found[:2] == ["dhi/python", "python"]
    assert await names(ask, query="no-such-thing-anywhere") == []
    assert "acme/storefront" not in await names(ask, query="storefront")
    assert (await names(ask, query="ACME/CLI"))[0] == "acme/cli"


async def test_results_are_skipped_and_cut(ask: Ask) -> None:
    everything = await search(ask, query="api", size=100)
    part = await search(ask, query="api", **{"from": 3}, size=2)
    assert part["total"] == everything["total"]
    assert part["results"] == everything["results"][3:5]
    assert len((await search(ask))["results"]) == 25


@pytest.mark.parametrize(
    ("params", "field", "values"),
    [
        ({"type": "dhi"}, "type", {"dhi"}),
        ({"type": "plugin"}, "type", {"plugin"}),
        ({"badges": "official"}, "badge", {"official"}),
        ({"badges": "hardened,verified_publisher"}, "badge", {"hardened", "verified_publisher"}),
        ({"badges": "none"}, "badge", {"none"}),
    ],
)
async def test_results_are_filtered(ask: Ask, params: dict[str, str], field: str, values: set[str]) -> None:
    results: list[dict[str, Any]] = []
    while len(results) < (body := await search(ask, size=100, **{"from": len(results)}, **params))["total"]:
        results += body["results"]
    assert {entry[field] for entry in results} == values


async def test_results_are_filtered_by_what_they_run_on_and_are_for(ask: Ask) -> None:
    assert "golang" in await names(ask, query="golang", operating_systems="windows")
    assert "alpine" not in await names(ask, query="alpine", operating_systems="windows")
    assert await names(ask, query="nginx", architectures="s390x", badges="official") == ["nginx"]
    assert await names(ask, query="nginx", categories="message-queues") == []
    assert "rabbitmq" in await names(ask, categories="Message queues")


async def test_results_are_sorted(ask: Ask) -> None:
    def updates(body: dict[str, Any]) -> list[str]:
        return [entry["updated_at"] for entry in body["results"]]

    newest = updates(await search(ask, query="api", sort="updated_at"))
    oldest = updates(await search(ask, query="api", sort="updated_at", order="asc"))
    assert newest[0] > oldest[0]
    most = await search(ask, sort="pull_count", order="desc")
    assert [entry["pull_count"] for entry in most["results"][:2]] == ["10B+", "10B+"]


@pytest.mark.parametrize(
    "params", [{"sort": "stars"}, {"order": "up"}, {"from": "-1"}, {"from": "x"}, {"size": "x"}]
)
async def test_unknown_choices_are_bad_requests(ask: Ask, params: dict[str, str]) -> None:
    answer = await ask(None, "GET", SEARCH, params=params)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(params))


@pytest.mark.parametrize(
    ("pulls", "words"),
    [
        (12, "12"),
        (999, "999"),
        (1_000, "1K+"),
        (54_321, "50K+"),
        (640_000, "500K+"),
        (1_000_000, "1M+"),
        (99_999_999, "50M+"),
        (2_600_000_000, "1B+"),
        (12_900_000_000, "10B+"),
    ],
)
def test_pulls_are_rounded_down(pulls: int, words: str) -> None:
    assert format_pull_count(pulls) == words


async def test_everybody_searches(ask: Ask, sandbox: Sandbox) -> None:
    for who in (None, "owner", "org-token"):
        assert (await ask(who, "GET", SEARCH, params={"query": "redis"})).status_code == 200
    assert sandbox.requests[-1].path == SEARCH


async def test_what_is_created_is_found_and_what_is_deleted_is_not(ask: Ask) -> None:
    body = {"name": "unheard-of", "namespace": "acme"}
    await ask("owner", "POST", "/v2/namespaces/acme/repositories", json=body)
    assert await names(ask, query="unheard") == ["acme/unheard-of"]
    await ask("owner", "DELETE", "/v2/namespaces/acme/repositories/unheard-of")
    assert await names(ask, query="unheard") == []


async def test_the_older_search(ask: Ask) -> None:
    body = (await ask(None, "GET", OLDER, params={"query": "nginx", "page_size": 1})).json()
    found = body["results"][0]
    assert (found["repo_name"], found["is_official"], found["is_automated"]) == ("nginx", True, False)
    assert found["pull_count"] > 10**9
    api = (await ask(None, "GET", OLDER, params={"query": "api", "page_size": 2})).json()
    assert (len(api["results"]), "page=2" in api["next"]) == (2, True)
    assert (await ask(None, "GET", OLDER, params={"query": "nginx", "page": 99})).status_code == 404
    shorter = await ask(None, "GET", OLDER.rstrip("/"))
    assert (shorter.status_code, shorter.headers["location"]) == (301, f"http://localhost{OLDER}")
