"""Tags that other clients push and remove between the requests of a client."""

import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import START, RequestAs

MILLDALE = "/v2/namespaces/milldale/repositories"
TAGS = f"{MILLDALE}/shared-index/tags"
LATEST = "milldale/shared-index:latest"


async def get_digest(request_as: RequestAs, name: str) -> str:
    digest: str = (await request_as("owner", "GET", f"{TAGS}/{name}")).json()["digest"]
    return digest


async def test_a_pushed_tag_moves_and_its_former_image_stays(
    request_as: RequestAs, sandbox: Sandbox, clock: list[float]
) -> None:
    before = await get_digest(request_as, "latest")
    clock[0] += 60
    sandbox.push_tag(LATEST)
    moved = (await request_as("owner", "GET", f"{TAGS}/latest")).json()
    assert moved["digest"] != before == await get_digest(request_as, "1.2.0")
    assert moved["tag_last_pulled"] is None
    first = (await request_as("owner", "GET", TAGS)).json()
    assert (first["count"], first["results"][0]["name"]) == (6, "latest")
    sandbox.push_tag(LATEST)
    assert await get_digest(request_as, "latest") not in {before, moved["digest"]}
    repository = sandbox.state.get_repository("milldale", "shared-index")
    assert [tag.name for tag in repository.former_tags] == ["latest", "latest"]
    assert repository.updated_at == START + 60


@pytest.mark.parametrize("name", ["0.1.0", "2.4.3-arm64", "pr-1310", "4.3.2-alpine"])
async def test_tags_of_every_kind_can_be_pushed(request_as: RequestAs, sandbox: Sandbox, name: str) -> None:
    url = f"{MILLDALE}/controller/tags/{name}"
    before = (await request_as("owner", "GET", url)).json()
    sandbox.push_tag(f"milldale/controller:{name}")
    after = (await request_as("owner", "GET", url)).json()
    assert after["digest"] not in {None, before["digest"]}
    assert after["tag_last_pushed"].startswith("2025-10-09")


async def test_a_signature_may_be_replaced_by_an_image(request_as: RequestAs, sandbox: Sandbox) -> None:
    names = [tag.name for tag in sandbox.state.get_repository("milldale", "signed").tags]
    name = next(name for name in names if name.endswith(".sig"))
    sandbox.push_tag(f"milldale/signed:{name}")
    after = (await request_as("owner", "GET", f"{MILLDALE}/signed/tags/{name}")).json()
    assert len(after["images"]) == 2


async def test_tags_are_changed_over_http(request_as: RequestAs) -> None:
    before = await get_digest(request_as, "latest")
    assert (await request_as(None, "PUT", f"/_sandbox/tags/{LATEST}")).status_code == 204
    assert await get_digest(request_as, "latest") != before
    for _ in range(2):
        assert (await request_as(None, "DELETE", f"/_sandbox/tags/{LATEST}")).status_code == 204
        assert (await request_as("owner", "GET", f"{TAGS}/latest")).status_code == 404
    assert (await request_as(None, "PUT", f"/_sandbox/tags/{LATEST}")).status_code == 204
    assert (await request_as("owner", "GET", f"{TAGS}/latest")).status_code == 200
    for reference in ("milldale/missing:latest", "milldale/shared-index", "latest"):
        response = await request_as(None, "PUT", f"/_sandbox/tags/{reference}")
        assert (response.status_code, reference in response.text) == (404, True), reference


async def test_a_fault_moves_a_tag_before_a_request(request_as: RequestAs, sandbox: Sandbox) -> None:
    before = await get_digest(request_as, "latest")
    sandbox.faults.add(match="/tags/latest", method="GET", times=1, push_tags=[LATEST])
    after = await get_digest(request_as, "latest")
    assert after != before
    assert await get_digest(request_as, "latest") == after


@pytest.mark.parametrize(
    ("changes", "names", "count"),
    [
        # The last entry of the first page is seen again.
        ({"push_tags": ["milldale/branches:new"]}, ["pr-101", "pr-98", "pr-98", "feature-yaw-3f21c04"], 5),
        # An entry moves to the first page, which was read already.
        ({"remove_tags": ["milldale/branches:pr-101"]}, ["pr-101", "pr-98", "main-77b0d1e"], 3),
    ],
)
async def test_pages_shift_while_they_are_read(
    request_as: RequestAs, sandbox: Sandbox, changes: dict[str, list[str]], names: list[str], count: int
) -> None:
    sandbox.faults.add(match="page=2", times=1, **changes)
    seen = []
    for page in (1, 2):
        url = f"{MILLDALE}/branches/tags"
        body = (await request_as("owner", "GET", url, params={"page": page, "page_size": 2})).json()
        seen += [tag["name"] for tag in body["results"]]
    assert (seen, body["count"]) == (names, count)


async def test_faults_with_tags_are_set_over_http(request_as: RequestAs) -> None:
    rules = [{"match": "/tags/latest", "push_tags": [LATEST], "remove_tags": ["milldale/shared-index:1.2"]}]
    assert (await request_as(None, "PUT", "/_sandbox/faults", json={"rules": rules})).status_code == 200
    await request_as("owner", "GET", f"{TAGS}/latest")
    assert (await request_as("owner", "GET", f"{TAGS}/1.2")).status_code == 404
    for name in ("push_tags", "remove_tags"):
        response = await request_as(None, "PUT", "/_sandbox/faults", json={"rules": [{name: [1]}]})
        assert (response.status_code, name in response.text) == (400, True)
    rules = [{"push_tags": ["milldale/missing:latest"]}]
    await request_as(None, "PUT", "/_sandbox/faults", json={"rules": rules})
    response = await request_as("owner", "GET", TAGS)
    assert (response.status_code, "milldale/missing:latest" in response.text) == (400, True)


async def test_a_delete_may_happen_although_it_times_out(request_as: RequestAs, sandbox: Sandbox) -> None:
    await request_as("owner", "GET", TAGS)  # signs in
    sandbox.faults.add(preset="late_timeout", method="DELETE", times=1)
    assert (await request_as("owner", "DELETE", f"{TAGS}/1.0.0")).status_code == 504
    assert (await request_as("owner", "GET", f"{TAGS}/1.0.0")).status_code == 404


async def test_a_service_behind_the_hub_may_refuse_a_delete(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(preset="inner_refusal", method="DELETE", times=1)
    response = await request_as("owner", "DELETE", f"{TAGS}/1.0.0")
    assert (response.status_code, "status=401" in response.json()["message"]) == (500, True)
    assert (await request_as("owner", "GET", f"{TAGS}/1.0.0")).status_code == 200
