import httpx2 as httpx

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

LIBRARY, ACME, BIG = (f"/v2/namespaces/{name}/repositories" for name in ("library", "acme", "bigcorp"))
PRIVATE = {"storefront", "billing-api", "incident-kit", "mailer"}


def get_names(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    return [found["name"] for found in response.json()["results"]]


async def list_names(request_as: RequestAs, identity: str | None, url: str = ACME) -> set[str]:
    return set(get_names(await request_as(identity, "GET", url, params={"page_size": 100})))


async def test_callers_without_access_list_only_public_repositories(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    public = {
        r.name for r in sandbox.state.repositories.values() if r.namespace == "acme" and not r.is_private
    }
    assert len(public) == 8
    for identity in (None, "outsider", "public-pat", "org-token-narrow"):
        assert await list_names(request_as, identity) == public


async def test_private_repositories_exist_only_for_callers_with_access(request_as: RequestAs) -> None:
    for identity, seen in [
        ("owner", PRIVATE),
        ("owner-pat", PRIVATE),
        ("two-factor-pat", PRIVATE),
        ("org-token", PRIVATE),
        ("member", PRIVATE - {"incident-kit"}),
        ("reader-pat", PRIVATE - {"incident-kit"}),
        ("outsider", set()),
        (None, set()),
        ("public-pat", set()),
    ]:
        assert await list_names(request_as, identity) & PRIVATE == seen, (identity, seen)
        for name in PRIVATE:
            for method in ("GET", "HEAD"):
                response = await request_as(identity, method, f"{ACME}/{name}")
                assert response.status_code == (200 if name in seen else 404), (identity, seen)


async def test_a_narrow_organization_token_reads_repositories_that_it_cannot_list(
    request_as: RequestAs,
) -> None:
    assert (await request_as("org-token-narrow", "GET", f"{ACME}/storefront")).status_code == 200
    assert (await request_as("org-token-narrow", "GET", f"{ACME}/billing-api")).status_code == 404


async def test_hidden_and_missing_repositories_are_indistinguishable(request_as: RequestAs) -> None:
    for name in ["storefront", "does-not-exist"]:
        response = await request_as(None, "GET", f"{ACME}/{name}")
        info = {"namespace": "acme", "repository": name}
        assert (response.status_code, response.json()) == (
            404,
            {"message": "object not found", "errinfo": info},
        ), name


async def test_checking_a_repository_responds_without_a_body(request_as: RequestAs) -> None:
    for name, status in (("redis", 200), ("does-not-exist", 404)):
        response = await request_as(None, "HEAD", f"{LIBRARY}/{name}")
        assert (response.status_code, response.content) == (status, b"")


async def test_permissions_are_those_of_the_caller(request_as: RequestAs) -> None:
    for identity, expected in [
        (None, {"read": True, "write": False, "admin": False}),
        ("owner", {"read": True, "write": True, "admin": True}),
        ("public-pat", {"read": True, "write": False, "admin": False}),
        ("two-factor-pat", {"read": True, "write": True, "admin": False}),
        ("org-token", {"read": True, "write": False, "admin": False}),
    ]:
        assert (await request_as(identity, "GET", f"{ACME}/base-images")).json()["permissions"] == expected, (
            identity,
            expected,
        )


async def test_permissions_of_an_organization_token_follow_its_scopes(
    request_as: RequestAs, sandbox: Sandbox
) -> None:
    for scope, level in [
        ("scope-repository-read", 1),
        ("scope-repository-edit", 2),
        ("scope-image-push", 2),
        ("scope-repository-admin", 3),
        ("scope-tag-read", 0),
    ]:
        sandbox.state.organizations["acme"].access_tokens[1].resources[0].scopes = (scope,)
        response = await request_as("org-token-narrow", "GET", f"{ACME}/storefront")
        assert response.status_code == (200 if level else 404), (scope, level)
        granted = {"read": level > 0, "write": level > 1, "admin": level > 2}
        assert not level or response.json()["permissions"] == granted, (scope, level)


async def test_special_repositories_have_special_fields(request_as: RequestAs) -> None:
    response = await request_as("owner", "GET", ACME, params={"page_size": 100})
    found = {entry["name"]: entry for entry in response.json()["results"]}
    empty = found["next-generation"]
    assert (empty["status"], empty["status_description"], empty["content_types"]) == (0, "inactive", [])
    assert found["charts"]["content_types"] == ["helm"]
    assert found["volume-driver"]["repository_type"] == "plugin"
    assert found["attic"]["repository_type"] is None
    assert found["storefront"]["affiliation"] == "owner"
    billing = (await request_as("owner", "GET", f"{ACME}/billing-api")).json()
    assert billing["immutable_tags_settings"] == {"enabled": True, "rules": [r"v\d+\..+", "stable"]}


async def test_ordering(request_as: RequestAs) -> None:
    for ordering, field, descending in [
        ("name", "name", False),
        ("-name", "name", True),
        ("pull_count", "pull_count", True),
        ("-pull_count", "pull_count", False),
        ("last_updated", "last_updated", True),
        ("-last_updated", "last_updated", False),
        ("", "last_updated", True),
    ]:
        response = await request_as(None, "GET", LIBRARY, params={"ordering": ordering, "page_size": 100})
        values = [entry[field] for entry in response.json()["results"]]
        assert values == sorted(values, reverse=descending), (ordering, field, descending)
        assert values[0] != values[-1], (ordering, field, descending)


async def test_an_unknown_ordering_is_a_bad_request(request_as: RequestAs) -> None:
    response = await request_as(None, "GET", LIBRARY, params={"ordering": "stars"})
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["ordering"]
    assert response.json()["text"]


async def test_filters(request_as: RequestAs) -> None:
    assert set(get_names(await request_as(None, "GET", LIBRARY, params={"name": "DB"}))) == {"mariadb"}
    assert get_names(await request_as(None, "GET", ACME, params={"content_types": "helm,wasm"})) == ["charts"]
    plugin = {"media_types": "application/vnd.docker.plugin.v1+json"}
    assert get_names(await request_as(None, "GET", ACME, params=plugin)) == ["volume-driver"]
    assert (
        len(get_names(await request_as(None, "GET", LIBRARY, params={"unheard": "of", "page_size": 100})))
        == 25
    )


async def test_following_next_visits_every_repository_once(request_as: RequestAs) -> None:
    url: str | None = f"{BIG}?ordering=name&page_size=100"
    seen: list[str] = []
    pages = 0
    while url:
        response = await request_as("outsider", "GET", url)
        assert response.json()["count"] == 230
        seen += get_names(response)
        url = response.json()["next"]
        pages += 1
    assert (pages, len(seen)) == (3, 230)
    assert seen == sorted(set(seen))


async def test_links_are_absolute_and_keep_the_query(request_as: RequestAs) -> None:
    params = {"page": 2, "page_size": 3, "name": "a", "ordering": "name"}
    body = (await request_as(None, "GET", LIBRARY, params=params)).json()
    expected = f"http://localhost{LIBRARY}?name=a&ordering=name&page=%s&page_size=3"
    assert (body["previous"], body["next"]) == (expected % 1, expected % 3)
    only = (await request_as(None, "GET", LIBRARY, params={"page_size": 100})).json()
    assert (only["previous"], only["next"]) == (None, None)


async def test_links_use_the_host_the_request_was_sent_to(sandbox: Sandbox) -> None:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.example:8443") as client:
        following = (await client.get(LIBRARY)).json()["next"]
    assert following.startswith("https://hub.example:8443/v2/")


async def test_page_sizes_are_ten_by_default_and_at_most_a_hundred(request_as: RequestAs) -> None:
    assert len(get_names(await request_as("outsider", "GET", BIG))) == 10
    response = await request_as("outsider", "GET", BIG, params={"page_size": 1000})
    assert len(get_names(response)) == 100
    assert response.json()["next"] == f"http://localhost{BIG}?page=2&page_size=1000"
    second = await request_as("outsider", "GET", response.json()["next"])
    assert len(set(get_names(second)) - set(get_names(response))) == 100


async def test_page_numbers_must_be_positive_integers(request_as: RequestAs) -> None:
    for value in ["0", "-1", "ten", "1.5", "٣", "9" * 30]:
        for name in ["page", "page_size"]:
            response = await request_as(None, "GET", LIBRARY, params={name: value})
            assert response.status_code == 400, (value, name)
            assert list(response.json()["fields"]) == [name], (value, name)


async def test_a_page_past_the_end_is_not_found(request_as: RequestAs) -> None:
    response = await request_as("owner", "GET", LIBRARY, params={"page": 4})
    assert (response.status_code, response.json()) == (404, {"message": "not found", "errinfo": None})


async def test_an_unknown_namespace_is_an_empty_list(request_as: RequestAs) -> None:
    unknown = "/v2/namespaces/nobody/repositories"
    body = (await request_as(None, "GET", unknown)).json()
    assert body == {"count": 0, "next": None, "previous": None, "results": []}
    assert (await request_as(None, "GET", unknown, params={"page": 2})).status_code == 404


async def test_anonymous_callers_cannot_page_past_the_hundredth_repository(
    request_as: RequestAs,
) -> None:
    for params in ({"page": 2, "page_size": 100}, {"page": 11}, {"page": 99}):
        response = await request_as(None, "GET", BIG, params=params)
        assert response.status_code == 403
        assert response.json()["message"].startswith("pagination offset too large for anonymous requests")
    assert (await request_as(None, "GET", BIG, params={"page": 10})).status_code == 200
    assert (await request_as("outsider", "GET", BIG, params={"page": 11})).status_code == 200


async def test_the_older_paths_reject_organization_tokens(
    request_as: RequestAs,
) -> None:
    for path in (
        "/v2/repositories/library",
        "/v2/repositories/library/redis",
        "/v2/repositories/library/redis/",
    ):
        for method in ("GET", "HEAD"):
            assert (await request_as(None, method, path)).status_code == 200
            assert (await request_as("owner-pat", method, path)).status_code == 200
            assert (await request_as("org-token", method, path)).status_code == 403
        refused = await request_as("org-token", "GET", path)
        assert refused.json()["message"] == "token issued from organization access token is not allowed"
    assert (await request_as(None, "GET", "/v2/repositories/acme/storefront")).status_code == 404


async def test_a_trailing_slash_is_redirected_away(request_as: RequestAs) -> None:
    response = await request_as(None, "GET", f"{LIBRARY}/redis/tags/?page=2")
    assert response.status_code == 301
    assert response.headers["location"] == f"http://localhost{LIBRARY}/redis/tags?page=2"


async def test_unknown_paths_are_not_found(request_as: RequestAs) -> None:
    for path in ["/v2", "/v2/nope", "/v2/nope/", f"{LIBRARY}/redis/tags/a/b"]:
        response = await request_as(None, "GET", path)
        assert (response.status_code, response.json()) == (404, {"message": "404: Page Not Found"}), path


async def test_removed_routes_are_not_found(request_as: RequestAs) -> None:
    for method, path in [
        ("GET", f"{LIBRARY}/redis/images"),
        ("GET", f"{LIBRARY}/redis/images-summary"),
        ("POST", "/v2/namespaces/library/delete-images"),
    ]:
        response = await request_as("owner", method, path)
        assert (response.status_code, response.json()) == (404, {"message": "404: Page Not Found"}), path


async def test_paths_outside_of_the_api_are_pages(request_as: RequestAs) -> None:
    for path in ["/r/library/redis", "/v3/namespaces", "/v1/repositories/library/redis/tags"]:
        response = await request_as(None, "GET", path)
        assert response.status_code == 404, path
        assert response.headers["content-type"] == "text/html; charset=utf-8", path
        assert response.text.startswith("<!doctype html>"), path


async def test_a_method_without_a_route_is_not_allowed(request_as: RequestAs) -> None:
    response = await request_as("owner", "PUT", f"{ACME}/storefront")
    assert response.status_code == 405
    assert response.json() == {"message": "method not allowed", "errinfo": None}
