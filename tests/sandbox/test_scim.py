from collections.abc import Awaitable, Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.sandbox import Sandbox

Ask = Callable[..., Awaitable[httpx.Response]]
Scim = Callable[..., Awaitable[httpx.Response]]
SCIM = "/v2/scim/2.0"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEW = {
    "schemas": [USER],
    "userName": "joan.doe@example.org",
    "name": {"givenName": "Joan", "familyName": "Doe"},
}


@pytest.fixture
def scim(ask: Ask, sandbox: Sandbox) -> Scim:
    """Send a request with the SCIM token."""

    async def send(method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {sandbox.scim_token}"}
        answer = await ask(None, method, SCIM + path, headers=headers, **options)
        assert answer.headers["content-type"] == "application/scim+json"
        return answer

    return send


async def users(scim: Scim, **params: Any) -> list[dict[str, Any]]:
    answer = await scim("GET", "/Users", params=params)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["Resources"]
    return found


async def named(scim: Scim, name: str) -> dict[str, Any]:
    return (await users(scim, filter=f'displayName eq "{name}"'))[0]


async def test_scim_tells_what_it_is(scim: Scim) -> None:
    config = (await scim("GET", "/ServiceProviderConfig")).json()
    assert config["filter"] == {"supported": True, "maxResults": 200}
    types = (await scim("GET", "/ResourceTypes")).json()
    assert (types["totalResults"], types["Resources"][0]["id"]) == (1, "User")
    assert (await scim("GET", "/ResourceTypes/User")).json() == types["Resources"][0]
    schemas = (await scim("GET", "/Schemas")).json()
    assert (schemas["totalResults"], schemas["Resources"][0]["id"]) == (1, USER)
    assert (await scim("GET", f"/Schemas/{USER}")).json() == schemas["Resources"][0]


@pytest.mark.parametrize("path", ["/ResourceTypes/Group", "/Schemas/nope", "/Users/nope"])
async def test_what_there_is_not(scim: Scim, path: str) -> None:
    answer = await scim("GET", path)
    assert answer.status_code == 404
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (body["status"], "not found" in body["detail"]) == ("404", True)


async def test_active_users_are_the_members(scim: Scim, ask: Ask) -> None:
    found = await users(scim)
    active = {user["displayName"] for user in found if user["active"]}
    members = (await ask("owner", "GET", "/v2/orgs/acme/members")).json()["results"]
    assert active == {member["username"] for member in members if not member["is_guest"]}
    assert [user["displayName"] for user in found if not user["active"]] == ["ken"]
    ada = next(user for user in found if user["displayName"] == "ada")
    assert ada["userName"] == ada["emails"][0]["value"] == "ada@example.com"
    assert ada["name"] == {"givenName": "Ada", "familyName": "Marlow"}
    assert {group["value"] for group in ada["groups"]} == {"owners", "security"}
    assert ada["meta"]["location"] == f"http://localhost{SCIM}/Users/{ada['id']}"
    assert (await scim("GET", f"/Users/{ada['id']}")).json() == ada


async def test_users_are_counted_from_one(scim: Scim) -> None:
    body = (await scim("GET", "/Users", params={"startIndex": 7, "count": 5})).json()
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (8, 7, 2)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    past = (await scim("GET", "/Users", params={"startIndex": 99, "count": 500})).json()
    assert (past["totalResults"], past["Resources"]) == (8, [])


async def test_users_are_sorted(scim: Scim) -> None:
    names = [user["userName"] for user in await users(scim, sortBy="userName")]
    assert names == sorted(names)
    turned = [user["userName"] for user in await users(scim, sortBy="USERNAME", sortOrder="descending")]
    assert turned == names[::-1]


async def test_only_wanted_attributes_are_shown(scim: Scim) -> None:
    found = await users(scim, attributes="userName, name.givenName")
    assert list(found[0]) == ["schemas", "id", "userName", "name"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('userName eq "linus@example.com"', ["linus"]),
        ('USERNAME EQ "LINUS@example.com"', ["linus"]),
        ('userName eq "nobody@example.com"', []),
        ('userName sw "li" or displayName sw "ra"', ["linus", "radia"]),
        ('emails co "@example.com" and active eq false', ["ken"]),
        ('not (active eq true) and name.familyName ne "x"', ["ken"]),
        ('(displayName eq "ada" or displayName eq "grace") and name.givenName eq "Grace"', ["grace"]),
        ('displayName eq "a\\"b"', []),
    ],
)
async def test_users_are_filtered(scim: Scim, text: str, names: list[str]) -> None:
    assert [user["displayName"] for user in await users(scim, filter=text)] == names


@pytest.mark.parametrize(
    "params",
    [
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
    ],
)
async def test_bad_questions_are_refused(scim: Scim, params: dict[str, str]) -> None:
    answer = await scim("GET", "/Users", params=params)
    assert (answer.status_code, answer.json()["status"]) == (400, "400")


async def test_a_user_is_provisioned(scim: Scim, ask: Ask, sandbox: Sandbox) -> None:
    made = await scim("POST", "/Users", json=NEW)
    body = made.json()
    assert (made.status_code, body["userName"], body["displayName"]) == (201, NEW["userName"], "joandoe")
    assert (body["active"], body["groups"]) == (True, [{"value": "company", "display": "company"}])
    assert (await scim("GET", f"/Users/{body['id']}")).json() == body
    members = (await ask("owner", "GET", "/v2/orgs/acme/members", params={"search": "joandoe"})).json()
    assert [member["full_name"] for member in members["results"]] == ["Joan Doe"]
    event = sandbox.state.audit_events[-1]
    assert (event.action, event.name, event.actor) == ("org.member.add", "joandoe", "acme")
    login = {"identifier": "joandoe", "secret": ""}
    assert (await ask(None, "POST", "/v2/auth/token", json=login)).status_code == 400


async def test_who_has_an_account_keeps_it(scim: Scim, ask: Ask, sandbox: Sandbox) -> None:
    body = {"schemas": [USER], "userName": "Mallory@example.com"}
    made = (await scim("POST", "/Users", json=body)).json()
    assert (made["displayName"], made["name"]["givenName"]) == ("mallory", "Mallory")
    assert (await ask("outsider", "GET", "/v2/user/orgs")).json()["count"] == 1
    invited = {"schemas": [USER], "userName": "alan@example.net"}
    await scim("POST", "/Users", json=invited)
    assert [one.email for one in sandbox.state.organizations["acme"].invitees] == ["joan@example.net"]


async def test_names_that_are_taken_are_counted_on(scim: Scim) -> None:
    for address in ("ada@example.org", "acme@example.org", "...@example.org"):
        made = await scim("POST", "/Users", json={"schemas": [USER], "userName": address})
        assert made.status_code == 201
        assert made.json()["displayName"] not in {"ada", "acme", ""}


@pytest.mark.parametrize("address", ["linus@example.com", "LINUS@example.com", "ken@example.com"])
async def test_nobody_is_provisioned_twice(scim: Scim, address: str) -> None:
    answer = await scim("POST", "/Users", json=NEW | {"userName": address})
    assert (answer.status_code, answer.json()["status"]) == (409, "409")


async def test_a_user_without_active_is_deactivated(scim: Scim, ask: Ask, sandbox: Sandbox) -> None:
    linus = await named(scim, "linus")
    body = {"schemas": [USER], "userName": linus["userName"]}
    changed = await scim("PUT", f"/Users/{linus['id']}", json=body)
    assert (changed.status_code, changed.json()["active"], changed.json()["groups"]) == (200, False, [])
    assert changed.json()["name"] == linus["name"]
    assert (await ask("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 7
    assert sandbox.state.audit_events[-1].action == "org.member.remove"
    back = (await scim("PUT", f"/Users/{linus['id']}", json=body | {"active": True})).json()
    assert (back["active"], [group["value"] for group in back["groups"]]) == (True, ["company"])
    assert (await ask("owner", "GET", "/v2/orgs/acme/members")).json()["count"] == 8


async def test_names_and_addresses_change(scim: Scim, clock: list[float]) -> None:
    linus = await named(scim, "linus")
    clock[0] += 60
    body = NEW | {"active": True, "userName": "berg@example.com"}
    changed = (await scim("PUT", f"/Users/{linus['id']}", json=body)).json()
    assert changed["name"] == NEW["name"]
    assert (changed["userName"], changed["displayName"]) == ("berg@example.com", "linus")
    assert changed["meta"]["lastModified"] > linus["meta"]["lastModified"]
    assert changed["groups"] == linus["groups"]


async def test_addresses_of_others_and_the_last_owner_are_safe(scim: Scim) -> None:
    linus, ada = await named(scim, "linus"), await named(scim, "ada")
    body = {"schemas": [USER], "userName": "ada@example.com", "active": True}
    taken = await scim("PUT", f"/Users/{linus['id']}", json=body)
    assert taken.status_code == 409
    last = await scim("PUT", f"/Users/{ada['id']}", json={"schemas": [USER], "userName": "ada@example.com"})
    assert (last.status_code, last.json()["detail"]) == (
        400,
        "the last owner of an organization cannot be deactivated",
    )
    assert (await named(scim, "ada"))["active"] is True


@pytest.mark.parametrize(
    "body",
    [
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
    ],
)
async def test_bad_bodies_are_refused(scim: Scim, body: Any) -> None:
    linus = await named(scim, "linus")
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{linus['id']}")):
        answer = await scim(method, path, json=body)
        assert (answer.status_code, answer.json()["status"]) == (400, "400")
        assert answer.json()["detail"]
    assert (await scim("POST", "/Users", content=b"{")).status_code == 400
    assert len(await users(scim)) == 8


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/ResourceTypes"),
        ("GET", "/ResourceTypes/User"),
        ("GET", "/Schemas"),
        ("GET", f"/Schemas/{USER}"),
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("GET", "/Users/x"),
        ("PUT", "/Users/x"),
    ],
)
@pytest.mark.parametrize("who", [None, "owner", "owner-pat", "org-token"])
async def test_nothing_of_the_hub_opens_scim(ask: Ask, method: str, path: str, who: str | None) -> None:
    answer = await ask(who, method, SCIM + path, json=NEW)
    assert (answer.status_code, answer.json()["status"]) == (401, "401")
    assert answer.headers["content-type"] == "application/scim+json"


@pytest.mark.parametrize(
    "path",
    ["/v2/user/", "/v2/orgs/acme/members", "/v2/namespaces/library/repositories", "/api/search/v4?query=x"],
)
async def test_the_scim_token_opens_nothing_else(ask: Ask, sandbox: Sandbox, path: str) -> None:
    headers = {"Authorization": f"Bearer {sandbox.scim_token}"}
    assert (await ask(None, "GET", path, headers=headers)).status_code == 401
    assert sandbox.requests[-1].user == "acme"
