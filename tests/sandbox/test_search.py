from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.handlers.search import format_pull_count
from tests.support.sandbox_requests import RequestAs

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
    "raw_pull_count",
    "score",
    "media_types",
    "content_types",
}


async def search_catalog(request_as: RequestAs, **params: Any) -> dict[str, Any]:
    response = await request_as(None, "GET", SEARCH, params=params)
    assert (response.status_code, list(response.json())) == (200, ["total", "results"])
    body: dict[str, Any] = response.json()
    return body


async def search_names(request_as: RequestAs, **params: Any) -> list[str]:
    return [entry["slug"] for entry in (await search_catalog(request_as, size=100, **params))["results"]]


async def test_a_search_result_has_all_fields(request_as: RequestAs) -> None:
    body = await search_catalog(request_as, query="redis")
    found = body["results"][0]
    assert set(found) == FIELDS
    assert (found["name"], found["badge"], found["type"]) == ("redis", "official", "image")
    assert (found["id"], found["slug"], found["archived"]) == ("library/redis", "redis", False)
    assert (found["pull_count"], found["raw_pull_count"] // 10**9) == ("10B+", 10)
    assert (found["media_types"], found["content_types"]) == (
        ["application/vnd.docker.container.image.v1+json"],
        ["image"],
    )
    assert found["publisher"]["name"] == "Docker Official Images"
    assert {"name": "amd64", "label": "x86-64"} in found["architectures"]
    assert {"name": "linux", "label": "Linux"} in found["operating_systems"]
    assert found["categories"] == [{"name": "Databases & storage", "slug": "databases-and-storage"}]


async def test_a_search_for_a_well_known_name_has_many_results(request_as: RequestAs) -> None:
    body = await search_catalog(request_as, query="redis")
    assert (body["total"], len(body["results"])) == (15, 15)
    assert {entry["badge"] for entry in body["results"]} == {
        "official",
        "verified_publisher",
        "open_source",
        "none",
    }
    assert [entry["id"] for entry in body["results"][:2]] == ["library/redis", "quayside/redis"]
    for entry in body["results"]:
        assert set(entry["logo_url"]) == {"large", "small"}
        assert entry["logo_url"]["large"].endswith(".png") is (entry["badge"] != "none")
        assert entry["publisher"]["id"], entry["name"]
        assert entry["categories"], entry["name"]
        assert entry["architectures"], entry["name"]


async def test_hardened_images_come_first(request_as: RequestAs) -> None:
    for word in ["curl", "nginx", "node", "python"]:
        first = (await search_catalog(request_as, query=word))["results"][0]
        assert (first["id"], first["slug"], first["name"]) == (f"dhi/{word}", f"dhi/{word}", word)
        assert (first["type"], first["badge"]) == ("dhi", "hardened"), word


async def test_matches_in_names_come_before_matches_in_descriptions(request_as: RequestAs) -> None:
    found = await search_names(request_as, query="python")
    assert found[:2] == ["dhi/python", "python"]
    assert await search_names(request_as, query="no-such-thing-anywhere") == []
    assert "acme/storefront" not in await search_names(request_as, query="storefront")
    assert (await search_names(request_as, query="ACME/CLI"))[0] == "acme/cli"


async def test_results_are_paged_by_offset_and_size(request_as: RequestAs) -> None:
    everything = await search_catalog(request_as, query="api", size=100)
    part = await search_catalog(request_as, query="api", **{"from": 3}, size=2)
    assert part["total"] == everything["total"]
    assert part["results"] == everything["results"][3:5]
    assert len((await search_catalog(request_as))["results"]) == 25


async def test_results_are_filtered(request_as: RequestAs) -> None:
    for params, field, values in [
        ({"type": "dhi"}, "type", {"dhi"}),
        ({"type": "plugin"}, "type", {"plugin"}),
        ({"badges": "official"}, "badge", {"official"}),
        ({"badges": "hardened,verified_publisher"}, "badge", {"hardened", "verified_publisher"}),
        ({"badges": "none"}, "badge", {"none"}),
    ]:
        results: list[dict[str, Any]] = []
        while (
            len(results)
            < (body := await search_catalog(request_as, size=100, **{"from": len(results)}, **params))[
                "total"
            ]
        ):
            results += body["results"]
        assert {entry[field] for entry in results} == values, (params, field, values)


async def test_results_are_filtered_by_platform_and_category(request_as: RequestAs) -> None:
    assert "golang" in await search_names(request_as, query="golang", operating_systems="windows")
    assert "alpine" not in await search_names(request_as, query="alpine", operating_systems="windows")
    assert await search_names(request_as, query="nginx", architectures="s390x", badges="official") == [
        "nginx"
    ]
    assert await search_names(request_as, query="nginx", categories="message-queues") == []
    assert "rabbitmq" in await search_names(request_as, categories="Message queues")


async def test_results_are_sorted(request_as: RequestAs) -> None:
    def updates(body: dict[str, Any]) -> list[str]:
        return [entry["updated_at"] for entry in body["results"]]

    newest = updates(await search_catalog(request_as, query="api", sort="updated_at"))
    oldest = updates(await search_catalog(request_as, query="api", sort="updated_at", order="asc"))
    assert newest[0] > oldest[0]
    most = await search_catalog(request_as, sort="pull_count", order="desc")
    assert [entry["pull_count"] for entry in most["results"][:2]] == ["10B+", "10B+"]


async def test_unknown_choices_are_bad_requests(request_as: RequestAs) -> None:
    for params in [{"sort": "stars"}, {"order": "up"}, {"from": "-1"}, {"from": "x"}, {"size": "x"}]:
        response = await request_as(None, "GET", SEARCH, params=params)
        assert (response.status_code, list(response.json()["fields"])) == (400, list(params)), params


def test_pull_counts_are_rounded_down() -> None:
    for pulls, words in [
        (12, "12"),
        (999, "999"),
        (1_000, "1K+"),
        (54_321, "50K+"),
        (640_000, "500K+"),
        (1_000_000, "1M+"),
        (99_999_999, "50M+"),
        (2_600_000_000, "1B+"),
        (12_900_000_000, "10B+"),
    ]:
        assert format_pull_count(pulls) == words, (pulls, words)


async def test_every_caller_can_search(request_as: RequestAs, sandbox: Sandbox) -> None:
    for identity in (None, "owner", "org-token"):
        assert (await request_as(identity, "GET", SEARCH, params={"query": "redis"})).status_code == 200
    assert sandbox.requests[-1].path == SEARCH


async def test_the_search_follows_creation_and_deletion(request_as: RequestAs) -> None:
    body = {"name": "unheard-of", "namespace": "acme"}
    await request_as("owner", "POST", "/v2/namespaces/acme/repositories", json=body)
    assert await search_names(request_as, query="unheard") == ["acme/unheard-of"]
    await request_as("owner", "DELETE", "/v2/namespaces/acme/repositories/unheard-of")
    assert await search_names(request_as, query="unheard") == []


async def test_the_search_of_the_command_line(request_as: RequestAs) -> None:
    body = (await request_as(None, "GET", "/v1/search", params={"q": "redis", "n": 4, "page": 2})).json()
    assert (body["num_pages"], body["num_results"], body["page"], body["page_size"]) == (4, 15, 2, 4)
    assert (body["query"], len(body["results"])) == ("redis", 4)
    [first] = (await request_as(None, "GET", "/v1/search", params={"q": "redis", "n": 1})).json()["results"]
    assert (first["name"], first["is_official"]) == ("redis", True)


async def test_the_older_search(request_as: RequestAs) -> None:
    body = (await request_as(None, "GET", OLDER, params={"query": "nginx", "page_size": 1})).json()
    found = body["results"][0]
    assert (found["repo_name"], found["is_official"], found["is_automated"]) == ("nginx", True, False)
    assert found["pull_count"] > 10**9
    api = (await request_as(None, "GET", OLDER, params={"query": "api", "page_size": 2})).json()
    assert (len(api["results"]), "page=2" in api["next"], api["previous"]) == (2, True, "")
    second = (await request_as(None, "GET", OLDER, params={"query": "api", "page": 2, "page_size": 2})).json()
    assert "page=1" in second["previous"]
    assert (await request_as("owner", "GET", OLDER, params={"query": "nginx", "page": 99})).status_code == 404
    for page, status in ((2, 200), (3, 403)):
        answer = await request_as(None, "GET", OLDER, params={"query": "e", "page": page, "page_size": 100})
        assert answer.status_code == status, page
    shorter = await request_as(None, "GET", OLDER.rstrip("/"))
    assert (shorter.status_code, shorter.headers["location"]) == (301, f"http://localhost{OLDER}")
