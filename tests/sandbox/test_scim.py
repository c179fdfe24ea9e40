from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox
from tests.support.sandbox_requests import RequestAs

RequestScim = Callable[..., Awaitable[httpx.Response]]
SCIM = "/v2/scim/2.0"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEW = {
    "schemas": [USER],
    "userName": "joan.doe@example.org",
    "name": {"givenName": "Joan", "familyName": "Doe"},
}


@pytest.fixture
def request_scim(request_as: RequestAs, sandbox: Sandbox) -> RequestScim:
    """Send a request with the SCIM token."""

    async def send(method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {sandbox.scim_token}"}
        response = await request_as(None, method, SCIM + path, headers=headers, **options)
        assert response.headers["content-type"] == "application/scim+json"
        return response

    return send


async def list_users(request_scim: RequestScim, **params: Any) -> list[dict[str, Any]]:
    response = await request_scim("GET", "/Users", params=params)
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.json()["Resources"]
    return found


async def find_user(request_scim: RequestScim, name: str) -> dict[str, Any]:
    return (await list_users(request_scim, filter=f'displayName eq "{name}"'))[0]


async def test_scim_describes_its_features_and_schemas(request_scim: RequestScim) -> None:
    config = (await request_scim("GET", "/ServiceProviderConfig")).json()
    assert config["filter"] == {"supported": True, "maxResults": 200}
    types = (await request_scim("GET", "/ResourceTypes")).json()
    assert (types["totalResults"], types["Resources"][0]["id"]) == (1, "User")
    assert (await request_scim("GET", "/ResourceTypes/User")).json() == types["Resources"][0]
    schemas = (await request_scim("GET", "/Schemas")).json()
    assert (schemas["totalResults"], schemas["Resources"][0]["id"]) == (1, USER)
    assert (await request_scim("GET", f"/Schemas/{USER}")).json() == schemas["Resources"][0]


async def test_missing_resources_are_not_found(request_scim: RequestScim) -> None:
    for path in ["/ResourceTypes/Group", "/Schemas/nope", "/Users/nope"]:
        response = await request_scim("GET", path)
        assert response.status_code == 404, path
        body = response.json()
        assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"], path
        assert (body["status"], "not found" in body["detail"]) == ("404", True), path


async def test_active_users_are_the_members(request_scim: RequestScim, request_as: RequestAs) -> None:
    found = await list_users(request_scim)
    active = {user["displayName"] for user in found if user["active"]}
    members = (await request_as("owner", "GET", "/v2/orgs/acme/members")).json()["results"]
    assert active == {member["username"] for member in members if not member["is_guest"]}
    assert [user["displayName"] for user in found if not user["active"]] == ["ken"]
    ada = next(user for user in found if user["displayName"] == "ada")
    assert ada["userName"] == ada["emails"][0]["value"] == "ada@example.com"
    assert ada["name"] == {"givenName": "Ada", "familyName": "Marlow"}
    assert {group["value"] for group in ada["groups"]} == {"owners", "security"}
    assert ada["meta"]["location"] == f"http://localhost{SCIM}/Users/{ada['id']}"
    assert (await request_scim("GET", f"/Users/{ada['id']}")).json() == ada


async def test_the_first_user_has_index_one(request_scim: RequestScim) -> None:
    body = (await request_scim("GET", "/Users", params={"startIndex": 7, "count": 5})).json()
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (8, 7, 2)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    past = (await request_scim("GET", "/Users", params={"startIndex": 99, "count": 500})).json()
    assert (past["totalResults"], past["Resources"]) == (8, [])


async def test_users_are_sorted(request_scim: RequestScim) -> None:
    names = [user["userName"] for user in await list_users(request_scim, sortBy="userName")]
    assert names == sorted(names)
    turned = [
        user["userName"] for user in await list_users(request_scim, sortBy="USERNAME", sortOrder="descending")
    ]
    assert turned == names[::-1]


async def test_only_selected_attributes_are_returned(request_scim: RequestScim) -> None:
    found = await list_users(request_scim, attributes="userName, name.givenName")
    assert list(found[0]) == ["schemas", "id", "userName", "name"]


async def test_users_are_filtered(request_scim: RequestScim) -> None:
    for text, names in [
        ('userName eq "linus@example.com"', ["linus"]),
        ('USERNAME EQ "LINUS@example.com"', ["linus"]),
        ('userName eq "nobody@example.com"', []),
        ('userName sw "li" or displayName sw "ra"', ["linus", "radia"]),
        ('emails co "@example.com" and active eq false', ["ken"]),
        ('not (active eq true) and name.familyName ne "x"', ["ken"]),
        ('(displayName eq "ada" or displayName eq "grace") and name.givenName eq "Grace"', ["grace"]),
        ('displayName eq "a\\"b"', []),
    ]:
        assert [user["displayName"] for user in await list_users(request_scim, filter=text)] == names, (
            text,
            names,
        )


async def test_invalid_queries_are_rejected(request_scim: RequestScim) -> None:
    for params in [
        {"filter": "userName"},
        {"filter": "userName eq"},
        {"filter": 'userName like "x"'},
        {"filter": 'shoeSize eq "46"'},
        {"filter": "userName eq linus"},
        {"filter": 'userName eq "linus'},
        {"filter": '(userName eq "linus"'},
        {"filter": 'userName eq "linus" userName'},
        {"filter": "(" * 400},
        {"filter": "not " * 120},
        {"filter": "(" * 501},
        {"sortBy": "shoeSize"},
        {"sortBy": "userName", "sortOrder": "upwards"},
        {"startIndex": "0"},
        {"count": "many"},
    ]:
        response = await request_scim("GET", "/Users", params=params)
        assert (response.status_code, response.json()["status"]) == (400, "400"), params


async def test_a_user_is_provisioned(
    request_scim: RequestScim, request_as: RequestAs, sandbox: Sandbox
) -> None:
    made = await request_scim("POST", "/Users", json=NEW)
    body = made.json()
    assert (made.status_code, body["userName"], body["displayName"]) == (201, NEW["userName"], "joandoe")
    assert (body["active"], body["groups"]) == (True, [{"value": "company", "display": "company"}])
    assert (await request_scim("GET", f"/Users/{body['id']}")).json() == body
    members = (await request_as("owner", "GET", "/v2/orgs/acme/members", params={"search": "joandoe"})).json()
    assert [member["full_name"] for member in members["results"]] == ["Joan Doe"]
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.actor) == ("org.member.add", "joandoe", "acme")
    login = {"identifier": "joandoe", "secret": ""}
    assert (await request_as(None, "POST", "/v2/auth/token", json=login)).status_code == 400


async def test_an_existing_account_is_reused(
    request_scim: RequestScim, request_as: RequestAs, sandbox: Sandbox
) -> None:
    body = {"schemas": [USER], "userName": "Mallory@example.com"}
    made = (await request_scim("POST", "/Users", json=body)).json()
    assert (made["displayName"], made["name"]["givenName"]) == ("mallory", "Mallory")
    assert (await request_as("outsider", "GET", "/v2/user/orgs")).json()["count"] == 1
    invited = {"schemas": [USER], "userName": "alan@example.net"}
    await request_scim("POST", "/Users", json=invited)
    assert [one.email for one in sandbox.state.organizations["acme"].invitees] == ["joan@example.net"]


async def test_a_used_name_gets_a_number(request_scim: RequestScim) -> None:
    for address in ("ada@example.org", "acme@example.org", "...@example.org"):
        made = await request_scim("POST", "/Users", json={"schemas": [USER], "userName": address})
        assert made.status_code == 201
        assert made.json()["displayName"] not in {"ada", "acme", ""}


async def test_a_provisioned_address_is_a_conflict(request_scim: RequestScim) -> None:
    for address in ["linus@example.com", "LINUS@example.com", "ken@example.com"]:
        response = await request_scim("POST", "/Users", json=NEW | {"userName": address})
        assert (response.status_code, response.json()["status"]) == (409, "409"), address


async def test_a_user_without_active_is_deactivated(
    request_scim: RequestScim, request_as: RequestAs, sandbox: Sandbox
) -> None:
    linus = await find_user(request_scim, "linus")
    body = {"schemas": [USER], "userName": linus["userName"]}
    changed = await request_scim("PUT", f"/Users/{linus['id']}", json=body)
    assert (changed.status_code, changed.json()["active"], changed.json()["groups"]) == (200, False, [])
    assert changed.json()["name"] == linus["name"]
    assert (await request_as("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 7
    assert sandbox.state.audit_events[-1].action == "org.member.remove"
    back = (await request_scim("PUT", f"/Users/{linus['id']}", json=body | {"active": True})).json()
    assert (back["active"], [group["value"] for group in back["groups"]]) == (True, ["company"])
    assert (await request_as("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 8


async def test_names_and_addresses_change(request_scim: RequestScim, clock: list[float]) -> None:
    linus = await find_user(request_scim, "linus")
    clock[0] += 60
    body = NEW | {"active": True, "userName": "berg@example.com"}
    changed = (await request_scim("PUT", f"/Users/{linus['id']}", json=body)).json()
    assert changed["name"] == NEW["name"]
    assert (changed["userName"], changed["displayName"]) == ("berg@example.com", "linus")
    assert changed["meta"]["lastModified"] > linus["meta"]["lastModified"]
    assert changed["groups"] == linus["groups"]


async def test_used_addresses_and_the_last_owner_are_protected(request_scim: RequestScim) -> None:
    linus, ada = await find_user(request_scim, "linus"), await find_user(request_scim, "ada")
    body = {"schemas": [USER], "userName": "ada@example.com", "active": True}
    taken = await request_scim("PUT", f"/Users/{linus['id']}", json=body)
    assert taken.status_code == 409
    last = await request_scim(
        "PUT", f"/Users/{ada['id']}", json={"schemas": [USER], "userName": "ada@example.com"}
    )
    assert (last.status_code, last.json()["detail"]) == (
        400,
        "the last owner of an organization cannot be deactivated",
    )
    assert (await find_user(request_scim, "ada"))["active"] is True


async def test_invalid_bodies_are_rejected(request_scim: RequestScim) -> None:
    for body in [
        {},
        {"schemas": [USER]},
        {"userName": "a@example.org"},
        NEW | {"schemas": ["x"]},
        NEW | {"schemas": []},
        NEW | {"userName": "a"},
        NEW | {"userName": 5},
        NEW | {"name": "Joan"},
        NEW | {"name": {"givenName": 5}},
        NEW | {"active": "yes"},
        [],
    ]:
        linus = await find_user(request_scim, "linus")
        for method, path in (("POST", "/Users"), ("PUT", f"/Users/{linus['id']}")):
            response = await request_scim(method, path, json=body)
            assert (response.status_code, response.json()["status"]) == (400, "400"), body
            assert response.json()["detail"], body
        assert (await request_scim("POST", "/Users", content=b"{")).status_code == 400, body
        assert len(await list_users(request_scim)) == 8, body


async def test_tokens_of_the_hub_are_not_valid_for_scim(request_as: RequestAs) -> None:
    for method, path in [
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/ResourceTypes"),
        ("GET", "/ResourceTypes/User"),
        ("GET", "/Schemas"),
        ("GET", f"/Schemas/{USER}"),
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("GET", "/Users/x"),
        ("PUT", "/Users/x"),
    ]:
        for identity in [None, "owner", "owner-pat", "org-token"]:
            response = await request_as(identity, method, SCIM + path, json=NEW)
            assert (response.status_code, response.json()["status"]) == (401, "401"), (method, path, identity)
            assert response.headers["content-type"] == "application/scim+json", (method, path, identity)


async def test_the_scim_token_is_valid_only_for_scim(request_as: RequestAs, sandbox: Sandbox) -> None:
    for path in [
        "/v2/user/",
        "/v2/orgs/acme/members",
        "/v2/namespaces/library/repositories",
        "/api/search/v4?query=x",
    ]:
        headers = {"Authorization": f"Bearer {sandbox.scim_token}"}
        assert (await request_as(None, "GET", path, headers=headers)).status_code == 401, path
        assert sandbox.requests[-1].user == "acme", path
