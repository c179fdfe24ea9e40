"""The catalogue compared with the official document: every difference has a reason."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.enums import ReferenceState, Scope, Service
from dockerhub_mcp.hub.api.marks import LOCAL, UNDOCUMENTED, Mark, has_mark
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import ALL_METHODS, AssignRepositoryGroup, Login
from dockerhub_mcp.hub.models import OrgGroup, Page
from tests.support.catalogue import (
    FLATTENED,
    METHODS,
    VERBS,
    Place,
    content_of,
    documented_arguments,
    fields_of,
    find_deviations,
    listed_deviations,
    names_in,
    operation_of,
    tool_arguments,
)
from tests.support.openapi import (
    DOCUMENT,
    find_violations,
    load_document,
    needs_document,
    resolve_reference,
)
from tests.support.prism import ARGUMENTS, call_variants

pytestmark = needs_document

NOT_DECLARED_ANONYMOUS = dict.fromkeys(
    ("list_tags", "check_tags", "get_tag", "check_tag"),
    "the Hub shows the tags of public repositories to everyone, like the repositories themselves",
)
OAT_UNMENTIONED = {"create_auth_token": "the body's description names the token as a secret"}
TAG_OF_AREA = {"authentication": "authentication-api", "tags": "repositories", "members": "orgs"}
STEERING = {"dry_run": True, "max_items": 60}
BEARER = {Service.HUB: "bearerAuth", Service.SCIM: "scimToken"}

TOOLS = pytest.mark.parametrize("tool", METHODS)


def with_mark(tool: str, *marks: Mark) -> set[str]:
    return {name for name, field in fields_of(tool).items() if any(has_mark(field, mark) for mark in marks)}


def test_every_operation_has_one_method_and_every_other_method_has_none() -> None:
    operations = [
        (verb.upper(), path)
        for path, item in load_document()["paths"].items()
        for verb in VERBS
        if verb in item
    ]
    assert sorted((m.http.verb, m.http.path_template) for m in METHODS.values()) == sorted(operations)
    others = {(m.http.verb, m.http.path_template) for m in ALL_METHODS if not m.is_documented}
    assert others
    assert not others & set(operations)


@TOOLS
def test_a_tool_takes_what_its_operation_takes(tool: str) -> None:
    assert find_deviations(tool) == {difference for each, difference in listed_deviations() if each == tool}


def test_the_table_is_of_this_catalogue_and_says_nothing_twice() -> None:
    entries = list(listed_deviations())
    assert {tool for tool, _ in entries} <= METHODS.keys()
    assert len(entries) == len({(tool, argument, fact) for tool, (argument, fact, *_) in entries})
    for tool, deeper in FLATTENED.items():
        assert deeper.keys() <= fields_of(tool).keys()


@pytest.mark.parametrize("tool", [tool for tool in METHODS if with_mark(tool, LOCAL, UNDOCUMENTED)])
def test_an_argument_with_a_mark_is_not_in_the_document(tool: str) -> None:
    known = {place.name for place in documented_arguments(METHODS[tool])}
    # The client itself fills in the ticket.
    ticket = {"login_2fa_token"} if tool == "complete_2fa_login" else set()
    assert with_mark(tool, LOCAL, UNDOCUMENTED) & known == ticket


OBJECT_OF_EVERY_KIND = {
    "access_token": "bearer",
    "token": "bearer",
    "name": "x",
    "id": "1",
    "uuid": "u",
    "username": "someone",
    "orgname": "acme",
    "group_id": 1,
    "results": [],
    "Resources": [],
    "actions": {},
    "tags": [],
    "invitees": [{"invitee": "ada"}],
    "schemas": [],
    "restricted_images": {"enabled": True},
}


def answer(request: httpx.Request) -> httpx.Response:
    """A response that every method can parse; a login needs a second factor."""
    if request.url.path == Login.http.path_template:
        return httpx.Response(401, json={"login_2fa_token": "ticket"})
    if request.headers["accept"] == "text/csv":
        return httpx.Response(200, text="Name\n")
    if request.method == "DELETE":
        return httpx.Response(204)
    return httpx.Response(200, json=OBJECT_OF_EVERY_KIND)


async def sent(tool: str, given: dict[str, Any]) -> httpx.Request:
    """The request that a call sends."""
    requests: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    credentials = Credentials.from_strings("someone", "dckr_pat_test")
    transport = httpx.MockTransport(note)
    async with Hub(credentials, scim_token=StaticSecret("scim-token"), httpx_transport=transport) as hub:
        if tool in {"login", "complete_2fa_login"}:
            with pytest.raises(SecondFactorRequired):
                await hub.send(Login.model_validate(given if tool == "login" else {}))
        if tool != "login":
            await hub.send(METHODS[tool].model_validate(given))
    return requests[-1]


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        pytest.param(tool, given, id=f"{tool}-{label}")
        for tool in METHODS
        for label, given in call_variants(tool)
    ],
)
async def test_given_arguments_are_sent_as_documented(tool: str, given: dict[str, Any]) -> None:
    method = METHODS[tool]
    request = await sent(tool, given)
    target = re.sub(r"\{\w+\}", "[^/]+", method.http.path_template)
    assert request.method == method.http.verb
    assert re.fullmatch(target, request.url.raw_path.decode().partition("?")[0])
    extra = with_mark(tool, UNDOCUMENTED)
    wanted, names = documented_arguments(method), set(request.url.params)
    for name, value in request.url.params.items():
        if name not in extra:
            says = wanted[Place("query", name)] | {"type": tool_arguments(method)[name]["type"]}
            known = {key: what for key, what in says.items() if key != "required"}
            assert find_violations(known, value if says["type"] == "string" else json.loads(value)) == []
    bodies = content_of(method)
    assert bool(request.content) == bool(bodies)
    for media_type, content in bodies.items():
        body = json.loads(request.content)
        assert request.headers["content-type"] == media_type
        assert find_violations(content["schema"], body) == []
        names = names_in(body)
        assert names <= {place.name for place in wanted if place.part == "body"}
    elsewhere = with_mark(tool, LOCAL) | set(method.http.parameters)
    deeper = FLATTENED.get(tool, {})
    assert {deeper.get(name, name) for name in given.keys() - elsewhere} <= names


@pytest.mark.parametrize("tool", [tool for tool in METHODS if with_mark(tool, LOCAL) & STEERING.keys()])
def test_local_arguments_are_not_sent(tool: str) -> None:
    here = with_mark(tool, LOCAL) & STEERING.keys()
    method = METHODS[tool]
    call = method.model_validate(ARGUMENTS[tool].needed | {name: STEERING[name] for name in here})
    assert not here & (call.build_query().keys() | (call.build_body() or {}).keys())


def test_no_other_argument_is_local() -> None:
    here = {name for tool in METHODS for name in with_mark(tool, LOCAL)}
    assert here == STEERING.keys() | {
        *("group", "login_2fa_token", "org_name"),
        *("only", "updated_before"),  # filters that the Hub does not have
        "members",  # each is sent as `member`
    }


def test_a_named_group_is_sent_as_its_id() -> None:
    call = AssignRepositoryGroup(namespace="acme", repository="app", group="developers", permission="read")
    complete = call.merge_current(Page(results=[OrgGroup(id=7, name="developers")]))
    assert complete.build_body() == {"group_id": 7, "permission": "read"}


@TOOLS
def test_accepted_credentials_are_as_documented(tool: str) -> None:
    method = METHODS[tool]
    security = operation_of(method)["security"]
    everyone = not security or {} in security
    assert method.allows_anonymous == (everyone != (tool in NOT_DECLARED_ANONYMOUS))
    assert {scheme for way in security for scheme in way} <= {BEARER[method.service]}


@TOOLS
def test_organization_access_tokens_are_taken_where_the_document_says_so(tool: str) -> None:
    method = METHODS[tool]
    description = " ".join(operation_of(method).get("description", "").split())
    mentioned = "accepts bearer tokens issued from organization access tokens" in description
    assert (method.oat_scope is not None) == (mentioned != (tool in OAT_UNMENTIONED))
    assert set(re.findall(r"`(scope-[\w-]+)`", description)) <= {method.oat_scope}


@TOOLS
def test_the_answer_is_asked_for_in_a_documented_form(tool: str) -> None:
    answers = operation_of(METHODS[tool])["responses"]
    forms = [
        media_type
        for status, response in answers.items()
        if status.startswith("2")
        for media_type in resolve_reference(response).get("content", {})
    ]
    assert set(forms) <= {METHODS[tool].media_type}


@TOOLS
def test_a_deprecated_operation_says_so(tool: str) -> None:
    method = METHODS[tool]
    said = "deprecated" in method.build_description().lower()
    assert said == operation_of(method).get("deprecated", False)
    assert said == bool(method.deprecated)
    state = ReferenceState.DEPRECATED if said else ReferenceState.DOCUMENTED
    assert method.get_reference_state() is state


def test_methods_that_the_document_lacks_are_undocumented_and_have_no_date() -> None:
    others = [method for method in ALL_METHODS if method.tool_name not in METHODS]
    assert len(others) == 12
    for method in others:
        assert method.get_reference_state() is ReferenceState.UNDOCUMENTED
        assert method.introduced == method.deprecated == ""


def test_permissions_are_the_scopes_that_the_document_names() -> None:
    text = DOCUMENT.read_text("utf-8")
    (words,) = re.findall(r"Valid scopes: (.+)", text)
    assert {scope for scope in Scope if scope.startswith("repo:")} == set(re.findall(r'"(\S+)"', words))


CHANGELOG = {
    "2025-09-19": ("CreateRepository", "GetRepository", "CheckRepository"),
    "2025-07-29": ("UpdateRepositoryImmutableTags", "VerifyRepositoryImmutableTags"),
    "2025-06-27": ("listNamespaceRepositories",),
    "2025-03-25": "org-access-tokens",
}
"""What Docker's changelog of the Hub API lists as new: operation ids, or a tag with all its operations."""


@TOOLS
def test_a_date_of_introduction_is_that_of_the_changelog(tool: str) -> None:
    operation = operation_of(METHODS[tool])
    dates = [
        date
        for date, new in CHANGELOG.items()
        if operation["operationId"] in new or (isinstance(new, str) and new in operation["tags"])
    ]
    assert METHODS[tool].introduced == (dates[0] if dates else "")


@TOOLS
def test_a_toolset_is_an_area_of_the_reference(tool: str) -> None:
    area = str(METHODS[tool].area)
    assert operation_of(METHODS[tool])["tags"] == [TAG_OF_AREA.get(area, area)]
