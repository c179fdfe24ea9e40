"""Compare the sandbox's responses with the official OpenAPI document."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.handlers.org_access_tokens import ORGANIZATION_SCOPES, REPOSITORY_SCOPES

DOCUMENT = Path(
    os.environ.get("DOCKERHUB_OPENAPI") or Path(__file__).parents[2].parent / "shared" / "hub-openapi.yaml"
)
needs_document = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason=f"no OpenAPI document at {DOCUMENT}; set DOCKERHUB_OPENAPI to its path"
)

URI = "urn:docker:hub"
ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}
TOKEN = "/v2/auth/token"
SUCCESSES = range(200, 300)

PROBLEMS = dict.fromkeys(
    ("fields", "text"),
    "the shape of the document's own example for a 400, which its schema does not describe",
)

Key = tuple[str, str, int]


class Situation(NamedTuple):
    """A request, with the operation it belongs to and the status it must get."""

    who: str | None
    method: str
    operation: str
    path: str
    status: int
    body: Any = None
    limited: bool = False

    @property
    def key(self) -> Key:
        return self.method, self.operation, self.status


@dataclass(frozen=True)
class Area:
    """Requests to an area of the API, and the known deviations of the document, with reasons."""

    situations: list[Situation]
    undocumented: dict[Key, str] = field(default_factory=dict)
    """Statuses that the document does not list for the operation."""
    undescribed: dict[Key, dict[str, str]] = field(default_factory=dict)
    """Fields that the document does not list."""
    never_answered: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Documented fields that no answer of the sandbox has."""


def get_situations(operation: str, path: str, *answers: tuple[str | None, int]) -> Iterator[Situation]:
    for who, status in answers:
        yield Situation(who, "get", operation, path, status)


def get_and_head_situations(
    operation: str, path: str, *answers: tuple[str | None, int]
) -> Iterator[Situation]:
    for situation in get_situations(operation, path, *answers):
        yield situation
        yield situation._replace(method="head")


def send_situations(
    method: str, operation: str, path: str, body: Any, *answers: tuple[str | None, int]
) -> Iterator[Situation]:
    for who, status in answers:
        yield Situation(who, method, operation, path, status, body)


@cache
def load_document() -> dict[str, Any]:
    """Return the document, which libyaml reads ten times faster where PyYAML has it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe
    return loaded


def resolve_reference(node: dict[str, Any]) -> dict[str, Any]:
    """Return the target of a reference within the document; other nodes are returned as they are."""
    while "$ref" in node:
        found: Any = load_document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def documented_responses(situation: Situation) -> dict[str, Any]:
    found: dict[str, Any] = load_document()["paths"][situation.operation][situation.method]["responses"]
    return found


def is_documented(situation: Situation) -> bool:
    return not {str(situation.status), "default"}.isdisjoint(documented_responses(situation))


def documented_body(situation: Situation) -> tuple[str, dict[str, Any]] | None:
    """Return the media type and schema of a response's body, or None if it has no body."""
    if situation.method == "head":
        return None
    found = documented_responses(situation).get(
        str(situation.status), documented_responses(situation).get("default")
    )
    content = ERROR if found is None else resolve_reference(found).get("content")
    if content is None:
        return None
    ((media_type, inner),) = content.items()
    return media_type, inner["schema"]


CHECKER = FormatChecker(formats=())
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@CHECKER.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(RFC3339.fullmatch(value)) and bool(datetime.fromisoformat(value))


def find_violations(schema: dict[str, Any], body: object) -> list[str]:
    """Return the violations of a schema by a body."""
    resource = DRAFT202012.create_resource(load_document())
    registry: Registry[Any] = Registry().with_resource(URI, resource)
    # The base lets references inside the schema find the document.
    based = {"$id": URI + ":part", "allOf": [with_absolute_references(schema)]}
    validator = Draft202012Validator(based, registry=registry, format_checker=CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def with_absolute_references(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: URI + value if key == "$ref" and isinstance(value, str) else with_absolute_references(value)
            for key, value in node.items()
        }
    return [with_absolute_references(entry) for entry in node] if isinstance(node, list) else node


def collect_properties(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an object's schema, those of `allOf` included."""
    schema = resolve_reference(schema)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= collect_properties(part)
    return found


def partition_fields(schema: dict[str, Any], body: Any, where: str = "") -> tuple[set[str], set[str]]:
    """Return the paths of a body's fields that the schema knows, and of those that it does not."""
    schema = resolve_reference(schema)
    known: set[str] = set()
    unknown: set[str] = set()
    if isinstance(body, list):
        for entry in body:
            inner = partition_fields(schema.get("items", {}), entry, where)
            known |= inner[0]
            unknown |= inner[1]
    elif isinstance(body, dict) and "additionalProperties" not in schema:
        for name, value in body.items():
            path = f"{where}.{name}" if where else name
            if name not in collect_properties(schema):
                unknown.add(path)
                continue
            known.add(path)
            inner = partition_fields(collect_properties(schema)[name], value, path)
            known |= inner[0]
            unknown |= inner[1]
    return known, unknown


def collect_field_paths(schema: dict[str, Any], where: str = "") -> set[str]:
    """Return the paths of all fields of a schema, nested ones included."""
    schema = resolve_reference(schema)
    if "items" in schema:
        return collect_field_paths(schema["items"], where)
    found: set[str] = set()
    for name, inner in collect_properties(schema).items():
        path = f"{where}.{name}" if where else name
        found |= {path} | collect_field_paths(inner, path)
    return found


def sandbox_for(situation: Situation) -> Sandbox:
    sandbox = Sandbox(anonymous_limit=0) if situation.limited else Sandbox()
    if situation.who == "org-writer":
        everything, organization = sandbox.state.organizations["acme"].access_tokens[0].resources
        everything.scopes = tuple(sorted(REPOSITORY_SCOPES))
        organization.scopes = tuple(sorted(ORGANIZATION_SCOPES))
    return sandbox


def insert_ids(sandbox: Sandbox, text: str) -> str:
    """Return a path with the words in braces replaced by identifiers of the sandbox."""
    acme = sandbox.state.organizations["acme"]
    ids = {
        "{own}": sandbox.state.personal_access_tokens[0].uuid,
        "{organization}": acme.access_tokens[0].id,
        "{expired}": next(token.id for token in acme.access_tokens if token.label == "cluster pull (old)"),
        "{invite}": acme.invitees[0].id,
        "{ada}": acme.scim_users[0].id,
        "{linus}": acme.scim_users[2].id,
    }
    return re.sub("|".join(map(re.escape, ids)), lambda found: ids[found[0]], text)


async def authorization_headers(
    client: httpx.AsyncClient, sandbox: Sandbox, who: str | None
) -> dict[str, str]:
    if who is None:
        return {}
    if who in {"bad", "scim"}:
        return {"Authorization": f"Bearer {sandbox.scim_token if who == 'scim' else 'x.y.z'}"}
    identity = sandbox.get_identity("org-token" if who == "org-writer" else who)
    login = await client.post(TOKEN, json={"identifier": identity.username, "secret": identity.secret})
    return {"Authorization": f"Bearer {login.json()['access_token']}"}


ANSWERS: dict[str, httpx.Response] = {}


def parse_body(answer: httpx.Response) -> Any:
    return answer.text if answer.headers["content-type"].startswith("text/") else answer.json()


async def get_response(situation: Situation) -> httpx.Response:
    """Return the response to a situation from a fresh sandbox, caching it."""
    key = repr(situation)
    if key not in ANSWERS:
        sandbox = sandbox_for(situation)
        transport, body = httpx.ASGITransport(app=sandbox.app), situation.body
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = await authorization_headers(client, sandbox, situation.who)
            if isinstance(body, dict) and body.get("login_2fa_token") == "{ticket}":
                login = {"identifier": "grace", "secret": "sandbox-password-grace"}
                body = body | {
                    "login_2fa_token": (await client.post(TOKEN, json=login)).json()["login_2fa_token"]
                }
            ANSWERS[key] = await client.request(
                situation.method.upper(), insert_ids(sandbox, situation.path), headers=headers, json=body
            )
    return ANSWERS[key]


async def check_situation(area: Area, situation: Situation) -> None:
    """Fail unless the response is as the document and the area's deviations say."""
    answer = await get_response(situation)
    assert answer.status_code == situation.status, answer.text
    assert is_documented(situation) != (situation.key in area.undocumented)
    expected = documented_body(situation)
    if expected is None:
        assert answer.content == b""
        return
    media_type, schema = expected
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert find_violations(schema, parse_body(answer)) == []
    unknown = partition_fields(schema, parse_body(answer))[1]
    assert unknown - set(area.undescribed.get(situation.key, {})) == set()


async def check_deviation_tables(area: Area) -> None:
    """Fail unless an area lists exactly the deviations that occur."""
    met: dict[Key, set[str]] = {}
    missing: dict[tuple[str, str], set[str]] = {}
    for situation in area.situations:
        expected = documented_body(situation)
        if expected is None:
            continue
        known, unknown = partition_fields(expected[1], parse_body(await get_response(situation)))
        if unknown:
            met.setdefault(situation.key, set()).update(unknown)
        if situation.status in SUCCESSES:
            operation = situation.key[:2]
            missing[operation] = missing.get(operation, collect_field_paths(expected[1])) - known
    undocumented = {situation.key for situation in area.situations if not is_documented(situation)}
    assert set(area.undocumented) == undocumented
    assert {key: set(reasons) for key, reasons in area.undescribed.items()} == met
    assert {key: set(reasons) for key, reasons in area.never_answered.items()} == {
        key: paths for key, paths in missing.items() if paths
    }


def describe_situation(situation: Situation) -> str:
    body = f"-{sorted(situation.body)}" if isinstance(situation.body, dict) else ""
    return f"{situation.who or 'nobody'}-{situation.method}-{situation.path}-{situation.status}{body}"
