"""Prism, a mock server made from the official OpenAPI document, and the calls that it validates.

It is independent of this project, and refuses every request that the document does not allow.
"""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx2 as httpx
import yaml

from dockerhub_mcp.hub.api.marks import LOCAL, has_mark
from dockerhub_mcp.tools.catalog.all_tools import TOOLS_BY_NAME
from dockerhub_mcp.tools.results.projection import PROJECTION_ARGUMENTS as SELECTION
from tests.support.catalogue import fields_of, names_in

NODE = os.environ.get("DOCKERHUB_MCP_NODE") or "node"
SCRIPT = os.environ.get("DOCKERHUB_MCP_PRISM", "")

INVENT = "dynamic=true"
"""Makes Prism generate a response from the schemas; otherwise it returns the document's example."""

_START = 30.0  # seconds; parsing a large document takes long on a busy machine
_MISSING = object()


class Patch(NamedTuple):
    """A mistake of the document that keeps Prism from validating, and its correction."""

    where: tuple[str, ...]
    official: Any
    instead: Any
    why: str


PATCHES = (
    Patch(
        ("jsonSchemaDialect",),
        "https://spec.openapis.org/oas/3.1/dialect/base",
        _MISSING,
        "Prism cannot compile a schema of this dialect, and lets every body pass where it cannot",
    ),
    Patch(
        ("paths", "/v2/orgs/{name}/access-tokens", "parameters"),
        _MISSING,
        [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
        "{name} stands in the path and is declared nowhere",
    ),
    Patch(
        ("components", "parameters", "search", "schema", "type"),
        "integer",
        "string",
        "members are searched by name, which is no number",
    ),
    Patch(
        ("paths", "/v2/namespaces/{namespace}/repositories/{repository}", "head", "responses", "200"),
        {},
        {"description": "The repository exists."},
        "Prism passes over an answer without a description, and then finds none for the success",
    ),
)


def write_patched(official: Path, target: Path) -> None:
    """Write the corrected document for Prism.

    Raises:
        ValueError: The official document no longer contains the mistake that a patch corrects.
    """
    document = yaml.load(official.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    for patch in PATCHES:
        *parents, last = patch.where
        inner = document
        for step in parents:
            inner = inner[step]
        if inner.get(last, _MISSING) != patch.official:
            msg = f"{' > '.join(patch.where)} has changed; is the patch still needed? ({patch.why})"
            raise ValueError(msg)
        if patch.instead is _MISSING:
            del inner[last]
        else:
            inner[last] = patch.instead
    target.write_text(json.dumps(document, default=str), "utf-8")


@contextmanager
def run_prism(document: Path, log: Path, *, seed: str) -> Iterator[str]:
    """Run Prism on a free port and yield its URL; its output is written to `log`."""
    command = [NODE, SCRIPT, "mock", "--errors", "--seed", seed, "--port", "0", str(document)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield _address(process, log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on (http://[\d.]+:\d+)", log.read_text("utf-8", "replace")):
            return found[1]
        time.sleep(0.05)
    msg = f"Prism did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}"
    raise RuntimeError(msg)


class Verdict(NamedTuple):
    """A request that Prism accepted, and the status of its response."""

    verb: str
    target: str
    body: bytes
    status: int

    @property
    def names(self) -> set[str]:
        """The names of the body's fields, or without a body, of the query's parameters."""
        return (
            names_in(json.loads(self.body))
            if self.body
            else set(httpx.URL(f"http://hub{self.target}").params)
        )


class RejectedError(Exception):
    """Raised for a request that Prism refused; the message is its reason."""


def _create_plain_transport() -> httpx.AsyncHTTPTransport:
    """Return a transport without TLS: loading certificates takes longer than a call."""
    return httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


@dataclass
class Referee(httpx.AsyncBaseTransport):
    """A transport to Prism that raises `RejectedError` for a refused request, which the client cannot handle.

    Attributes:
        prefer: The preferred response, such as `code=401`.
        verdicts: The accepted requests, in order.
    """

    prefer: str = ""
    verdicts: list[Verdict] = field(default_factory=list)
    _transport: httpx.AsyncHTTPTransport = field(default_factory=_create_plain_transport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.prefer:
            request.headers["prefer"] = self.prefer
        response = await self._transport.handle_async_request(request)
        content = await response.aread()
        response.stream = httpx.ByteStream(content)  # the connection's own can be read only once
        target = request.url.raw_path.decode("ascii")
        if objection := _find_objection(response, content):
            msg = f"{request.method} {target} {request.content.decode()}: {objection}"
            raise RejectedError(msg)
        self.verdicts.append(Verdict(request.method, target, request.content, response.status_code))
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def _find_objection(response: httpx.Response, content: bytes) -> str:
    """Return Prism's objection to a request, from the header or the problem document of its response."""
    if violations := response.headers.get("sl-violations", ""):
        return violations
    if "problem+json" in response.headers.get("content-type", ""):
        return content.decode("utf-8")
    return ""


@dataclass(frozen=True)
class CallArguments:
    """The required arguments of a call, and all the others that its method takes.

    Arguments that the client would fill in from the current state before a full replacement count as required.
    """

    needed: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)


PAGE = {"page": 2, "page_size": 50, "max_items": 60}
REDIS, STORE = {"repository": "redis"}, {"namespace": "acme", "repository": "storefront"}
ORG, NAME, ACCOUNT = {"org_name": "acme"}, {"name": "acme"}, {"account": "acme"}
GROUP = {**ORG, "group_name": "developers"}
TOKEN = {"uuid": "b30bbf97-506c-4ecd-aabc-842f3cb484fb"}
ORG_TOKEN = {**ORG, "access_token_id": "a7a5ef25-8889-43a0-8cc7-f2a94268e861"}
INVITE, SCIM_USER = {"id": "a7a5ef25-8889"}, {"id": "d80f7c79-7730-49d8-9a41-7c42fb622d9c"}
IN_LIBRARY = {"namespace": "acme"}
RESOURCES = [
    {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull", "scope-image-push"]},
    {"type": "TYPE_ORG", "path": "acme", "scopes": ["scope-member-read"]},
]
UNTIL = {"expires_at": "2027-01-31T00:00:00.5+01:00"}

ARGUMENTS = {
    "create_auth_token": CallArguments({}, {"identifier": "ada", "secret": "correct horse"}),
    "login": CallArguments({}, {"username": "ada", "password": "correct horse"}),
    "complete_2fa_login": CallArguments({"code": "012345"}),
    "list_repositories": CallArguments(
        {},
        {**IN_LIBRARY, "name": "store", "ordering": "newest", "content_types": "image,helm", **PAGE},
    ),
    "get_repository": CallArguments(REDIS, IN_LIBRARY),
    "check_repository": CallArguments(REDIS, IN_LIBRARY),
    "create_repository": CallArguments(
        {"namespace": "acme", "name": "storefront"},
        {
            "description": "The shop, café included",
            "full_description": "# Shop\n\n**Bold**",
            "is_private": True,
        },
    ),
    "update_immutable_tags": CallArguments(
        {**STORE, "immutable_tags": True, "immutable_tags_rules": ["v.*", "^1$"]}
    ),
    "verify_immutable_tags": CallArguments({**REDIS, "regex": r"^v\d+(\.\d+)*$"}, IN_LIBRARY),
    "assign_repository_group": CallArguments({**STORE, "group_id": 1002, "permission": "write"}),
    "list_tags": CallArguments(
        REDIS,
        {**IN_LIBRARY, "name": "8.2", "architecture": "arm64", "os": "linux", "ordering": "name", **PAGE},
    ),
    "check_tags": CallArguments(REDIS, IN_LIBRARY),
    "get_tag": CallArguments({**REDIS, "tag": "8.2-alpine"}, IN_LIBRARY),
    "check_tag": CallArguments({**REDIS, "tag": "8.2_RC.1"}, IN_LIBRARY),
    "list_access_tokens": CallArguments({}, PAGE),
    "get_access_token": CallArguments(TOKEN),
    "create_access_token": CallArguments(
        {"token_label": "ci server", "scopes": ["repo:write", "repo:read"]}, UNTIL
    ),
    "update_access_token": CallArguments({**TOKEN, "is_active": False}, {"token_label": "x" * 100}),
    "delete_access_token": CallArguments(TOKEN),
    "list_org_access_tokens": CallArguments(NAME, PAGE),
    "get_org_access_token": CallArguments(ORG_TOKEN),
    "create_org_access_token": CallArguments(
        {**NAME, "label": "deploy", "resources": RESOURCES}, {"description": "Pulls for staging", **UNTIL}
    ),
    "update_org_access_token": CallArguments(
        {**ORG_TOKEN, "label": "deploy"},
        {"description": "Pulls for staging", "resources": RESOURCES, "is_active": True},
    ),
    "delete_org_access_token": CallArguments(ORG_TOKEN),
    "list_org_members": CallArguments(
        ORG, {"search": "ada m", "type": "all", "role": "owner", "invites": True, **PAGE}
    ),
    "export_org_members": CallArguments(ORG),
    "update_org_member": CallArguments({**ORG, "username": "linus", "role": "release-manager"}),
    "remove_org_member": CallArguments({**ORG, "username": "linus"}),
    "list_org_groups": CallArguments(ORG, {"username": "ada", "search": "plat & form", **PAGE}),
    "get_org_group": CallArguments(GROUP),
    "create_org_group": CallArguments({**ORG, "name": "testers"}, {"description": "They test"}),
    "replace_org_group": CallArguments({**GROUP, "name": "builders"}, {"description": "They build"}),
    "update_org_group": CallArguments(
        {**GROUP, "role": "editor"}, {"name": "builders", "description": "They build; café"}
    ),
    "delete_org_group": CallArguments(GROUP),
    "list_org_group_members": CallArguments(GROUP, {"search": "ada m", **PAGE}),
    "add_org_group_member": CallArguments({**GROUP, "member": "ada"}),
    "remove_org_group_member": CallArguments({**GROUP, "username": "ada"}),
    "get_org_settings": CallArguments(NAME),
    "update_org_settings": CallArguments(
        {**NAME, "enabled": True, "allow_official_images": True, "allow_verified_publishers": False}
    ),
    "list_audit_logs": CallArguments(
        ACCOUNT,
        {
            "action": "repo.tag.push",
            "name": "acme/storefront",
            "actor": "ada",
            "from": "2026-01-31T00:00:00+01:00",
            "to": "2026-02-28T23:59:59.123456Z",
            **PAGE,
        },
    ),
    "list_audit_log_actions": CallArguments(ACCOUNT),
    "list_org_invites": CallArguments(ORG),
    "create_org_invites": CallArguments(
        {"org": "acme", "invitees": ["mallory", "bo@example.com"]},
        {"team": "developers", "role": "member", "dry_run": True},
    ),
    "resend_org_invite": CallArguments(INVITE),
    "cancel_org_invite": CallArguments(INVITE),
    "scim_get_provider_config": CallArguments(),
    "scim_list_resource_types": CallArguments(),
    "scim_get_resource_type": CallArguments({"name": "User"}),
    "scim_list_schemas": CallArguments(),
    "scim_get_schema": CallArguments({"id": "urn:ietf:params:scim:schemas:core:2.0:User"}),
    "scim_list_users": CallArguments(
        {},
        {
            "startIndex": 1,
            "count": 200,
            "filter": 'userName eq "bo@example.com"',
            "attributes": "userName,active",
            "sortBy": "userName",
            "sortOrder": "ascending",
        },
    ),
    "scim_get_user": CallArguments(SCIM_USER),
    "scim_create_user": CallArguments(
        {"userName": "bo@example.com"}, {"given_name": "Bo", "family_name": "Lind"}
    ),
    "scim_update_user": CallArguments(
        {**SCIM_USER, "userName": "bo@example.com", "active": True},
        {"given_name": "Bo", "family_name": "Lind"},
    ),
}


LOCAL_VALUES = {("list_repositories", "ordering", "largest")}
"""Values that the Hub does not have: the list is sorted here, and nothing is sent for them."""


def call_variants(tool: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield calls of a tool: with the fewest and with all arguments, and one for every value of an enum or boolean."""
    if tool not in ARGUMENTS:
        msg = f"{tool}: add its arguments to ARGUMENTS in tests/support/prism.py"
        raise KeyError(msg)
    needed, others = ARGUMENTS[tool].needed, ARGUMENTS[tool].others
    yield "least", needed
    if others:
        yield "most", needed | others
    fields = fields_of(tool)
    for name, schema in TOOLS_BY_NAME[tool].input_schema["properties"].items():
        if name in SELECTION or has_mark(fields[name], LOCAL):
            continue
        for value in schema.get("enum", [True, False] if schema.get("type") == "boolean" else []):
            if (tool, name, value) not in LOCAL_VALUES:
                yield f"{name}={value}", needed | {name: value}
        for value in schema.get("items", {}).get("enum", []):
            yield f"{name}=[{value}]", needed | {name: [value]}
