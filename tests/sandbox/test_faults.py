import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import DroppedConnectionError, Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
LIST = "/v2/namespaces/library/repositories"
TAGS = f"{LIST}/redis/tags"


async def test_a_fault_answers_in_place_of_the_hub(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(
        status=503, body="<html>busy</html>", content_type="text/html", headers={"Retry-After": "7"}
    )
    answer = await ask(None, "GET", LIST)
    assert (answer.status_code, answer.text) == (503, "<html>busy</html>")
    assert (answer.headers["content-type"], answer.headers["retry-after"]) == ("text/html", "7")
    assert "X-RateLimit-Limit" not in answer.headers


async def test_a_fault_may_answer_nothing_at_all(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=502)
    answer = await ask(None, "GET", LIST)
    assert (answer.status_code, answer.content) == (502, b"")
    assert "content-type" not in answer.headers


async def test_a_bare_refusal_with_a_timestamp(ask: Ask, sandbox: Sandbox) -> None:
    headers = {"X-Retry-After": "1760000099", "content-type": "text/plain"}
    sandbox.faults.add(status=429, body="Too Many Requests", headers=headers)
    answer = await ask(None, "GET", LIST)
    assert (answer.status_code, answer.text) == (429, "Too Many Requests")
    assert answer.headers.get_list("content-type") == ["text/plain"]
    assert answer.headers["x-retry-after"] == "1760000099"


async def test_a_fault_stands_for_a_number_of_requests(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500, times=2)
    assert [(await ask(None, "GET", LIST)).status_code for _ in range(3)] == [500, 500, 200]


async def test_a_fault_stands_for_a_method_and_a_part_of_the_path_or_query(
    ask: Ask, sandbox: Sandbox
) -> None:
    sandbox.faults.add(match="/redis/tags", method="get", status=500)
    sandbox.faults.add(match="page=2", status=502)
    assert (await ask(None, "GET", TAGS)).status_code == 500
    assert (await ask(None, "HEAD", TAGS)).status_code == 200
    assert (await ask(None, "GET", f"{LIST}/redis")).status_code == 200
    assert (await ask(None, "GET", f"{LIST}?page=2")).status_code == 502


async def test_the_first_fault_that_matches_counts(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(match="/tags", status=500, times=1)
    sandbox.faults.add(status=502, times=1)
    answers = [(await ask(None, "GET", url)).status_code for url in (TAGS, TAGS, TAGS)]
    assert answers == [500, 502, 200]


async def test_a_cleared_fault_is_gone(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(status=500)
    sandbox.faults.clear()
    assert (await ask(None, "GET", LIST)).status_code == 200


async def test_a_dropped_connection_raises_in_process(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(drop=True, times=1)
    with pytest.raises(DroppedConnectionError) as raised:
        await ask(None, "GET", LIST)
    assert isinstance(raised.value, ConnectionResetError)
    assert (await ask(None, "GET", LIST)).status_code == 200


async def test_latency_holds_the_answer_back(
    ask: Ask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("anyio.sleep", sleep)
    sandbox.faults.add(latency=3.5, times=1)
    assert [(await ask(None, "GET", LIST)).status_code for _ in range(2)] == [200, 200]
    assert slept == [3.5]


async def test_half_an_answer_is_no_json(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(truncate=True)
    answer = await ask(None, "GET", LIST)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 0
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_next_may_point_elsewhere(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(next_origin="https://elsewhere.example")
    body = (await ask(None, "GET", f"{LIST}?page_size=10")).json()
    assert body["next"] == f"https://elsewhere.example{LIST}?page=2&page_size=10"
    assert (await ask(None, "GET", f"{LIST}?page_size=100")).json()["next"] is None
    assert (await ask(None, "GET", f"{LIST}/redis")).json()["name"] == "redis"


@pytest.mark.parametrize(("status", "expected"), [(None, 302), (301, 301), (307, 307)])
async def test_a_redirect(ask: Ask, sandbox: Sandbox, status: int | None, expected: int) -> None:
    sandbox.faults.add(location="https://elsewhere.example/v2/", status=status)
    answer = await ask(None, "GET", LIST)
    assert (answer.status_code, answer.headers["location"]) == (expected, "https://elsewhere.example/v2/")


@pytest.mark.parametrize("url", [LIST, TAGS])
@pytest.mark.parametrize("field", ["name", "last_updated"])
async def test_flipped_ordering_is_the_opposite_one(ask: Ask, sandbox: Sandbox, url: str, field: str) -> None:
    async def names(ordering: str) -> list[str]:
        params = {"ordering": ordering, "page_size": 100}
        return [entry["name"] for entry in (await ask(None, "GET", url, params=params)).json()["results"]]

    plain, signed = await names(field), await names(f"-{field}")
    assert plain != signed
    sandbox.faults.add(flip_ordering=True)
    assert await names(field) == signed
    assert await names(f"-{field}") == plain


async def test_nulls_stand_in_all_fields_but_names(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(nulls=True)
    body = (await ask(None, "GET", LIST)).json()
    assert body["count"] == 25
    for entry in body["results"]:
        assert entry.pop("namespace") == "library"
        assert isinstance(entry.pop("name"), str)
        assert set(entry.values()) == {None}
    one = (await ask(None, "GET", f"{TAGS}/latest")).json()
    assert (one["name"], one["images"], one["digest"]) == ("latest", None, None)


async def test_unknown_words_stand_where_few_are_known(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(unknown_words=True)
    tag = (await ask(None, "GET", f"{TAGS}/latest")).json()
    assert tag["tag_status"] == tag["content_type"] == tag["images"][0]["status"] == "something-new"
    assert tag["images"][0]["os"] == "linux"
    member = (await ask("owner", "GET", "/v2/orgs/acme/members")).json()["results"][0]
    assert (member["role"], member["username"]) == ("something-new", "ada")
    repository = (await ask(None, "GET", f"{LIST}/redis")).json()
    assert (repository["status"], repository["status_description"]) == (1, "something-new")


async def test_answers_without_json_pass_unchanged(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.faults.add(nulls=True)
    assert (await ask(None, "HEAD", TAGS)).status_code == 200
    assert (await ask(None, "GET", f"{TAGS}/")).status_code == 301


async def test_faults_are_set_seen_and_cleared_over_http(ask: Ask, sandbox: Sandbox) -> None:
    rules = [
        {"match": "/tags", "method": "GET", "times": 2, "status": 503, "body": {"message": "busy"}},
        {"match": "/_sandbox", "status": 500},
        {"latency": 0, "headers": {"Retry-After": 3}, "status": 429},
    ]
    assert (await ask(None, "PUT", "/_sandbox/faults", json={"rules": rules})).status_code == 200
    busy = await ask(None, "GET", TAGS)
    assert (busy.status_code, busy.json()) == (503, {"message": "busy"})
    shown = (await ask(None, "GET", "/_sandbox/faults")).json()["rules"]
    assert [rule["times"] for rule in shown] == [1, None, None]
    assert (await ask(None, "GET", LIST)).headers["retry-after"] == "3"
    assert (await ask(None, "PUT", "/_sandbox/faults", json={"rules": shown})).json()["rules"] == shown
    assert (await ask(None, "DELETE", "/_sandbox/faults")).status_code == 204
    assert sandbox.faults.rules == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
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
    ],
)
async def test_faults_that_make_no_sense_change_nothing(
    ask: Ask, sandbox: Sandbox, content: Any, problem: str
) -> None:
    kept = sandbox.faults.add(match="kept")
    answer = await ask(None, "PUT", "/_sandbox/faults", json=content)
    assert answer.status_code == 400
    assert problem in answer.json()["message"]
    assert sandbox.faults.rules == [kept]


async def test_faults_that_are_no_json_are_refused(ask: Ask) -> None:
    assert (await ask(None, "PUT", "/_sandbox/faults", content=b"\xff{")).status_code == 400
