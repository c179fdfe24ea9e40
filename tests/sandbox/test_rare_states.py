"""The organization fernhill, whose repositories and tags are in states that are rare elsewhere."""

from typing import Any

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

FERNHILL = "/v2/namespaces/fernhill/repositories"
STATES = f"{FERNHILL}/states/tags"


async def get_tag(request_as: RequestAs, name: str) -> dict[str, Any]:
    response = await request_as(None, "GET", f"{STATES}/{name}")
    assert response.status_code == 200, name
    body: dict[str, Any] = response.json()
    return body


async def test_an_archived_repository(request_as: RequestAs) -> None:
    one = (await request_as(None, "GET", f"{FERNHILL}/ledger-v1")).json()
    assert (one["status"], one["status_description"]) == (6, "archived")
    listed = (await request_as(None, "GET", FERNHILL)).json()["results"]
    assert {row["name"] for row in listed if row["status"] == 6} == {"ledger-v1"}
    found = (await request_as(None, "GET", "/api/search/v4", params={"query": "ledger"})).json()["results"]
    assert {(row["id"], row["archived"]) for row in found if row["archived"]} == {
        ("fernhill/ledger-v1", True)
    }
    assert (await request_as(None, "GET", f"{FERNHILL}/ledger-v1/tags/latest")).status_code == 200


async def test_the_status_of_an_image_may_differ_from_that_of_its_tag(request_as: RequestAs) -> None:
    tag = await get_tag(request_as, "mixed-images")
    assert tag["tag_status"] == "active"
    assert {image["architecture"]: image["status"] for image in tag["images"]} == {
        "amd64": "active",
        "arm64": "inactive",
        "ppc64le": "active",
        "s390x": "inactive",
    }


async def test_a_tag_may_have_no_images(request_as: RequestAs) -> None:
    tag = await get_tag(request_as, "no-images")
    assert (tag["images"], tag["tag_status"]) == ([], "active")
    layers = await request_as(None, "GET", "/v2/repositories/fernhill/states/tags/no-images/images")
    assert (layers.status_code, layers.json()) == (200, [])


async def test_a_date_that_is_missing_is_null_or_the_zero_date(request_as: RequestAs) -> None:
    for name, date in (("not-pulled-yet", None), ("never-pulled", "0001-01-01T00:00:00Z")):
        tag = await get_tag(request_as, name)
        assert tag["tag_last_pulled"] == date, name
        assert {image["last_pulled"] for image in tag["images"]} == {date}, name


async def test_other_rare_tags(request_as: RequestAs, sandbox: Sandbox) -> None:
    assert (await get_tag(request_as, "inactive"))["tag_status"] == "inactive"
    old = await get_tag(request_as, "schema-1")
    assert (old["media_type"], old["digest"]) == (
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        None,
    )
    assert {image["os_version"] for image in (await get_tag(request_as, "windows"))["images"]} == {
        "10.0.26100.6899",
        "10.0.20348.4294",
    }
    names = [tag.name for tag in sandbox.state.get_repository("fernhill", "states").tags]
    assert max(map(len, names)) == 128
    assert max(len(name) for namespace, name in sandbox.state.repositories if namespace == "fernhill") == 255


async def test_a_list_may_end_before_its_count(request_as: RequestAs) -> None:
    url: str | None = f"{FERNHILL}/long-history/tags?page_size=10"
    names: list[str] = []
    while url:
        body = (await request_as(None, "GET", url)).json()
        assert body["count"] == 45
        names += [tag["name"] for tag in body["results"]]
        url = body["next"]
    assert len(set(names)) == 30
    past = await request_as(None, "GET", f"{FERNHILL}/long-history/tags", params={"page": 4})
    assert past.status_code == 404
    assert (await request_as(None, "GET", f"{FERNHILL}/long-history/tags/day-044")).status_code == 200


async def test_all_tags_of_a_repository_may_be_immutable(request_as: RequestAs) -> None:
    one = (await request_as(None, "GET", f"{FERNHILL}/frozen")).json()
    assert one["immutable_tags_settings"] == {"enabled": True, "rules": [".*"]}
