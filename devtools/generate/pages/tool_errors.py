"""Error messages of tools, provoked on the sandbox: faults of the Hub, invalid calls, missing permissions."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from mcp import MCPError

from devtools.generate.frozen_clock import NOW
from devtools.generate.pages.provoke import Provoke
from devtools.generate.pages.session import open_session
from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, StaticSecret
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.confirmation import Decision

_REDIS = {"repository": "redis:8.2"}
_ACME: dict[str, Any] = {"org_name": "acme"}
_LOCK = '{"detail": "Too many failed login attempts. Try again in 10 minutes."}'


def _call(tool: str, arguments: dict[str, Any], identity: str | None = None, **options: Any) -> Provoke:
    """Return a function that calls a tool and returns what the agent sees; the options are the session's."""

    async def provoke() -> str:
        async with open_session(identity, **options) as session:
            return (await session.call_tool(tool, arguments)).text

    return provoke


def _call_by_default(tool: str, arguments: dict[str, Any]) -> Provoke:
    """Return a function that calls a tool of a server without options."""

    async def provoke() -> str:
        return await _call(tool, arguments, registry=Registry())()

    return provoke


def _call_faulty_hub(
    fault: Fault,
    *,
    tool: str = "get_tag",
    identity: str | None = None,
    request_timeout: float = 300.0,
    **arguments: Any,
) -> Provoke:
    """Return a function that calls a tool while the sandbox has a fault."""

    async def provoke() -> str:
        async with open_session(identity, request_timeout=request_timeout) as session:
            session.sandbox.faults.rules.append(fault)
            return (await session.call_tool(tool, arguments or _REDIS)).text

    return provoke


async def _fail_many_logins() -> str:
    async with open_session(None) as session:
        texts = []
        for number in range(4):
            wrong = {"identifier": "ada", "secret": f"not-it-{number}"}
            texts.append((await session.call_tool("create_auth_token", wrong)).text)
    return texts[-1]


async def _read_invalid_resource() -> str:
    async with open_session(None) as session:
        return await _expect_rejection(session.client.read_resource("dockerhub://redis"))


async def _get_disabled_prompt() -> str:
    async with open_session(None, registry=Registry(tools=["get_tag"])) as session:
        return await _expect_rejection(session.client.get_prompt("review_access", {"organization": "acme"}))


async def _expect_rejection(request: Awaitable[object]) -> str:
    try:
        await request
    except MCPError as error:
        return f"{error.error.code}: {error.error.message}"
    msg = "a request that must be rejected succeeded"
    raise ValueError(msg)


async def _exhaust_rate_limit() -> str:
    sandbox = Sandbox(now=lambda: NOW, anonymous_limit=2)
    async with open_session(None, sandbox=sandbox, request_timeout=20) as session:
        texts = [
            (await session.call_tool("get_tag", {"repository": f"redis:{tag}"})).text
            for tag in ("8", "7", "8.2")
        ]
    return texts[-1]


async def _delete_immutable_tag() -> str:
    async with open_session("owner") as session:
        rules = {"immutable_tags": True, "immutable_tags_rules": ["latest"]}
        await session.call_tool("update_immutable_tags", {"repository": "acme/storefront", **rules})
        return (await session.call_tool("delete_tag", _STOREFRONT_TAG)).text


async def _lose_the_answer() -> str:
    async with open_session("owner") as session:
        session.sandbox.faults.rules.append(Fault(match="/access-tokens", method="POST", truncate=True))
        call = {"token_label": "ci", "scopes": ["repo:read"]}
        return (await session.call_tool("create_access_token", call)).text


def _credentials(username: str, secret: str) -> Credentials:
    return Credentials.from_strings(username, secret)


_MISSING_FILE = Credentials(
    StaticSecret("ada"), FileSecret(Path("/run/secrets/dockerhub-token"), "DOCKERHUB_TOKEN_FILE")
)
_SMALL_RESULT = 1024  # bytes
_MISCOUNTED_TAGS = '{"count": 1000, "next": null, "results": [{"name": "8.2"}, {"name": "8.0"}]}'
_OVERVIEW = {"repository": "redis", "fields": ["name", "full_description"]}
_STOREFRONT_TAG = {"repository": "acme/storefront", "tag": "latest"}

TOOL_ERRORS: dict[str, Provoke] = {
    "needs --access": _call_by_default("create_repository", {"name": "acme/api"}),
    "needs --toolsets": _call_by_default("check_tags", {"repository": "redis"}),
    "was not called": _call("list_tags", {"repo": "redis", "page_size": 5000}),
    "needs the user's confirmation, which this client cannot ask for": _call(
        "delete_tag", _STOREFRONT_TAG, "owner", decision=None
    ),
    "The user declined this": _call("delete_tag", _STOREFRONT_TAG, "owner", decision=Decision.DECLINED),
    "The user answered without ticking": _call(
        "delete_tag", _STOREFRONT_TAG, "owner", decision=Decision.UNCONFIRMED
    ),
    "This needs an account": _call("list_org_members", _ACME),
    "Docker Hub refused to sign in": _call(
        "list_org_members", _ACME, credentials=_credentials("ada", "dckr_pat_old")
    ),
    "Too many failed login attempts": _call_faulty_hub(
        Fault("/v2/auth/token", status=401, body=_LOCK), tool="list_org_members", identity="owner", **_ACME
    ),
    "Answered as for an anonymous caller": _call(
        "get_tag", _REDIS, credentials=_credentials("ada", "dckr_pat_old")
    ),
    "The sign-in as": _call_faulty_hub(
        Fault("/v2/auth/token", status=503), tool="list_org_members", identity="owner", **_ACME
    ),
    "was not sent: 3 failed within 10 minutes": _fail_many_logins,
    "has two-factor authentication": _call("get_current_user", {}, "two-factor"),
    "The file that DOCKERHUB_TOKEN_FILE names": _call("get_current_user", {}, credentials=_MISSING_FILE),
    "The Hub limits personal access tokens to repositories": _call("list_org_members", _ACME, "owner-pat"),
    "The token lacks": _call("list_audit_logs", {"account": "acme"}, "org-token-narrow"),
    "is probably not an owner of the organization": _call(
        "list_org_access_tokens", {"name": "acme"}, "member"
    ),
    "The personal access token has": _call("create_repository", {"name": "acme/api"}, "public-pat"),
    "The SCIM methods need a token of their own": _call(
        "scim_list_users", {}, "owner", with_scim_token=False
    ),
    "No repository": _call("get_repository", {"repository": "grafana"}),
    "has no tag": _call("get_tag", {"repository": "redis:8.2-alpin"}),
    "It is missing, or private and not visible to": _call("check_repository", {"repository": "acme/billing"}),
    "Anonymous callers may not page this far": _call("list_tags", {"repository": "redis", "page": 60}),
    "The Hub's rate limit is used up": _exhaust_rate_limit,
    "PARTIAL, the list is cut short": _call(
        "list_tags", {"repository": "redis", "max_items": 2600, "fields": ["name"]}
    ),
    "PARTIAL, the list goes on": _call("list_repositories", {"namespace": "bigcorp", "page": 4}),
    "PARTIAL, the list does not add up": _call_faulty_hub(
        Fault(match="/tags", status=200, body=_MISCOUNTED_TAGS), tool="list_tags", repository="redis"
    ),
    "is past the end": _call("list_repositories", {"namespace": "acme", "page": 9}),
    "CUT at": _call("list_tags", {"repository": "redis", "page_size": 100}, max_result_bytes=_SMALL_RESULT),
    "LEFT OUT for its size": _call("get_repository", _OVERVIEW, max_result_bytes=_SMALL_RESULT),
    "makes the tag immutable": _delete_immutable_tag,
    "It already exists": _call("create_repository", {"name": "acme/storefront"}, "owner"),
    "There is no resource": _read_invalid_resource,
    "and all are switched off here": _get_disabled_prompt,
    "could not be reached": _call_faulty_hub(Fault(drop=True)),
    "did not answer within": _call_faulty_hub(Fault(latency=5), request_timeout=0.2),
    "The Hub failed with a server error": _call_faulty_hub(
        Fault(status=503, body='{"message": "service unavailable"}')
    ),
    "instead of the Hub API's JSON": _call_faulty_hub(
        Fault(status=403, body="<html><title>Blocked by policy</title></html>", content_type="text/html")
    ),
    "but the answer has no": _call_faulty_hub(Fault(status=200, body="{}")),
    "Docker has withdrawn this route": _call_faulty_hub(Fault(status=410)),
    "may have been made": _lose_the_answer,
    "this was not followed": _call_faulty_hub(Fault(location="https://elsewhere.example/v2")),
}
"""What provokes the message of each heading of the troubleshooting page."""
