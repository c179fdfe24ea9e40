from tests.support.sandbox_requests import RequestAs

OWN, OWN_ORGANIZATIONS, NAMESPACES = "/v2/user/", "/v2/user/orgs", "/v2/repositories/namespaces"


async def test_the_callers_own_account(request_as: RequestAs) -> None:
    body = (await request_as("owner", "GET", OWN)).json()
    assert (body["username"], body["full_name"], body["email"]) == ("ada", "Ada Marlow", "ada@example.com")
    shorter = await request_as("owner", "GET", "/v2/user")
    assert (shorter.status_code, shorter.headers["location"]) == (301, "http://localhost/v2/user/")


async def test_a_personal_access_token_reads_no_own_account(request_as: RequestAs) -> None:
    message = "access is forbidden with a JWT issued from a personal access token"
    for identity in ["owner-pat", "reader-pat", "public-pat"]:
        refused = await request_as(identity, "GET", OWN)
        assert (refused.status_code, refused.json()) == (403, {"message": message, "errinfo": {}}), identity
        assert (await request_as(identity, "GET", OWN_ORGANIZATIONS)).status_code == 200, identity


async def test_the_callers_own_organizations(request_as: RequestAs) -> None:
    for identity in ["two-factor-pat", "owner"]:
        body = (
            await request_as(identity, "GET", OWN_ORGANIZATIONS, params={"page": 1, "page_size": 5})
        ).json()
        assert (body["count"], body["next"]) == ({"owner": 2, "two-factor-pat": 1}[identity], None), identity
        found = body["results"][0]
        role, groups = {
            "owner": ("Owner", ["owners", "security"]),
            "two-factor-pat": ("Editor", ["developers", "platform"]),
        }[identity]
        assert (found["orgname"], found["user_role"], found["user_groups"]) == ("acme", role, groups), (
            identity
        )
        assert (found["type"], found["org_groups_count"]) == ("Organization", 5), identity
        assert (await request_as("outsider", "GET", OWN_ORGANIZATIONS)).json()["count"] == 0, identity
        assert (
            await request_as(identity, "GET", OWN_ORGANIZATIONS, params={"page": 2})
        ).status_code == 404, identity


async def test_namespaces_in_which_the_caller_creates_repositories(request_as: RequestAs) -> None:
    assert (await request_as("owner", "GET", NAMESPACES)).json() == {
        "namespaces": ["ada", "acme", "milldale"]
    }
    assert (await request_as("member", "GET", NAMESPACES)).json() == {"namespaces": ["linus"]}


async def test_only_users_have_an_own_account(request_as: RequestAs) -> None:
    for path in [OWN, OWN_ORGANIZATIONS, NAMESPACES]:
        assert (await request_as(None, "GET", path)).status_code == 401, path
        refused = await request_as("org-token", "GET", path)
        assert (refused.status_code, refused.json()["message"]) == (
            403,
            "token issued from organization access token is not allowed",
        ), path


async def test_profiles_are_public_without_the_email_address(request_as: RequestAs) -> None:
    response = await request_as(None, "GET", "/v2/users/linus")
    assert (response.status_code, response.json()["full_name"]) == (200, "Linus Berg")
    assert "linus@example.com" not in response.text
    missing = await request_as(None, "GET", "/v2/users/nope")
    assert (missing.status_code, missing.json()) == (404, {"detail": "User not found"})


async def test_organizations_are_public(request_as: RequestAs) -> None:
    body = (await request_as(None, "GET", "/v2/orgs/bigcorp")).json()
    assert (body["orgname"], body["badge"], body["type"]) == ("bigcorp", "verified_publisher", "Organization")
    missing = await request_as(None, "GET", "/v2/orgs/nope")
    assert (missing.status_code, missing.json()) == (404, {"detail": "No such organization"})


async def test_the_other_kind_of_account_is_a_redirect(request_as: RequestAs) -> None:
    for path, there in [("/v2/orgs/ada", "/v2/users/ada"), ("/v2/users/acme", "/v2/orgs/acme")]:
        response = await request_as(None, "GET", path)
        assert (response.status_code, response.headers["location"]) == (302, f"http://localhost{there}"), (
            path,
            there,
        )
        assert (await request_as(None, "GET", response.headers["location"])).status_code == 200, (path, there)


async def test_organizations_of_another_user(request_as: RequestAs) -> None:
    body = (await request_as("owner", "GET", "/v2/users/grace/orgs")).json()
    assert [found["orgname"] for found in body["results"]] == ["acme"]
    assert (await request_as("owner", "GET", "/v2/users/nope/orgs")).status_code == 404
    assert (await request_as(None, "GET", "/v2/users/grace/orgs")).status_code == 401
