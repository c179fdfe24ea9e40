from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
LIBRARY, ACME, BIG = (f"/v2/namespaces/{name}/repositories" for name in ("library", "acme", "bigcorp"))
PRIVATE = {"storefront", "billing-api", "incident-kit", "mailer"}


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    return [found["name"] for found in answer.json()["results"]]


async def listed(ask: Ask, who: str | None, url: str = ACME) -> set[str]:
    return set(names(await ask(who, "GET", url, params={"page_size": 100})))


async def test_anybody_sees_public_repositories_only(ask: Ask, sandbox: Sandbox) -> None:
    public = {
        r.name for r in sandbox.state.repositories.values() if r.namespace == "acme" and not r.is_private
    }
    assert len(public) == 8
    for who in (None, "outsider", "public-pat", "org-token-narrow"):
        assert await listed(ask, who) == public


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("owner", PRIVATE),
        ("owner-pat", PRIVATE),
        ("two-factor-pat", PRIVATE),
        ("org-token", PRIVATE),
        ("member", PRIVATE - {"incident-kit"}),
        ("reader-pat", PRIVATE - {"incident-kit"}),
        ("outsider", set()),
        (None, set()),
        ("public-pat", set()),
    ],
)
async def test_private_repositories_exist_for_those_who_may_read_them(
    ask: Ask, who: str | None, seen: set[str]
) -> None:
    assert await listed(ask, who) & PRIVATE == seen
    for name in PRIVATE:
        for method in ("GET", "HEAD"):
            answer = await ask(who, method, f"{ACME}/{name}")
            assert answer.status_code == (200 if name in seen else 404)


async def test_a_narrow_organization_token_reads_what_it_does_not_list(ask: Ask) -> None:
    assert (await ask("org-token-narrow", "GET", f"{ACME}/storefront")).status_code == 200
    assert (await ask("org-token-narrow", "GET", f"{ACME}/billing-api")).status_code == 404


@pytest.mark.parametrize("name", ["storefront", "does-not-exist"])
async def test_a_hidden_and_a_missing_repository_look_alike(ask: Ask, name: str) -> None:
    answer = await ask(None, "GET", f"{ACME}/{name}")
    info = {"namespace": "acme", "repository": name}
    assert (answer.status_code, answer.json()) == (404, {"message": "object not found", "errinfo": info})


async def test_checking_answers_without_a_body(ask: Ask) -> None:
    for name, status in (("redis", 200), ("does-not-exist", 404)):
        answer = await ask(None, "HEAD", f"{LIBRARY}/{name}")
        assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (None, {"read": True, "write": False, "admin": False}),
        ("owner", {"read": True, "write": True, "admin": True}),
        ("public-pat", {"read": True, "write": False, "admin": False}),
        ("two-factor-pat", {"read": True, "write": True, "admin": False}),
        ("org-token", {"read": True, "write": False, "admin": False}),
    ],
)
async def test_permissions_are_those_of_the_caller(
    ask: Ask, who: str | None, expected: dict[str, bool]
) -> None:
    assert (await ask(who, "GET", f"{ACME}/base-images")).json()["permissions"] == expected


@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("scope-repository-read", 1),
        ("scope-repository-edit", 2),
        ("scope-image-push", 2),
        ("scope-repository-admin", 3),
        ("scope-tag-read", 0),
    ],
)
async def test_permissions_of_an_organization_token_follow_its_scopes(
    ask: Ask, sandbox: Sandbox, scope: str, level: int
) -> None:
    sandbox.state.organizations["acme"].access_tokens[1].resources[0].scopes = (scope,)
    answer = await ask("org-token-narrow", "GET", f"{ACME}/storefront")
    assert answer.status_code == (200 if level else 404)
    granted = {"read": level > 0, "write": level > 1, "admin": level > 2}
    assert not level or answer.json()["permissions"] == granted


async def test_special_repositories_show_what_is_special(ask: Ask) -> None:
    answer = await ask("owner", "GET", ACME, params={"page_size": 100})
    found = {entry["name"]: entry for entry in answer.json()["results"]}
    empty = found["next-generation"]
    assert (empty["status"], empty["status_description"], empty["content_types"]) == (0, "inactive", [])
    assert found["charts"]["content_types"] == ["helm"]
    assert found["volume-driver"]["repository_type"] == "plugin"
    assert found["attic"]["repository_type"] is None
    assert found["storefront"]["affiliation"] == "owner"
    billing = (await ask("owner", "GET", f"{ACME}/billing-api")).json()
    assert billing["immutable_tags_settings"] == {"enabled": True, "rules": [r"v\d+\..+", "stable"]}


@pytest.mark.parametrize(
    ("ordering", "field", "descending"),
    [
        ("name", "name", False),
        ("-name", "name", True),
        ("pull_count", "pull_count", False),
        ("-pull_count", "pull_count", True),
        ("last_updated", "last_updated", True),
        ("-last_updated", "last_updated", False),
        ("", "last_updated", True),
    ],
)
async def test_ordering(ask: Ask, ordering: str, field: str, descending: bool) -> None:
    answer = await ask(None, "GET", LIBRARY, params={"ordering": ordering, "page_size": 100})
    values = [entry[field] for entry in answer.json()["results"]]
    assert values == sorted(values, reverse=descending)
    assert values[0] != values[-1]


async def test_an_unknown_ordering_is_a_bad_request(ask: Ask) -> None:
    answer = await ask(None, "GET", LIBRARY, params={"ordering": "stars"})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["ordering"]
    assert answer.json()["text"]


async def test_filters(ask: Ask) -> None:
    assert set(names(await ask(None, "GET", LIBRARY, params={"name": "DB"}))) == {"mariadb"}
    assert names(await ask(None, "GET", ACME, params={"content_types": "helm,wasm"})) == ["charts"]
    plugin = {"media_types": "application/vnd.docker.plugin.v1+json"}
    assert names(await ask(None, "GET", ACME, params=plugin)) == ["volume-driver"]
    assert len(names(await ask(None, "GET", LIBRARY, params={"unheard": "of", "page_size": 100}))) == 25


async def test_following_next_visits_every_repository_once(ask: Ask) -> None:
    url: str | None = f"{BIG}?ordering=name&page_size=100"
    seen: list[str] = []
    pages = 0
    while url:
        answer = await ask("outsider", "GET", url)
        assert answer.json()["count"] == 230
        seen += names(answer)
        url = answer.json()["next"]
        pages += 1
    assert (pages, len(seen)) == (3, 230)
    assert seen == sorted(set(seen))


async def test_links_are_absolute_and_keep_the_query(ask: Ask) -> None:
    params = {"page": 2, "page_size": 3, "name": "a", "ordering": "name"}
    body = (await ask(None, "GET", LIBRARY, params=params)).json()
    expected = f"http://localhost{LIBRARY}?name=a&ordering=name&page=%s&page_size=3"
    assert (body["previous"], body["next"]) == (expected % 1, expected % 3)
    only = (await ask(None, "GET", LIBRARY, params={"page_size": 100})).json()
    assert (only["previous"], only["next"]) == (None, None)


async def test_links_use_the_host_the_request_was_sent_to(sandbox: Sandbox) -> None:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.example:8443") as client:
        following = (await client.get(LIBRARY)).json()["next"]
    assert following.startswith("https://hub.example:8443/v2/")


async def test_page_sizes_are_ten_by_default_and_cut_to_a_hundred(ask: Ask) -> None:
    assert len(names(await ask("outsider", "GET", BIG))) == 10
    assert len(names(await ask("outsider", "GET", BIG, params={"page_size": 1000}))) == 100


@pytest.mark.parametrize("value", ["0", "-1", "ten", "1.5", "٣", "9" * 30])
@pytest.mark.parametrize("name", ["page", "page_size"])
async def test_page_numbers_must_be_positive_integers(ask: Ask, name: str, value: str) -> None:
    answer = await ask(None, "GET", LIBRARY, params={name: value})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [name]


async def test_a_page_past_the_end_is_not_found(ask: Ask) -> None:
    answer = await ask("owner", "GET", LIBRARY, params={"page": 4})
    assert (answer.status_code, answer.json()) == (404, {"message": "not found", "errinfo": None})


async def test_an_unknown_namespace_is_an_empty_list(ask: Ask) -> None:
    body = (await ask(None, "GET", "/v2/namespaces/nobody/repositories")).json()
    assert body == {"count": 0, "next": None, "previous": None, "results": []}


async def test_nobody_may_page_past_the_hundredth_repository_without_signing_in(ask: Ask) -> None:
    for params in ({"page": 2, "page_size": 100}, {"page": 11}, {"page": 99}):
        answer = await ask(None, "GET", BIG, params=params)
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("pagination offset too large for anonymous requests")
    assert (await ask(None, "GET", BIG, params={"page": 10})).status_code == 200
    assert (await ask("outsider", "GET", BIG, params={"page": 11})).status_code == 200


async def test_the_older_paths_work_for_users_and_nobody_but_not_for_organization_tokens(ask: Ask) -> None:
    for path in (
        "/v2/repositories/library",
        "/v2/repositories/library/redis",
        "/v2/repositories/library/redis/",
    ):
        for method in ("GET", "HEAD"):
            assert (await ask(None, method, path)).status_code == 200
            assert (await ask("owner-pat", method, path)).status_code == 200
            assert (await ask("org-token", method, path)).status_code == 403
        refused = await ask("org-token", "GET", path)
        assert refused.json()["message"] == "token issued from organization access token is not allowed"
    assert (await ask(None, "GET", "/v2/repositories/acme/storefront")).status_code == 404


async def test_a_trailing_slash_is_redirected_away(ask: Ask) -> None:
    answer = await ask(None, "GET", f"{LIBRARY}/redis/tags/?page=2")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"http://localhost{LIBRARY}/redis/tags?page=2"


@pytest.mark.parametrize("path", ["/v2", "/v2/", "/v2/nope", "/v2/nope/", f"{LIBRARY}/redis/tags/a/b"])
async def test_anything_else_is_not_found(ask: Ask, path: str) -> None:
    answer = await ask(None, "GET", path)
    assert (answer.status_code, answer.json()["message"]) == (404, "not found")


async def test_a_method_the_path_does_not_know_is_refused(ask: Ask) -> None:
    answer = await ask("owner", "PUT", f"{ACME}/storefront")
    assert answer.status_code == 405
    assert answer.json() == {"message": "method not allowed", "errinfo": None}
