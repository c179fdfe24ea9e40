from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

PERSONAL, ORGANIZATION = "/v2/access-tokens", "/v2/orgs/acme/access-tokens"
FROM_PAT = "token issued from personal access token is not allowed"
FROM_OAT = "token issued from organization access token is not allowed"


async def test_a_user_lists_their_own_tokens_without_secrets(request_as: RequestAs, sandbox: Sandbox) -> None:
    body = (await request_as("owner", "GET", PERSONAL, params={"page_size": 100})).json()
    own = {token.uuid for token in sandbox.state.personal_access_tokens if token.username == "ada"}
    assert {token["uuid"] for token in body["results"]} == own
    assert body["count"] == len(own)
    assert body["active_count"] == len(own) - 2
    assert {token["token"] for token in body["results"]} == {"***"}
    created = [token["created_at"] for token in body["results"]]
    assert created == sorted(created, reverse=True)


async def test_tokens_are_paged(request_as: RequestAs) -> None:
    first = (await request_as("owner", "GET", PERSONAL)).json()
    assert len(first["results"]) == 10
    second = (await request_as("owner", "GET", first["next"])).json()
    assert second["next"] is None
    assert len(second["results"]) == first["count"] - 10
    past = await request_as("owner", "GET", PERSONAL, params={"page": 3})
    assert (past.status_code, past.json()["results"]) == (200, [])


async def test_one_token_is_found_by_its_uuid(request_as: RequestAs) -> None:
    listed = (await request_as("owner", "GET", PERSONAL)).json()["results"][0]
    assert (await request_as("owner", "GET", f"{PERSONAL}/{listed['uuid']}")).json() == listed
    assert (await request_as("member", "GET", f"{PERSONAL}/{listed['uuid']}")).status_code == 404
    assert (await request_as("owner", "GET", f"{PERSONAL}/nope")).status_code == 404


async def test_only_a_password_reads_personal_tokens(request_as: RequestAs) -> None:
    for path in [PERSONAL, f"{PERSONAL}/nope"]:
        for identity, status, message in [
            (None, 401, "unauthorized"),
            ("owner-pat", 403, FROM_PAT),
            ("org-token", 403, FROM_OAT),
        ]:
            response = await request_as(identity, "GET", path)
            assert (response.status_code, response.json()["message"]) == (status, message), (
                path,
                identity,
                status,
                message,
            )


async def test_an_owner_lists_the_tokens_of_the_organization(request_as: RequestAs, sandbox: Sandbox) -> None:
    body = (await request_as("owner", "GET", ORGANIZATION)).json()
    assert list(body) == ["total", "next", "previous", "results"]
    assert body["total"] == len(body["results"]) == 6
    secrets = [token.secret for token in sandbox.state.organizations["acme"].access_tokens if token.secret]
    text = str(body)
    assert [secret for secret in secrets if secret in text] == []
    assert "resources" not in body["results"][0]


async def test_tokens_of_the_organization_are_paged(request_as: RequestAs) -> None:
    first = (await request_as("owner", "GET", ORGANIZATION, params={"page_size": 4})).json()
    second = (await request_as("owner", "GET", first["next"])).json()
    assert (len(second["results"]), second["next"]) == (2, None)


async def test_a_single_token_of_the_organization_has_its_resources(request_as: RequestAs) -> None:
    listed = (await request_as("owner", "GET", ORGANIZATION)).json()["results"][0]
    shown = (await request_as("owner", "GET", f"{ORGANIZATION}/{listed['id']}")).json()
    scopes = ["scope-repository-read", "scope-tag-read"]
    assert shown.pop("resources") == [{"type": "TYPE_REPO", "path": "acme/storefront", "scopes": scopes}]
    assert shown == listed
    assert (await request_as("owner", "GET", f"{ORGANIZATION}/nope")).status_code == 404


async def test_only_owners_read_tokens_of_the_organization(request_as: RequestAs) -> None:
    for path in [ORGANIZATION, f"{ORGANIZATION}/nope"]:
        for identity, status, message in [
            (None, 401, "unauthorized"),
            ("owner-pat", 403, FROM_PAT),
            ("org-token", 403, FROM_OAT),
            ("member", 403, "permission denied"),
            ("outsider", 403, "permission denied"),
        ]:
            response = await request_as(identity, "GET", path)
            assert (response.status_code, response.json()["message"]) == (status, message), (
                path,
                identity,
                status,
                message,
            )


async def test_an_organization_that_does_not_exist(request_as: RequestAs) -> None:
    response = await request_as("owner", "GET", "/v2/orgs/nope/access-tokens")
    assert (response.status_code, response.json()) == (404, {"detail": "No such organization"})
