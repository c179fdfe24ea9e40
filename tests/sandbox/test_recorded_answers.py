"""The sandbox's answers compared with those that the real Hub was recorded to give: keys, types and messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.failures import failures_named
from tests.support.recorded_hub import load_recorded_answers, needs_recorded_answers
from tests.support.sandbox_requests import RequestAs

pytestmark = needs_recorded_answers

FERNHILL, LIBRARY = "/v2/namespaces/fernhill/repositories", "/v2/namespaces/library/repositories"
LOGIN = {"username": "grace", "password": "sandbox-password-grace"}
TOKEN = {"label": "debug-oat", "description": "debug", "expires_at": "2099-12-31T23:59:59Z"}
TOKEN_RESOURCES = [{"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}]


class Counterpart(NamedTuple):
    """The request to the sandbox that corresponds to a recorded answer."""

    identity: str | None
    method: str
    url: str
    options: Mapping[str, Any] = MappingProxyType({})
    no_longer: frozenset[str] = frozenset()
    """Recorded keys that newer answers of the Hub lack."""
    since: frozenset[str] = frozenset()
    """Keys that newer answers of the Hub have."""


def keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEWER_REPOSITORY = keys(
    "status_description last_modified date_registered hub_user media_types content_types categories "
    "immutable_tags_settings storage_size source"
)
REDUCED_ROW = keys(
    "repository_type status is_private affiliation media_types content_types categories storage_size "
    "last_modified date_registered"
)
NEWER_TAG = keys("digest media_type content_type")
COUNTERPARTS = {
    "repo-datasette-2026-08.json": Counterpart(None, "GET", f"{FERNHILL}/states"),
    "repo-new-2025-08.json": Counterpart(
        None, "GET", f"{FERNHILL}/frozen", since=keys("full_description source")
    ),
    "repo-httpd-2021.json": Counterpart(
        None, "GET", f"{LIBRARY}/httpd", no_longer=keys("can_edit is_migrated"), since=NEWER_REPOSITORY
    ),
    "repo-frozen-2026-10.json": Counterpart(None, "GET", f"{FERNHILL}/frozen"),
    "repos-docker-spec.json": Counterpart(None, "GET", f"{LIBRARY}?page_size=2"),
    "repos-mcp-2026-09.json": Counterpart(None, "GET", FERNHILL, since=REDUCED_ROW),
    "tags-sillytavern-2025-08.json": Counterpart(None, "GET", f"{FERNHILL}/states/tags?page_size=5"),
    "tag-php-2024-07.json": Counterpart(None, "GET", f"{LIBRARY}/redis/tags/latest"),
    "tags-gcmirrors-2020.json": Counterpart(
        None, "GET", f"{LIBRARY}/redis/tags?name=2.6.&page_size=100", since=NEWER_TAG
    ),
    "search-v4-nginx-2026-08.json": Counterpart(
        None, "GET", "/api/search/v4", {"params": {"query": "nginx", "badges": "official"}}
    ),
    "search-v1-mysql-2022.json": Counterpart(None, "GET", "/v1/search?q=redis"),
    "pats-2021.json": Counterpart("owner", "GET", "/v2/access-tokens", since=keys("expires_at")),
    "oat-create-2026-03.json": Counterpart(
        "owner",
        "POST",
        "/v2/orgs/acme/access-tokens",
        {"json": TOKEN | {"resources": TOKEN_RESOURCES}},
        since=keys("created_by last_used_at"),
    ),
    "auditlogs-2026-09.json": Counterpart("owner", "GET", "/v2/auditlogs/ada?page_size=1"),
    "refusal-mfa.json": Counterpart(None, "POST", "/v2/users/login", {"json": LOGIN}),
    "refusal-login-2022.json": Counterpart(
        None, "POST", "/v2/auth/token", {"json": {"identifier": "ada", "secret": "wrong"}}
    ),
    "refusal-login-org.json": Counterpart(
        None, "POST", "/v2/auth/token", {"json": {"identifier": "acme", "secret": "a password"}}
    ),
    "err-pat-bearer-401.json": Counterpart(
        None,
        "GET",
        "/v2/access-tokens",
        {"headers": {"Authorization": "Bearer dckr_pat_sandbox_admin"}},
    ),
    "err-pat-403-b.json": Counterpart("owner-pat", "GET", "/v2/user/"),
    "err-pat-403-c.json": Counterpart("owner-pat", "GET", "/v2/access-tokens"),
    "err-forbidden-audit.json": Counterpart("owner-pat", "GET", "/v2/auditlogs/acme"),
    "err-tag-404.json": Counterpart(None, "GET", f"{LIBRARY}/redis/tags/1.92.0-slim"),
    "err-page-404.json": Counterpart(None, "GET", f"{LIBRARY}/redis/images"),
    "err-offset-403.json": Counterpart(None, "GET", f"{LIBRARY}/redis/tags?page=11&page_size=100"),
    "err-404-html.html": Counterpart(None, "GET", "/r/library/redis"),
}
RATE_LIMIT = "err-429-2025-05.json"
SAME_MESSAGES = keys(
    "err-pat-bearer-401.json err-pat-403-b.json err-pat-403-c.json err-forbidden-audit.json err-page-404.json "
    "err-offset-403.json refusal-login-2022.json refusal-login-org.json"
)
"""Recorded answers that the sandbox gives word for word."""

Shape = dict[str, set[str]]


def describe_shape(body: Any, place: str = "") -> Shape:
    """Return the JSON types by the path of each value; the items of a list share a path."""
    found: Shape = {place: {type(body).__name__}}
    inner = []
    if isinstance(body, dict):
        inner = [(f"{place}.{name}".lstrip("."), value) for name, value in body.items()]
    elif isinstance(body, list):
        inner = [(f"{place}[]", value) for value in body]
    for path, value in inner:
        for name, types in describe_shape(value, path).items():
            found[name] = found.get(name, set()) | types
    return found


def compare_shapes(recorded: Shape, ours: Shape, counterpart: Counterpart) -> dict[str, str]:
    """Return the differences by path; null is of every type, as the recorded answers are few."""

    def has_last_key(path: str, names: frozenset[str]) -> bool:
        return not names.isdisjoint(path.replace("[]", "").split("."))

    differences = {}
    for path in recorded.keys() | ours.keys():
        if path not in ours:
            if not has_last_key(path, counterpart.no_longer):
                differences[path] = "only recorded"
        elif path not in recorded:
            if not has_last_key(path, counterpart.since):
                differences[path] = "only in the sandbox"
        elif (types := (recorded[path] ^ ours[path]) - {"NoneType"}) and not is_null_only(
            path, recorded, ours
        ):
            differences[path] = f"types {types}"
    return differences


def is_null_only(path: str, *shapes: Shape) -> bool:
    return any(shape[path] == {"NoneType"} for shape in shapes)


def drop_items_of_empty_lists(recorded: Shape, ours: Shape) -> tuple[Shape, Shape]:
    """Return the shapes without the items of lists, and the fields of objects, that one side lacks."""

    def strip(shape: Shape, other: Shape) -> Shape:
        empty = {
            path
            for path, types in other.items()
            if types <= {"list", "NoneType"} and f"{path}[]" not in other
        }
        return {
            path: types for path, types in shape.items() if not any(path.startswith(f"{p}[]") for p in empty)
        }

    return strip(recorded, ours), strip(ours, recorded)


async def send(request_as: RequestAs, counterpart: Counterpart) -> httpx.Response:
    return await request_as(counterpart.identity, counterpart.method, counterpart.url, **counterpart.options)


async def test_every_answer_has_the_recorded_keys_and_types(request_as: RequestAs) -> None:
    answers = load_recorded_answers()
    assert COUNTERPARTS.keys() | {RATE_LIMIT} == answers.keys()
    for name, counterpart in COUNTERPARTS.items():
        with failures_named(name):
            recorded, response = answers[name], await send(request_as, counterpart)
            assert response.status_code == recorded.status, response.text
            if recorded.is_page:
                assert response.headers["content-type"] == recorded.headers["content-type"]
                continue
            assert response.headers["content-type"] == "application/json"
            shapes = drop_items_of_empty_lists(describe_shape(recorded.body), describe_shape(response.json()))
            assert compare_shapes(*shapes, counterpart) == {}


async def test_refusals_have_the_recorded_words(request_as: RequestAs) -> None:
    answers = load_recorded_answers()
    for name in SAME_MESSAGES:
        with failures_named(name):
            assert (await send(request_as, COUNTERPARTS[name])).json() == answers[name].body
    missing = (await send(request_as, COUNTERPARTS["err-tag-404.json"])).json()
    recorded = answers["err-tag-404.json"].body
    assert missing["message"] == recorded["message"]
    assert missing["errinfo"].keys() == recorded["errinfo"].keys()


async def test_a_frozen_repository_has_the_recorded_settings(request_as: RequestAs) -> None:
    for name in ("repo-datasette-2026-08.json", "repo-frozen-2026-10.json"):
        settings = (await send(request_as, COUNTERPARTS[name])).json()["immutable_tags_settings"]
        assert settings == load_recorded_answers()[name].body["immutable_tags_settings"], name


async def test_the_rate_limit_has_the_recorded_headers() -> None:
    recorded = load_recorded_answers()[RATE_LIMIT]
    transport = httpx.ASGITransport(app=Sandbox(anonymous_limit=0).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get(LIBRARY)
    assert (response.status_code, response.json()) == (recorded.status, recorded.body)
    limits = {name for name in recorded.headers if name.startswith("x-ratelimit") or name == "retry-after"}
    assert limits <= set(response.headers)
    for headers in (recorded.headers, response.headers):
        assert headers["retry-after"] == headers["x-ratelimit-reset"]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"status": "1"}, "status"),
        ({"permissions": {"read": True}}, "permissions.write"),
        ({"more": 1}, "more"),
        ({"media_types": [1]}, "media_types[]"),
    ],
)
def test_a_difference_is_noticed(change: dict[str, Any], difference: str) -> None:
    recorded = load_recorded_answers()["repo-datasette-2026-08.json"].body
    counterpart = COUNTERPARTS["repo-datasette-2026-08.json"]
    found = compare_shapes(describe_shape(recorded), describe_shape(recorded | change), counterpart)
    assert difference in found
    assert compare_shapes(describe_shape(recorded), describe_shape(recorded), counterpart) == {}
