import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_registry import RegistryUser
from tests.support.sandbox_requests import RequestAs

REALM = 'Bearer realm="http://localhost/token",service="registry.docker.io"'


async def test_the_base_path_names_the_token_service(client: httpx.AsyncClient) -> None:
    response = await client.get("/v2/")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, REALM)
    assert response.json() == {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}


async def test_a_request_without_a_token_is_told_the_scope(client: httpx.AsyncClient) -> None:
    response = await client.get("/v2/library/redis/manifests/latest")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == f'{REALM},scope="repository:library/redis:pull"'
    detail = [{"Type": "repository", "Class": "", "Name": "library/redis", "Action": "pull"}]
    error = {"code": "UNAUTHORIZED", "message": "authentication required", "detail": detail}
    assert response.json() == {"errors": [error]}


@pytest.mark.parametrize("repository", ["acme/storefront", "quayside/customs", "library/nope", "no-such/one"])
async def test_missing_and_private_repositories_look_the_same(
    anonymous: RegistryUser, repository: str
) -> None:
    for path in ["manifests/latest", f"blobs/sha256:{'0' * 64}", "tags/list", f"referrers/sha256:{'0' * 64}"]:
        response = await anonymous.get(repository, path)
        assert response.status_code == 401, path
        assert response.json()["errors"][0]["code"] == "UNAUTHORIZED"
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


async def test_members_pull_private_images(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
    for identity, status in [("member", 200), ("org-token", 200), ("outsider", 401), ("public-pat", 401)]:
        user = RegistryUser(sandbox, client, identity)
        assert (await user.get("acme/storefront", "manifests/latest")).status_code == status, identity


async def test_a_repository_that_the_caller_could_create(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
    response = await RegistryUser(sandbox, client, "owner").get("acme/nope", "manifests/latest")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (404, "NAME_UNKNOWN")


async def test_no_path_of_the_hub_is_shadowed(request_as: RequestAs) -> None:
    path = "/v2/repositories/library/redis/tags/8.2/images"
    assert (await request_as(None, "GET", path)).json()[0]["architecture"] == "amd64"
    for path in ["/v2/orgs/acme/tags/list", "/v2/repositories/library/manifests/latest", "/v2/users/ada"]:
        response = await request_as("owner", "GET", path)
        assert "errors" not in response.json()
        assert "X-RateLimit-Limit" in response.headers


async def test_other_paths_and_methods(anonymous: RegistryUser, client: httpx.AsyncClient) -> None:
    response = await anonymous.send("PUT", "library/redis", "manifests/latest")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (405, "UNSUPPORTED")
    assert (await client.get("/_blobs/library/redis")).status_code == 404


async def test_the_rate_limits_of_the_hub_do_not_apply() -> None:
    limited = Sandbox(anonymous_limit=1)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=limited.app), base_url="http://localhost"
    ) as opened:
        user = RegistryUser(limited, opened)
        for _ in range(3):
            response = await user.get("library/redis", "manifests/8.2")
            assert response.status_code == 200
            assert "X-RateLimit-Limit" not in response.headers


async def test_requests_are_recorded_with_the_account_of_their_token(
    sandbox: Sandbox, client: httpx.AsyncClient
) -> None:
    user = RegistryUser(sandbox, client, "member")
    await user.send("HEAD", "acme/storefront", "manifests/latest")
    await client.get("/v2/namespaces/library/repositories/redis")
    assert [(each.method, each.path, each.user, each.auth_scheme) for each in sandbox.requests] == [
        ("GET", "/token", None, "Basic"),
        ("HEAD", "/v2/acme/storefront/manifests/latest", "linus", "Bearer"),
        ("GET", "/v2/namespaces/library/repositories/redis", None, None),
    ]
    assert [each.is_registry for each in sandbox.requests] == [True, True, False]
    listed = (await client.get("/_sandbox/requests")).json()
    assert [each["service"] for each in listed["last"]] == ["registry", "registry", "hub"]
    assert listed["logins"] == 0


async def test_faults_apply_to_the_registry(sandbox: Sandbox, anonymous: RegistryUser) -> None:
    sandbox.faults.add(match="/manifests/", truncate=True, times=1)
    cut = await anonymous.get("library/redis", "manifests/8.2")
    whole = await anonymous.get("library/redis", "manifests/8.2")
    assert cut.content.startswith(b'{"schemaVersion"')
    assert len(cut.content) < len(whole.content) * 2 // 3
    sandbox.faults.add(match="/manifests/", status=500, times=1)
    assert (await anonymous.get("library/redis", "manifests/8.2")).status_code == 500
