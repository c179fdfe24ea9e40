"""Requests of the client, validated by Prism against the official document."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.hub import Credentials, Hub, Method
from dockerhub_mcp.hub.api.marks import LOCAL, UNDOCUMENTED, has_mark
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.methods import Complete2FALogin, Login
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.method_tool import MethodTool
from tests.support.catalogue import FLATTENED, METHODS, content_of, documented_names, fields_of, object_parts
from tests.support.openapi import DOCUMENT
from tests.support.prism import (
    ARGUMENTS,
    INVENT,
    SCRIPT,
    Referee,
    RejectedError,
    call_variants,
    run_prism,
    write_patched,
)
from tests.support.tool_calls import make_context

if not SCRIPT:
    pytest.skip(
        "Prism is not here; set DOCKERHUB_MCP_PRISM to its script (.ci/run does)", allow_module_level=True
    )
if not DOCUMENT.is_file():
    pytest.skip(
        f"no OpenAPI document at {DOCUMENT}; set DOCKERHUB_OPENAPI to its path", allow_module_level=True
    )

READING = Registry(toolsets=["all"])
READ = [tool.name for tool in READING.tools if isinstance(tool, MethodTool) and tool.is_documented]


def every(tools: list[str]) -> pytest.MarkDecorator:
    cases = [
        pytest.param(tool, given, id=f"{tool}-{label}")
        for tool in tools
        for label, given in call_variants(tool)
    ]
    return pytest.mark.parametrize(("tool", "given"), cases)


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prism")
    write_patched(DOCUMENT, folder / "hub.json")
    with run_prism(folder / "hub.json", folder / "prism.log", seed="dockerhub") as url:
        yield url


@pytest.fixture
async def referee() -> AsyncIterator[Referee]:
    carrier = Referee()
    yield carrier
    await carrier.aclose()


@pytest.fixture
async def hub(prism: str, referee: Referee) -> AsyncIterator[Hub]:
    async with Hub(
        Credentials.from_strings("someone", "dckr_pat_test"),
        scim_token=StaticSecret("scim-token"),
        base_url=prism,
        httpx_transport=referee,
    ) as connected:
        yield connected


async def ready(hub: Hub, referee: Referee, method: type[Method[Any]]) -> None:
    """Prepare the client for the method: a code is only sent after a login that requires one."""
    if method is Complete2FALogin:
        preferred, referee.prefer = referee.prefer, f"code=401, {INVENT}"
        with pytest.raises(SecondFactorRequired):
            await hub.send(Login())
        referee.prefer = preferred


def test_every_method_is_sent_with_every_argument_that_it_takes() -> None:
    assert ARGUMENTS.keys() == METHODS.keys()
    for tool, given in ARGUMENTS.items():
        sent = {name for name, field in fields_of(tool).items() if not has_mark(field, LOCAL)}
        assert sent <= given.needed.keys() | given.others.keys(), tool


@every(list(ARGUMENTS))
async def test_prism_lets_every_method_pass(
    hub: Hub, referee: Referee, tool: str, given: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dockerhub_mcp.hub.decoding")
    call = METHODS[tool].model_validate(given)
    await ready(hub, referee, METHODS[tool])
    await hub.send(call)
    last = referee.verdicts[-1]
    assert (last.verb, last.target.split("?")[0]) == (call.http.verb, call.build_path())
    assert last.status < 300
    assert "dropped" not in caplog.text  # the document's own example is read whole


@every(list(ARGUMENTS))
async def test_only_what_is_given_and_known_is_sent(
    hub: Hub, referee: Referee, tool: str, given: dict[str, Any]
) -> None:
    """Prism accepts names that are not in the document, so a misspelt one would go unnoticed."""
    method = METHODS[tool]
    await ready(hub, referee, method)
    await hub.send(method.model_validate(given))
    fields, deeper = fields_of(tool), FLATTENED.get(tool, {})
    wanted = {n for n in given if n not in method.http.parameters and not has_mark(fields[n], LOCAL)}
    extra = {name for name, field in fields.items() if has_mark(field, UNDOCUMENTED)}
    sent = referee.verdicts[-1].names
    assert {deeper.get(name, name) for name in wanted} <= sent
    assert sent <= documented_names(method) | extra


@pytest.mark.parametrize("answers", ["", INVENT], ids=["examples", "invented"])
@every(READ)
async def test_prism_lets_every_tool_call_pass(
    hub: Hub, referee: Referee, tool: str, given: dict[str, Any], answers: str
) -> None:
    method = METHODS[tool]
    referee.prefer = answers
    await ready(hub, referee, method)
    outcome = await call_tool(READING, make_context(hub), tool, given)
    if answers == INVENT and outcome.is_error:  # an invented count without items, or an invented table
        reasons = ("lists none", "not the table of members", "the answer counts -")
        assert any(reason in outcome.text for reason in reasons), outcome.text
        return
    assert not outcome.is_error, outcome.text
    assert "the list is cut short" not in outcome.text  # its pages may contradict their counts
    Draft202012Validator(READING.find_tool(tool).output_schema).validate(outcome.structured_content)


BEARER = {"authorization": "Bearer somebody"}


class Wrong(NamedTuple):
    """A request with a mistake, and the expected message of Prism."""

    verb: str
    target: str
    objection: str
    headers: dict[str, str] = BEARER
    body: dict[str, Any] | None = None


REPOSITORIES = "/v2/namespaces/acme/repositories"
ORG_TOKENS, SETTINGS, RESEND = "/v2/orgs/acme/access-tokens", "/v2/orgs/acme/settings", "/v2/invites/x/resend"
SCIM_USERS, SCIM = "/v2/scim/2.0/Users", "application/scim+json"
BO = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bo@example.com"}
RESOURCE = {"type": "REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
WRONG = {
    "value": Wrong("GET", f"{REPOSITORIES}?ordering=newest", "query parameter ordering"),
    "page size": Wrong("GET", f"{REPOSITORIES}?page_size=101", "must be <= 100"),
    "number": Wrong("GET", "/v2/orgs/acme/groups?page=first", "page must be integer"),
    "moment": Wrong("GET", "/v2/auditlogs/acme?from=yesterday", "date-time"),
    "users at once": Wrong(
        "GET", f"{SCIM_USERS}?count=201", "must be <= 200", headers=BEARER | {"accept": SCIM}
    ),
    "form of answer": Wrong(
        "GET", SCIM_USERS, "NOT_ACCEPTABLE", headers=BEARER | {"accept": "application/json"}
    ),
    "form of export": Wrong(
        "GET",
        "/v2/orgs/acme/members/export",
        "NOT_ACCEPTABLE",
        headers=BEARER | {"accept": "application/json"},
    ),
    "no bearer": Wrong("GET", "/v2/orgs/acme/members", "security scheme", headers={}),
    "no SCIM token": Wrong("GET", SCIM_USERS, "security scheme", headers={"accept": SCIM}),
    "no body": Wrong("POST", "/v2/users/login", "Body parameter is required", headers={}),
    "a body too many": Wrong("PATCH", RESEND, "request included a non-empty body", body={}),
    "field left out": Wrong("POST", "/v2/auth/token", "'secret'", headers={}, body={"identifier": "ada"}),
    "ticket left out": Wrong(
        "POST", "/v2/users/2fa-login", "'login_2fa_token'", headers={}, body={"code": "012345"}
    ),
    "restriction left out": Wrong(
        "PUT", SETTINGS, "'allow_official_images'", body={"restricted_images": {"enabled": True}}
    ),
    "name": Wrong(
        "POST", REPOSITORIES, "name must match pattern", body={"name": "Store Front", "namespace": "acme"}
    ),
    "kind of resource": Wrong(
        "POST", ORG_TOKENS, "resources.0.type must be equal", body={"label": "x", "resources": [RESOURCE]}
    ),
    "end of token": Wrong(
        "POST",
        "/v2/access-tokens",
        "date-time",
        body={"token_label": "x", "scopes": ["repo:read"], "expires_at": "tomorrow"},
    ),
    "given name": Wrong(
        "POST", SCIM_USERS, "name.givenName must be string", body=BO | {"name": {"givenName": 1}}
    ),
    "verb": Wrong("DELETE", "/v2/orgs/acme/members", "NO_METHOD_MATCHED"),
    "path": Wrong("GET", "/v2/orgs/acme/teams", "NO_PATH_MATCHED"),
}

# Mistakes that Prism accepts, and why; `test_catalogue.py` checks these.
NOT_REQUIRED = "the document does not say that the body is required"
UNSEEN = {
    "no credentials": Wrong("POST", "/v2/auth/token", NOT_REQUIRED, headers={}),
    "no group to make": Wrong("POST", "/v2/orgs/acme/groups", NOT_REQUIRED),
    "no group to put": Wrong("PUT", "/v2/orgs/acme/groups/developers", NOT_REQUIRED),
    "no change of a group": Wrong("PATCH", "/v2/orgs/acme/groups/developers", NOT_REQUIRED),
    "form of a SCIM body": Wrong(
        "POST",
        SCIM_USERS,
        "Prism takes application/json for everything whose name ends in +json",
        headers=BEARER | {"accept": SCIM, "content-type": "application/json"},
        body=BO,
    ),
}
FIELDS = [
    pytest.param(method, name, id=f"{method.tool_name}-{name}")
    for method in METHODS.values()
    for content in content_of(method).values()
    for name in object_parts(content["schema"])[0]
]


async def ask(prism: str, referee: Referee, wrong: Wrong) -> None:
    async with httpx.AsyncClient(transport=referee, base_url=prism) as client:
        await client.request(wrong.verb, wrong.target, headers=wrong.headers, json=wrong.body)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_prism_rejects_what_the_document_does_not_allow(
    prism: str, referee: Referee, wrong: Wrong
) -> None:
    with pytest.raises(RejectedError, match=re.escape(wrong.objection)):
        await ask(prism, referee, wrong)


@pytest.mark.parametrize("wrong", UNSEEN.values(), ids=UNSEEN)
async def test_prism_lets_this_pass_and_others_must_judge(prism: str, referee: Referee, wrong: Wrong) -> None:
    await ask(prism, referee, wrong)
    assert referee.verdicts[-1].status < 300


@pytest.mark.parametrize(("method", "name"), FIELDS)
async def test_prism_looks_at_every_field_of_every_body(
    prism: str, referee: Referee, method: type[Method[Any]], name: str
) -> None:
    """Prism silently accepts every body if it cannot compile a schema."""
    path = method.model_validate(ARGUMENTS[method.tool_name].needed).build_path()
    headers = BEARER | {"accept": method.media_type, "content-type": method.media_type}
    wrong = Wrong(method.http.verb, path, rf"property {name} must be", headers, {name: 0.5})
    with pytest.raises(RejectedError, match=re.escape(wrong.objection)):
        await ask(prism, referee, wrong)


def test_a_patch_is_refused_where_the_document_was_mended(tmp_path: Path) -> None:
    mended = tmp_path / "mended.json"
    write_patched(DOCUMENT, mended)
    with pytest.raises(ValueError, match="is the patch still needed"):
        write_patched(mended, tmp_path / "again.json")
