from collections.abc import Awaitable, Callable

import httpx2 as httpx
import pytest

Ask = Callable[..., Awaitable[httpx.Response]]
OWN, OWN_ORGANIZATIONS, NAMESPACES = "/v2/user/", "/v2/user/orgs", "/v2/repositories/namespaces"


@pytest.mark.parametrize("who", ["owner", "owner-pat"])
async def test_ones_own_account(ask: Ask, who: str) -> None:
    body = (await ask(who, "GET", OWN)).json()
    assert (body["username"], body["full_name"], body["email"]) == ("ada", "Ada Marlow", "ada@example.com")
    shorter = await ask(who, "GET", "/v2/user")
    assert (shorter.status_code, shorter.headers["location"]) == (301, "http://localhost/v2/user/")


@pytest.mark.parametrize("who", ["two-factor-pat", "owner"])
async def test_ones_own_organizations(ask: Ask, who: str) -> None:
    body = (await ask(who, "GET", OWN_ORGANIZATIONS, params={"page": 1, "page_size": 5})).json()
    assert (body["count"], body["next"]) == (1, None)
    found = body["results"][0]
    role, groups = {
        "owner": ("Owner", ["owners", "security"]),
        "two-factor-pat": ("Editor", ["developers", "platform"]),
    }[who]
    assert (found["orgname"], found["user_role"], found["user_groups"]) == ("acme", role, groups)
    assert (found["type"], found["org_groups_count"]) == ("Organization", 5)
    assert (await ask("outsider", "GET", OWN_ORGANIZATIONS)).json()["count"] == 0
    assert (await ask(who, "GET", OWN_ORGANIZATIONS, params={"page": 2})).status_code == 404


async def test_namespaces_to_create_in(ask: Ask) -> None:
    assert (await ask("owner", "GET", NAMESPACES)).json() == {"namespaces": ["ada", "acme"]}
    assert (await ask("member", "GET", NAMESPACES)).json() == {"namespaces": ["linus"]}


@pytest.mark.parametrize("path", [OWN, OWN_ORGANIZATIONS, NAMESPACES])
async def test_only_people_have_an_account(ask: Ask, path: str) -> None:
    assert (await ask(None, "GET", path)).status_code == 401
    refused = await ask("org-token", "GET", path)
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "token issued from organization access token is not allowed",
    )


async def test_profiles_are_public_and_hide_the_address(ask: Ask) -> None:
    answer = await ask(None, "GET", "/v2/users/linus")
    assert (answer.status_code, answer.json()["full_name"]) == (200, "Linus Berg")
    assert "linus@example.com" not in answer.text
    missing = await ask(None, "GET", "/v2/users/nope")
    assert (missing.status_code, missing.json()) == (404, {"detail": "User not found"})


async def test_organizations_are_public(ask: Ask) -> None:
    body = (await ask(None, "GET", "/v2/orgs/bigcorp")).json()
    assert (body["orgname"], body["badge"], body["type"]) == ("bigcorp", "verified_publisher", "Organization")
    missing = await ask(None, "GET", "/v2/orgs/nope")
    assert (missing.status_code, missing.json()) == (404, {"detail": "No such organization"})


@pytest.mark.parametrize(
    ("path", "there"), [("/v2/orgs/ada", "/v2/users/ada"), ("/v2/users/acme", "/v2/orgs/acme")]
)
async def test_the_other_kind_of_account_is_elsewhere(ask: Ask, path: str, there: str) -> None:
    answer = await ask(None, "GET", path)
    assert (answer.status_code, answer.headers["location"]) == (302, f"http://localhost{there}")
    assert (await ask(None, "GET", answer.headers["location"])).status_code == 200


async def test_organizations_of_somebody(ask: Ask) -> None:
    body = (await ask("owner", "GET", "/v2/users/grace/orgs")).json()
    assert [found["orgname"] for found in body["results"]] == ["acme"]
    assert (await ask("owner", "GET", "/v2/users/nope/orgs")).status_code == 404
    assert (await ask(None, "GET", "/v2/users/grace/orgs")).status_code == 401
