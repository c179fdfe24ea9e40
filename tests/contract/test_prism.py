"""What the client sends, judged by Prism with the official document in its hand."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic.fields import FieldInfo
from tests.contract.prism import (
    DOCUMENT,
    INVENT,
    SCRIPT,
    Referee,
    RejectedError,
    declared,
    serving,
    write_patched,
)

from dockerhub_mcp.hub import Credentials, Hub, Method
from dockerhub_mcp.hub.errors import SecondFactorRequired
from dockerhub_mcp.hub.method import LOCAL, UNDOCUMENTED, marked
from dockerhub_mcp.hub.methods import CATALOGUE, Complete2FALogin, Login
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.registry import Registry
from dockerhub_mcp.tools.schema import input_schema, output_schema

if not SCRIPT:
    pytest.skip(
        "Prism is not here; set DOCKERHUB_MCP_PRISM to its script (.ci/run does)", allow_module_level=True
    )
if not DOCUMENT.is_file():
    pytest.skip(
        f"no OpenAPI document at {DOCUMENT}; set DOCKERHUB_OPENAPI to its path", allow_module_level=True
    )

PAGE = {"page": 2, "page_size": 50, "max_items": 60}


class Given(NamedTuple):
    """The arguments that a method needs, and all the others that it takes."""

    needed: dict[str, Any]
    others: dict[str, Any]


ARGUMENTS = {
    "create_auth_token": Given({}, {"identifier": "ada", "secret": "correct horse"}),
    "login": Given({}, {"username": "ada", "password": "correct horse"}),
    "complete_2fa_login": Given({"code": "012345"}, {}),
    "list_repositories": Given(
        {},
        {"namespace": "acme", "name": "store", "ordering": "newest", "content_types": "image,helm", **PAGE},
    ),
    "get_repository": Given({"repository": "redis"}, {"namespace": "acme"}),
    "check_repository": Given({"repository": "redis"}, {"namespace": "acme"}),
    "create_repository": Given(
        {"namespace": "acme", "name": "storefront"},
        {
            "description": "The shop, café included",
            "full_description": "# Shop\n\n**Bold**",
            "is_private": True,
        },
    ),
    "list_tags": Given(
        {"repository": "redis"},
        {
            "namespace": "acme",
            "name": "8.2",
            "architecture": "arm64",
            "os": "linux",
            "ordering": "name",
            **PAGE,
        },
    ),
    "get_tag": Given({"repository": "redis", "tag": "8.2-alpine"}, {"namespace": "acme"}),
    "check_tag": Given({"repository": "redis", "tag": "8.2_RC.1"}, {"namespace": "acme"}),
    "list_access_tokens": Given({}, PAGE),
    "get_access_token": Given({"uuid": "b30bbf97-506c-4ecd-aabc-842f3cb484fb"}, {}),
    "list_org_access_tokens": Given({"name": "acme"}, PAGE),
    "list_org_members": Given(
        {"org_name": "acme"}, {"search": "ada m", "type": "all", "role": "owner", "invites": True, **PAGE}
    ),
    "list_org_groups": Given({"org_name": "acme"}, {"username": "ada", "search": "plat & form", **PAGE}),
    "get_org_settings": Given({"name": "acme"}, {}),
    "list_audit_logs": Given(
        {"account": "acme"},
        {
            "action": "repo.tag.push",
            "name": "acme/storefront",
            "actor": "ada",
            "from": "2026-01-31T00:00:00+01:00",
            "to": "2026-02-28T23:59:59.123456Z",
            **PAGE,
        },
    ),
    "list_audit_log_actions": Given({"account": "acme"}, {}),
}
METHODS = {method.tool: method for method in CATALOGUE}
READ = [method.tool for method in Registry().tools if method.tool in ARGUMENTS]


def fields_of(tool: str) -> dict[str, FieldInfo]:
    """The fields of a method by the names that callers and the Hub use."""
    return {field.alias or name: field for name, field in METHODS[tool].model_fields.items()}


def variants(tool: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls of a tool: the least, the most, and one for every value of a closed list or a switch."""
    needed, others = ARGUMENTS[tool]
    yield "least", needed
    if others:
        yield "most", needed | others
    steering = {name for name, field in fields_of(tool).items() if marked(field, LOCAL)}
    for name, schema in input_schema(METHODS[tool])["properties"].items():
        if name in steering:
            continue
        for value in schema.get("enum", [True, False] if schema.get("type") == "boolean" else []):
            yield f"{name}={value}", needed | {name: value}


def every(tools: list[str]) -> pytest.MarkDecorator:
    cases = [
        pytest.param(tool, given, id=f"{tool}-{label}") for tool in tools for label, given in variants(tool)
    ]
    return pytest.mark.parametrize(("tool", "given"), cases)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prism")
    write_patched(DOCUMENT, folder / "hub.json")
    with serving(folder / "hub.json", folder / "prism.log", seed="dockerhub") as url:
        yield url


@pytest.fixture
async def referee() -> AsyncIterator[Referee]:
    carrier = Referee()
    yield carrier
    await carrier.aclose()


@pytest.fixture
async def hub(prism: str, referee: Referee) -> AsyncIterator[Hub]:
    async with Hub(
        Credentials.of("someone", "dckr_pat_test"), base_url=prism, transport=referee
    ) as connected:
        yield connected


async def ready(hub: Hub, referee: Referee, method: type[Method[Any]]) -> None:
    """Bring the client to where the method makes sense: a code is asked for before it is sent."""
    if method is Complete2FALogin:
        preferred, referee.prefer = referee.prefer, f"code=401, {INVENT}"
        with pytest.raises(SecondFactorRequired):
            await hub.send(Login())
        referee.prefer = preferred


def test_every_method_is_sent_with_every_argument_that_it_takes() -> None:
    assert ARGUMENTS.keys() == METHODS.keys()
    for tool, (needed, others) in ARGUMENTS.items():
        sent = {name for name, field in fields_of(tool).items() if not marked(field, LOCAL)}
        assert sent <= needed.keys() | others.keys(), tool


@every(list(ARGUMENTS))
async def test_prism_lets_every_method_pass(
    hub: Hub, referee: Referee, tool: str, given: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dockerhub_mcp.hub.reading")
    call = METHODS[tool].model_validate(given)
    await ready(hub, referee, METHODS[tool])
    await hub.send(call)
    last = referee.verdicts[-1]
    assert (last.verb, last.target.split("?")[0]) == (call.http.verb, call.path())
    assert last.status < 300
    assert "blanked" not in caplog.text  # the document's own example is read whole


@every(list(ARGUMENTS))
async def test_only_what_is_given_and_known_is_sent(
    hub: Hub, referee: Referee, document: dict[str, Any], tool: str, given: dict[str, Any]
) -> None:
    """Prism lets names pass that the document does not know; a misspelt one would go unseen."""
    method = METHODS[tool]
    await ready(hub, referee, method)
    await hub.send(method.model_validate(given))
    fields = fields_of(tool)
    wanted = {n for n in given if n not in method.http.parameters and not marked(fields[n], LOCAL)}
    extra = {name for name, field in fields.items() if marked(field, UNDOCUMENTED)}
    sent = referee.verdicts[-1].names
    assert wanted <= sent
    assert sent <= declared(document, method.http.verb, method.http.path) | extra


@pytest.mark.parametrize("answers", ["", INVENT], ids=["examples", "invented"])
@every(READ)
async def test_prism_lets_every_tool_call_pass(
    hub: Hub, referee: Referee, tool: str, given: dict[str, Any], answers: str
) -> None:
    method = METHODS[tool]
    referee.prefer = answers
    await ready(hub, referee, method)
    outcome = await call_tool(hub, Registry(), tool, given, walk_timeout=20)
    assert not outcome.is_error, outcome.text
    assert "partial" not in (outcome.data or {})
    Draft202012Validator(output_schema(method)).validate(outcome.data)


BEARER = {"authorization": "Bearer somebody"}


class Wrong(NamedTuple):
    """A request with a mistake, and what Prism says of it."""

    verb: str
    target: str
    objection: str
    headers: dict[str, str] = BEARER
    body: dict[str, Any] | None = None


REPOSITORIES = "/v2/namespaces/acme/repositories"
WRONG = {
    "value": Wrong("GET", f"{REPOSITORIES}?ordering=newest", "query parameter ordering"),
    "page size": Wrong("GET", f"{REPOSITORIES}?page_size=101", "must be <= 100"),
    "number": Wrong("GET", "/v2/orgs/acme/groups?page=first", "page must be integer"),
    "moment": Wrong("GET", "/v2/auditlogs/acme?from=yesterday", "date-time"),
    "no bearer": Wrong("GET", "/v2/orgs/acme/members", "security scheme", headers={}),
    "no body": Wrong("POST", "/v2/users/login", "Body parameter is required", headers={}),
    "field left out": Wrong("POST", "/v2/auth/token", "'secret'", headers={}, body={"identifier": "ada"}),
    "ticket left out": Wrong(
        "POST", "/v2/users/2fa-login", "'login_2fa_token'", headers={}, body={"code": "012345"}
    ),
    "name": Wrong(
        "POST", REPOSITORIES, "name must match pattern", body={"name": "Store Front", "namespace": "acme"}
    ),
    "verb": Wrong("DELETE", "/v2/orgs/acme/members", "NO_METHOD_MATCHED"),
    "path": Wrong("GET", "/v2/orgs/acme/teams", "NO_PATH_MATCHED"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_prism_rejects_what_the_document_does_not_allow(
    prism: str, referee: Referee, wrong: Wrong
) -> None:
    async with httpx.AsyncClient(transport=referee, base_url=prism) as client:
        with pytest.raises(RejectedError, match=re.escape(wrong.objection)):
            await client.request(wrong.verb, wrong.target, headers=wrong.headers, json=wrong.body)


def test_a_patch_is_refused_where_the_document_was_mended(tmp_path: Path) -> None:
    mended = tmp_path / "mended.json"
    write_patched(DOCUMENT, mended)
    with pytest.raises(ValueError, match="is the patch still needed"):
        write_patched(mended, tmp_path / "again.json")
