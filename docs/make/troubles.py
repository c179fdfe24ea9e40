"""Trouble that tools tell an agent, made to happen: faults of the Hub, wrong calls, missing rights."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import MCPError

from dockerhub_mcp.hub import Credentials
from dockerhub_mcp.hub.auth.credentials import FileSecret, StaticSecret
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations.confirmation import Decision
from docs.make.stage import NOW, stage

Happen = Callable[[], Awaitable[str]]
_REDIS = {"repository": "redis:8.2"}
_ACME = {"org_name": "acme"}


def _call(tool: str, arguments: dict[str, Any], identity: str | None = None, **more: Any) -> Happen:
    """Return what makes a call and tells what the agent saw."""

    async def happen() -> str:
        async with stage(identity, **more) as on:
            return (await on.call(tool, arguments)).text

    return happen


def _faulty(fault: Fault, *, tool: str = "get_tag", timeout: float = 30.0, **arguments: Any) -> Happen:
    """Return what makes a call while something is wrong with the Hub."""

    async def happen() -> str:
        async with stage(None, timeout=timeout) as on:
            on.sandbox.faults.rules.append(fault)
            return (await on.call(tool, arguments or _REDIS)).text

    return happen


async def _locked() -> str:
    async with stage(None) as on:
        wrong = {"identifier": "ada", "secret": "not-it"}
        texts = [(await on.call("create_auth_token", wrong)).text for _ in range(12)]
    return texts[-1]


async def _no_resource() -> str:
    async with stage(None) as on:
        return await _refused(on.client.read_resource("dockerhub://redis"))


async def _no_prompt() -> str:
    async with stage(None, registry=Registry(tools=["get_tag"])) as on:
        return await _refused(on.client.get_prompt("review_access", {"organization": "acme"}))


async def _refused(asked: Awaitable[object]) -> str:
    try:
        await asked
    except MCPError as error:
        return f"{error.error.code}: {error.error.message}"
    msg = "what should be refused was answered"
    raise ValueError(msg)


def _as(name: str, secret: str) -> Credentials:
    return Credentials.from_strings(name, secret)


def _busy() -> Sandbox:
    return Sandbox(now=lambda: NOW, anonymous_limit=2)


async def _used_up() -> str:
    async with stage(None, sandbox=_busy(), timeout=20) as on:
        texts = [(await on.call("get_tag", {"repository": f"redis:{tag}"})).text for tag in ("8", "7", "8.2")]
    return texts[-1]


async def _immutable() -> str:
    async with stage("owner") as on:
        rules = {"immutable_tags": True, "immutable_tags_rules": ["latest"]}
        await on.call("update_immutable_tags", {"repository": "acme/storefront", **rules})
        return (await on.call("delete_tag", {"repository": "acme/storefront", "tag": "latest"})).text


_GONE = Credentials(
    StaticSecret("ada"), FileSecret(Path("/run/secrets/dockerhub-token"), "DOCKERHUB_TOKEN_FILE")
)
_SHORT = 1024  # bytes
_OVERVIEW = {"repository": "redis", "fields": ["name", "full_description"]}
_STOREFRONT_TAG = {"repository": "acme/storefront", "tag": "latest"}

TOLD: dict[str, Happen] = {
    "needs --access": _call("create_repository", {"name": "acme/api"}, registry=Registry()),
    "is not on (--toolsets": _call("check_tags", {"repository": "redis"}, registry=Registry()),
    "was not called": _call("list_tags", {"repo": "redis", "page_size": 5000}),
    "needs a person's yes, and this client cannot ask for one": _call(
        "delete_tag", _STOREFRONT_TAG, "owner", person=None
    ),
    "The person said no to this": _call("delete_tag", _STOREFRONT_TAG, "owner", person=Decision.DECLINED),
    "The person answered without ticking": _call(
        "delete_tag", _STOREFRONT_TAG, "owner", person=Decision.UNCONFIRMED
    ),
    "This needs an account": _call("list_org_members", _ACME),
    "Docker Hub refused to sign in": _call("list_org_members", _ACME, credentials=_as("ada", "dckr_pat_old")),
    "Too many failed login attempts": _locked,
    "Answered as for an anonymous caller": _call("get_tag", _REDIS, credentials=_as("ada", "dckr_pat_old")),
    "has two-factor authentication": _call("get_current_user", {}, "two-factor"),
    "The file that DOCKERHUB_TOKEN_FILE names": _call("get_current_user", {}, credentials=_GONE),
    "The Hub limits personal access tokens to repositories": _call("list_org_members", _ACME, "owner-pat"),
    "The token probably lacks": _call("list_audit_logs", {"account": "acme"}, "org-token-narrow"),
    "is probably not an owner of the organization": _call(
        "list_org_access_tokens", {"name": "acme"}, "member"
    ),
    "The personal access token probably lacks": _call(
        "create_repository", {"name": "acme/api"}, "public-pat"
    ),
    "The SCIM methods need a token of their own": _call("scim_list_users", {}, "owner", scim=False),
    "No repository": _call("get_repository", {"repository": "grafana"}),
    "No tag": _call("get_tag", {"repository": "redis:8.2-alpin"}),
    "It is missing, or private and not visible to": _call("check_repository", {"repository": "acme/billing"}),
    "Anonymous callers may not page this far": _call("list_tags", {"repository": "redis", "page": 60}),
    "The Hub's rate limit is used up": _used_up,
    "PARTIAL, the list is cut short": _call(
        "list_tags", {"repository": "redis", "max_items": 2600, "fields": ["name"]}
    ),
    "CUT at": _call("list_tags", {"repository": "redis", "page_size": 100}, room=_SHORT),
    "LEFT OUT for its size": _call("get_repository", _OVERVIEW, room=_SHORT),
    "makes the tag immutable": _immutable,
    "It already exists": _call("create_repository", {"name": "acme/storefront"}, "owner"),
    "There is no resource": _no_resource,
    "and all are switched off here": _no_prompt,
    "could not be reached": _faulty(Fault(drop=True)),
    "did not answer within": _faulty(Fault(latency=5), timeout=0.2),
    "The Hub failed with a server error": _faulty(Fault(status=503, body="<html>Service Unavailable</html>")),
    "A proxy or a sign-in page may have answered": _faulty(
        Fault(status=200, body="<html>Please sign in</html>")
    ),
    "this was not followed": _faulty(Fault(location="https://elsewhere.example/v2")),
}
"""What makes each text appear that stands as a heading on the page."""
