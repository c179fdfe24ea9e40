"""Faults that let the Hub carry out a request first, that rewrite its answers, and that have a name."""

import json

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import DroppedConnectionError, Sandbox
from dockerhub_mcp.sandbox.faults import FAULT_PRESETS
from tests.support.sandbox_requests import RequestAs

LIST = "/v2/namespaces/library/repositories"
TAGS = f"{LIST}/redis/tags"
CLI = "/v2/namespaces/acme/repositories/cli"


async def get_with_preset(request_as: RequestAs, sandbox: Sandbox, preset: str, url: str) -> httpx.Response:
    sandbox.faults.clear()
    sandbox.faults.add(preset=preset)
    return await request_as(None, "GET", url)


async def test_a_lost_request_changes_nothing_and_a_lost_response_does(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    await request_as("owner", "GET", CLI)  # signs in
    for preset, description in (
        ("lost_request", "Command line client for our API"),
        ("lost_response", "New"),
    ):
        sandbox.faults.add(preset=preset, times=1)
        with pytest.raises(DroppedConnectionError):
            await request_as("owner", "PATCH", CLI, json={"description": "New"})
        assert (await request_as("owner", "GET", CLI)).json()["description"] == description, preset


async def test_a_response_may_hide_that_the_request_was_carried_out(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    await request_as("owner", "GET", CLI)
    sandbox.faults.add(preset="late_failure", times=1)
    assert (await request_as("owner", "DELETE", CLI)).status_code == 502
    assert (await request_as("owner", "GET", CLI)).status_code == 404


async def test_a_delay_may_come_after_the_change(
    request_as: RequestAs, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await request_as("owner", "GET", CLI)
    seen: list[tuple[float, str]] = []

    async def sleep(seconds: float) -> None:
        seen.append((seconds, sandbox.state.get_repository("acme", "cli").description))

    monkeypatch.setattr("anyio.sleep", sleep)
    sandbox.faults.add(latency=9.0, carry_out=True, times=1)
    response = await request_as("owner", "PATCH", CLI, json={"description": "New"})
    assert (response.json()["description"], seen) == ("New", [(9.0, "New")])


async def test_pages_of_proxies_are_html(request_as: RequestAs, sandbox: Sandbox) -> None:
    statuses = {}
    for name in FAULT_PRESETS:
        if name == "repeated_page" or not (name.endswith("_page") or name == "captive_portal"):
            continue
        response = await get_with_preset(request_as, sandbox, name, LIST)
        statuses[name] = response.status_code
        assert response.headers["content-type"] == "text/html; charset=utf-8", name
        assert response.text.startswith("<!DOCTYPE html>"), name
    assert statuses == {
        "challenge_page": 403,
        "blocked_page": 403,
        "captive_portal": 200,
        "proxy_login_page": 407,
        "proxy_not_found_page": 404,
        "legal_page": 451,
        "gateway_page": 502,
        "docker_not_found_page": 404,
    }


async def test_a_response_to_head_has_only_the_headers(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(preset="challenge_page")
    response = await request_as(None, "HEAD", TAGS)
    assert (response.status_code, response.content) == (403, b"")
    assert response.headers["content-type"].startswith("text/html")
    assert int(response.headers["content-length"]) > 0


async def test_lists_are_rewritten(request_as: RequestAs, sandbox: Sandbox) -> None:
    whole = (await request_as(None, "GET", LIST)).json()
    assert set(whole) == {"count", "next", "previous", "results"}
    for preset, expected in (
        ("missing_list", {name: value for name, value in whole.items() if name != "results"}),
        ("null_list", whole | {"results": None}),
        ("empty_list", whole | {"results": []}),
        ("wrong_count", whole | {"count": 7}),
        ("early_end", whole | {"next": None}),
    ):
        assert (await get_with_preset(request_as, sandbox, preset, LIST)).json() == expected, preset


async def test_a_page_may_be_repeated(request_as: RequestAs, sandbox: Sandbox) -> None:
    first = (await request_as(None, "GET", TAGS, params={"page_size": 3})).json()
    again = await get_with_preset(request_as, sandbox, "repeated_page", f"{TAGS}?page=4&page_size=3")
    assert again.json()["results"] == first["results"]
    assert sandbox.requests[-1].query == "page=4&page_size=3"


async def test_an_ordering_and_filters_may_be_ignored(request_as: RequestAs, sandbox: Sandbox) -> None:
    plain = (await request_as(None, "GET", TAGS)).json()
    for preset, query in (("ignored_ordering", "ordering=-name"), ("ignored_filters", "name=alpine")):
        url = f"{TAGS}?{query}"
        sandbox.faults.clear()
        assert (await request_as(None, "GET", url)).json()["results"] != plain["results"], preset
        ignored = (await get_with_preset(request_as, sandbox, preset, url)).json()
        assert (ignored["results"], ignored["count"]) == (plain["results"], plain["count"]), preset


async def test_bodies_may_be_encoded_otherwise_or_be_too_large(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    body = (await request_as(None, "GET", f"{LIST}/redis")).json()
    encoded = await get_with_preset(request_as, sandbox, "wrong_encoding", f"{LIST}/redis")
    assert encoded.headers["content-type"] == "application/json"
    assert json.loads(encoded.content.decode("utf-16")) == body
    large = await get_with_preset(request_as, sandbox, "oversized_body", f"{LIST}/redis")
    assert len(large.content) == int(large.headers["content-length"]) == 33 * 1024**2
    assert large.json() == body
    sandbox.faults.clear()
    sandbox.faults.add(status=200, body='{"name": "é"}', encoding="latin-1", pad_to=20)
    replaced = await request_as(None, "GET", f"{LIST}/redis")
    assert replaced.content == b'{"name": "\xe9"}       '


async def test_headers_of_the_hubs_own_response_are_replaced(request_as: RequestAs, sandbox: Sandbox) -> None:
    sandbox.faults.add(headers={"Content-Type": "text/html", "Retry-After": "soon"})
    response = await request_as(None, "GET", f"{LIST}/redis")
    assert (response.headers["content-type"], response.headers["retry-after"]) == ("text/html", "soon")
    assert json.loads(response.content)["name"] == "redis"


async def test_every_preset_applies(request_as: RequestAs, sandbox: Sandbox) -> None:
    url = f"{TAGS}?page=2&ordering=name&name=8"
    plain = await request_as(None, "GET", url)
    for name in FAULT_PRESETS:
        try:
            response = await get_with_preset(request_as, sandbox, name, url)
        except DroppedConnectionError:
            assert name.startswith("lost_")
            continue
        assert (response.status_code, response.content) != (plain.status_code, plain.content), name


async def test_presets_are_set_over_http(request_as: RequestAs, sandbox: Sandbox) -> None:
    rules = [{"preset": "wrong_count", "match": "/tags", "times": 1}, {"preset": "login_lock", "status": 400}]
    shown = (await request_as(None, "PUT", "/_sandbox/faults", json={"rules": rules})).json()["rules"]
    assert (shown[0]["replace"]["count"], shown[0]["times"], shown[1]["status"]) == (7, 1, 400)
    assert (await request_as(None, "PUT", "/_sandbox/faults", json={"rules": shown})).json()["rules"] == shown
    assert (await request_as(None, "GET", TAGS)).json()["count"] == 7
    listed = (await request_as(None, "GET", "/_sandbox")).json()["faults"]["presets"]
    assert listed == list(FAULT_PRESETS)
    for rule, message in (
        ({"preset": "nope"}, "unknown preset"),
        ({"preset": ["x"]}, "unknown preset"),
        ({"query": {"page": 0}}, "query must be"),
        ({"remove": [1]}, "remove must be"),
        ({"remove": "results"}, "remove has the wrong type"),
        ({"encoding": "klingon"}, "unknown encoding"),
        ({"pad_to": 10**12}, "pad_to must be"),
    ):
        response = await request_as(None, "PUT", "/_sandbox/faults", json={"rules": [rule]})
        assert (response.status_code, message in response.json()["message"]) == (400, True), rule
    with pytest.raises(ValueError, match="unknown preset"):
        sandbox.faults.add(preset="nope")
