import json

import pytest

from dockerhub_mcp.sandbox import DroppedConnectionError, Sandbox
from tests.support.sandbox_requests import RequestAs

LIST = "/v2/namespaces/library/repositories"
TAGS = f"{LIST}/redis/tags"


async def test_a_fault_replaces_the_response_of_the_hub(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        status=503, body="<html>busy</html>", content_type="text/html", headers={"Retry-After": "7"}
    )
    response = await request_as(None, "GET", LIST)
    assert (response.status_code, response.text) == (503, "<html>busy</html>")
    assert (response.headers["content-type"], response.headers["retry-after"]) == ("text/html", "7")
    assert "X-RateLimit-Limit" not in response.headers


async def test_a_fault_may_respond_without_a_body(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=502)
    response = await request_as(None, "GET", LIST)
    assert (response.status_code, response.content) == (502, b"")
    assert "content-type" not in response.headers


async def test_a_fault_may_set_headers_and_a_text_body(request_as: RequestAs, sandbox: Sandbox) -> None:
    headers = {"X-Retry-After": "1760000099", "content-type": "text/plain"}
    sandbox.faults.add(status=429, body="Too Many Requests", headers=headers)
    response = await request_as(None, "GET", LIST)
    assert (response.status_code, response.text) == (429, "Too Many Requests")
    assert response.headers.get_list("content-type") == ["text/plain"]
    assert response.headers["x-retry-after"] == "1760000099"


async def test_a_fault_applies_to_a_number_of_requests(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500, times=2)
    assert [(await request_as(None, "GET", LIST)).status_code for _ in range(3)] == [500, 500, 200]


async def test_a_fault_matches_a_method_and_a_part_of_the_path_or_query(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/redis/tags", method="get", status=500)
    sandbox.faults.add(match="page=2", status=502)
    assert (await request_as(None, "GET", TAGS)).status_code == 500
    assert (await request_as(None, "HEAD", TAGS)).status_code == 200
    assert (await request_as(None, "GET", f"{LIST}/redis")).status_code == 200
    assert (await request_as(None, "GET", f"{LIST}?page=2")).status_code == 502


async def test_the_first_matching_fault_applies(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags", status=500, times=1)
    sandbox.faults.add(status=502, times=1)
    responses = [(await request_as(None, "GET", url)).status_code for url in (TAGS, TAGS, TAGS)]
    assert responses == [500, 502, 200]


async def test_a_removed_fault_no_longer_applies(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500)
    sandbox.faults.clear()
    assert (await request_as(None, "GET", LIST)).status_code == 200


async def test_a_dropped_connection_raises_in_process(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, times=1)
    with pytest.raises(DroppedConnectionError) as raised:
        await request_as(None, "GET", LIST)
    assert isinstance(raised.value, ConnectionResetError)
    assert (await request_as(None, "GET", LIST)).status_code == 200


async def test_latency_delays_the_response(
    request_as: RequestAs, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("anyio.sleep", sleep)
    sandbox.faults.add(latency=3.5, times=1)
    assert [(await request_as(None, "GET", LIST)).status_code for _ in range(2)] == [200, 200]
    assert slept == [3.5]


async def test_a_truncated_response_is_not_json(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=True)
    response = await request_as(None, "GET", LIST)
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content) > 0
    with pytest.raises(json.JSONDecodeError):
        response.json()


async def test_next_may_have_another_origin(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(next_origin="https://elsewhere.example")
    body = (await request_as(None, "GET", f"{LIST}?page_size=10")).json()
    assert body["next"] == f"https://elsewhere.example{LIST}?page=2&page_size=10"
    assert (await request_as(None, "GET", f"{LIST}?page_size=100")).json()["next"] is None
    assert (await request_as(None, "GET", f"{LIST}/redis")).json()["name"] == "redis"


@pytest.mark.parametrize(("status", "expected"), [(None, 302), (301, 301), (307, 307)])
async def test_a_redirect(request_as: RequestAs, sandbox: Sandbox, status: int | None, expected: int) -> None:
    sandbox.faults.add(location="https://elsewhere.example/v2/", status=status)
    response = await request_as(None, "GET", LIST)
    assert (response.status_code, response.headers["location"]) == (expected, "https://elsewhere.example/v2/")


@pytest.mark.parametrize("url", [LIST, TAGS])
@pytest.mark.parametrize("field", ["name", "last_updated"])
async def test_flipped_ordering_is_reversed(
    request_as: RequestAs, sandbox: Sandbox, url: str, field: str
) -> None:
    async def names(ordering: str) -> list[str]:
        params = {"ordering": ordering, "page_size": 100}
        return [
            entry["name"] for entry in (await request_as(None, "GET", url, params=params)).json()["results"]
        ]

    plain, signed = await names(field), await names(f"-{field}")
    assert plain != signed
    sandbox.faults.add(flip_ordering=True)
    assert await names(field) == signed
    assert await names(f"-{field}") == plain


async def test_nulls_replace_all_fields_except_names(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(nulls=True)
    body = (await request_as(None, "GET", LIST)).json()
    assert body["count"] == 25
    for entry in body["results"]:
        assert entry.pop("namespace") == "library"
        assert isinstance(entry.pop("name"), str)
        assert set(entry.values()) == {None}
    one = (await request_as(None, "GET", f"{TAGS}/latest")).json()
    assert (one["name"], one["images"], one["digest"]) == ("latest", None, None)


async def test_unknown_words_replace_enumerated_values(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(unknown_words=True)
    tag = (await request_as(None, "GET", f"{TAGS}/latest")).json()
    assert tag["tag_status"] == tag["content_type"] == tag["images"][0]["status"] == "something-new"
    assert tag["images"][0]["os"] == "linux"
    member = (await request_as("owner", "GET", "/v2/orgs/acme/members")).json()["results"][0]
    assert (member["role"], member["username"]) == ("something-new", "ada")
    repository = (await request_as(None, "GET", f"{LIST}/redis")).json()
    assert (repository["status"], repository["status_description"]) == (1, "something-new")


async def test_responses_without_json_pass_unchanged(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(nulls=True)
    assert (await request_as(None, "HEAD", TAGS)).status_code == 200
    assert (await request_as(None, "GET", f"{TAGS}/")).status_code == 301


async def test_faults_are_set_listed_and_removed_over_http(request_as: RequestAs, sandbox: Sandbox) -> None:
    rules = [
        {"match": "/tags", "method": "GET", "times": 2, "status": 503, "body": {"message": "busy"}},
        {"match": "/_sandbox", "status": 500},
        {"latency": 0, "headers": {"Retry-After": 3}, "status": 429},
    ]
    assert (await request_as(None, "PUT", "/_sandbox/faults", json={"rules": rules})).status_code == 200
    busy = await request_as(None, "GET", TAGS)
    assert (busy.status_code, busy.json()) == (503, {"message": "busy"})
    shown = (await request_as(None, "GET", "/_sandbox/faults")).json()["rules"]
    assert [rule["times"] for rule in shown] == [1, None, None]
    assert (await request_as(None, "GET", LIST)).headers["retry-after"] == "3"
    assert (await request_as(None, "PUT", "/_sandbox/faults", json={"rules": shown})).json()["rules"] == shown
    assert (await request_as(None, "DELETE", "/_sandbox/faults")).status_code == 204
    assert sandbox.faults.rules == []


async def test_invalid_faults_change_nothing(request_as: RequestAs, sandbox: Sandbox) -> None:
    kept = sandbox.faults.add(match="kept")
    for content, message in (
        ([], "expected"),
        ({}, "expected"),
        ({"rules": {}}, "expected"),
        ({"rules": [], "more": 1}, "expected"),
        ({"rules": ["x"]}, "must be an object"),
        ({"rules": [{"latncy": 1}]}, "unknown field latncy"),
        ({"rules": [{"times": "2"}]}, "times has the wrong type"),
        ({"rules": [{"times": True}]}, "times has the wrong type"),
        ({"rules": [{"drop": 1}]}, "drop has the wrong type"),
        ({"rules": [{"status": 99}]}, "status must be"),
        ({"rules": [{"status": 500}, {"status": 600}]}, "status must be"),
    ):
        response = await request_as(None, "PUT", "/_sandbox/faults", json=content)
        assert response.status_code == 400, content
        assert message in response.json()["message"], content
        assert sandbox.faults.rules == [kept], content


async def test_faults_that_are_not_json_are_rejected(request_as: RequestAs) -> None:
    assert (await request_as(None, "PUT", "/_sandbox/faults", content=b"\xff{")).status_code == 400
