"""The report on the account and the tools: true for every identity, compact, and in agreement with the doctor."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import FileSecret, StaticSecret
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.data.identities import IDENTITIES, SCIM_TOKEN
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.access_report.toolsets import group_toolsets
from dockerhub_mcp.tools.caching.result_cache import ResultCache
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.results.tool_result import ToolResult
from dockerhub_mcp.tools.tool_states import ToolState
from tests.support.command_line import run_main
from tests.support.fixture_types import MakeHub
from tests.support.registry_contexts import connect_registry
from tests.support.tool_calls import make_context

NAMES = ["anonymous", *IDENTITIES]
MAX_TOKENS = 500
BYTES_PER_TOKEN = 4


async def report(hub: Hub, registry: Registry | None = None, **context: Any) -> ToolResult:
    return await call_tool(registry or Registry(), make_context(hub, **context), "what_can_i_do", {})


async def report_data(hub: Hub, registry: Registry | None = None, **context: Any) -> dict[str, Any]:
    found = await report(hub, registry, **context)
    assert not found.is_error
    assert found.structured_content is not None
    return found.structured_content


def groups(data: dict[str, Any]) -> dict[str, list[str]]:
    return {group["state"]: group["toolsets"] for group in data["tools"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--access", "admin", "--toolsets", "all"],
        ["--toolsets", "images,scim", "--exclude-tools", "get_tag"],
    ],
)
def test_doctor_and_tool_agree(name: str, options: list[str]) -> None:
    server = ["--sandbox", "--sandbox-identity", name, *options]
    examined = run_main("doctor", "--json", *server).json()
    told = run_main(*server, "call", "what_can_i_do", "--output", "json").json()
    states = [ToolState(**tool) for tool in examined["tools"]]
    assert groups(told) == group_toolsets(states)
    account = next(finding for finding in examined["findings"] if finding["name"] == "account")
    assert (account["summary"] == told["account"]) == ("problem" not in told)
    if "problem" in told:
        assert told["problem"].startswith(account["summary"])
    if told.get("scopes"):
        assert told["scopes"] == account["facts"]["scopes"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("access", list(Access))
async def test_the_text_is_compact_and_has_no_secret(
    make_hub: MakeHub, sandbox: Sandbox, name: str, access: Access
) -> None:
    hub = make_hub(None if name == "anonymous" else name, scim_token=StaticSecret(SCIM_TOKEN))
    async with connect_registry(sandbox) as connected:
        found = await call_tool(Registry(access=access), connected(hub), "what_can_i_do", {})
    assert len(found.text.encode()) <= MAX_TOKENS * BYTES_PER_TOKEN
    secrets = [*(identity.secret for identity in IDENTITIES.values()), SCIM_TOKEN]
    assert [secret for secret in secrets if secret in found.text + str(found.structured_content)] == []
    assert "eyJ" not in found.text


async def test_a_user_reads_organizations_with_roles(make_hub: MakeHub) -> None:
    assert (await report_data(make_hub("owner")))["organizations"] == "acme (Owner), milldale (Owner)"
    assert (await report_data(make_hub("member")))["organizations"] == "acme (Member)"
    assert (await report_data(make_hub("outsider")))["organizations"] == "none"
    assert "organizations" not in await report_data(make_hub())


async def test_an_organization_token_reads_what_it_lists_and_that_resources_are_hidden(
    make_hub: MakeHub,
) -> None:
    wide, narrow = [await report_data(make_hub(name)) for name in ("org-token", "org-token-narrow")]
    assert wide["account"].startswith("the organization acme, signed in with an organization access token")
    assert wide["resources"].startswith("the Hub shows them to owners only")
    assert "none private" not in wide["resources"]
    assert "none private" in narrow["resources"]
    assert narrow["scopes"] == ["scope-repository-read", "scope-tag-read"]
    assert "scope-member-read" in str(groups(narrow)["need further scopes"])


async def test_the_expiry_of_a_token_is_unknown_and_of_a_password_left_out(make_hub: MakeHub) -> None:
    assert (await report_data(make_hub("reader-pat")))["expires"].startswith(
        "unknown: https://app.docker.com"
    )
    assert "expires" not in await report_data(make_hub("owner"))


async def test_a_rate_limit_is_told_even_if_no_request_was_needed(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    data = await report_data(make_hub())
    assert data["hub_requests"].startswith("179 of 180 requests per minute are left")
    assert [request.method for request in sandbox.requests] == ["HEAD"]


async def test_a_refused_secret_is_a_problem_and_the_tools_are_those_of_an_anonymous_caller(
    make_hub: MakeHub,
) -> None:
    found, anonymous = await report(make_hub("expired-pat")), await report_data(make_hub())
    data = found.structured_content or {}
    assert data["problem"].startswith("Docker Hub refused to sign in ada")
    assert groups(data) == groups(anonymous)
    assert found.text.count("refused to sign in") == 1


async def test_a_rejected_request_of_an_anonymous_caller_is_no_failed_sign_in(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    before = await report_data(make_hub())
    sandbox.faults.rules.append(Fault(match="/hello-world", status=401))
    data = await report_data(make_hub())
    assert data["account"] == "anonymous: public repositories and tags"
    assert "problem" not in data
    assert groups(data) == groups(before)
    assert data["hub_requests"].startswith("unknown: ")
    assert data["partial"].startswith("the rate limit could not be read")


async def test_a_sign_in_that_the_hub_cannot_judge_leaves_the_account_unknown(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.faults.rules.append(Fault(match="/v2/auth/token", status=503))
    data = await report_data(make_hub("owner"))
    assert data["account"].startswith("unknown")
    assert "work" not in groups(data)
    assert any("unknown" in state for state in groups(data))


@pytest.mark.parametrize(
    ("identity", "match", "field"),
    [
        ("owner", "/v2/user/orgs", "organizations"),
        ("org-token", "/v2/namespaces/acme/repositories", "resources"),
        (None, "/hello-world", "hub_requests"),
    ],
)
async def test_what_could_not_be_read_is_unknown_and_the_rest_is_told(
    make_hub: MakeHub, sandbox: Sandbox, identity: str | None, match: str, field: str
) -> None:
    sandbox.faults.rules.append(Fault(match=match, status=500))
    found = await report(make_hub(identity))
    data = found.structured_content or {}
    assert data[field].startswith("unknown: The Hub failed with a server error")
    assert found.text.startswith("PARTIAL, the result is incomplete: ")
    assert data["partial"]
    assert groups(data)["work"]


async def test_callers_with_one_account_and_cache_read_their_own_limits(make_hub: MakeHub) -> None:
    hub, cache = make_hub("owner"), ResultCache(300)
    everything = Registry(access=Access.ADMIN, toolsets=["all"])
    narrowed = everything.restrict_tools(reason="not given", access=Access.READ)
    both = await asyncio.gather(
        *(
            report_data(hub, registry, cache=cache, caller=name)
            for name, registry in (("admin", everything), ("reader", narrowed))
        )
    )
    assert [(data["caller"], data["access"]) for data in both] == [("admin", "admin"), ("reader", "read")]
    assert "not given to this caller; only the owner of the server can change that" in groups(both[1])
    assert not any("caller" in state for state in groups(both[0]))


async def test_callers_of_a_shared_server_do_not_learn_the_path_of_a_secret(
    make_hub: MakeHub, tmp_path: Path
) -> None:
    missing = tmp_path / "the-token"
    credentials = Credentials(StaticSecret("ada"), FileSecret(missing, "DOCKERHUB_TOKEN_FILE"))
    shared = await report(make_hub(credentials=credentials, fixed_identity=True))
    alone = await report(make_hub(credentials=credentials))
    assert str(missing) not in shared.text
    assert "its operator sees why" in shared.text
    assert str(missing) in alone.text


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (None, "about 100 of 100 left per 6 h, counted for the IP address of this server"),
        ("outsider", "about 200 of 200 left per 6 h, counted for the account"),
        ("member", "no limit reported"),
        ("expired-pat", "unknown: the sign-in failed"),
    ],
)
async def test_the_pull_limit_is_that_of_the_account(
    make_hub: MakeHub, sandbox: Sandbox, identity: str | None, words: str
) -> None:
    async with connect_registry(sandbox) as connected:
        found = await call_tool(Registry(), connected(make_hub(identity)), "what_can_i_do", {})
    assert (found.structured_content or {})["pulls"].startswith(words)
    assert not [each for each in sandbox.requests if "/manifests/" in each.path and each.method == "GET"]


async def test_a_registry_that_is_down_leaves_the_pull_limit_unknown(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.faults.rules.append(Fault(match="/manifests/", status=503))
    async with connect_registry(sandbox) as connected:
        found = await call_tool(Registry(), connected(make_hub()), "what_can_i_do", {})
    data = found.structured_content or {}
    assert data["pulls"].startswith("unknown: ")
    assert data["partial"].startswith("the pull limit could not be read")
    assert groups(data)["work"]


async def test_another_registry_is_not_said_to_have_no_pull_limit(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    async with connect_registry(sandbox, has_limit_preview=False) as connected:
        context = connected(make_hub())
        before = await call_tool(Registry(), context, "what_can_i_do", {})
        await call_tool(Registry(), context, "explain_pull", {"image": "redis:8.2"})
        after = await call_tool(Registry(), context, "what_can_i_do", {})
    assert (before.structured_content or {})["pulls"].startswith("unknown: ")
    assert (after.structured_content or {})["pulls"].startswith("about 100 of 100 left")
