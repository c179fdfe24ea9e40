"""What the audit log says about calls: sent, refused, declined, interrupted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from mcp import Client, MCPError
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.server.context import RequestContext
from dockerhub_mcp.server.elicitation import Elicitor
from dockerhub_mcp.server.factory import build_server
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.registry import Registry
from dockerhub_mcp.tools.mutations import audit_recorder
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode, Decision
from tests.support.audit_logs import read_entries, read_outcomes
from tests.support.calls import arguments_of
from tests.support.elicitation import DELETE, Person, first_round, has_latest, second_round
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import EVERYTHING, FakeUser, call, changes, make_context

MODES = pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
WRITES = [method for method in ALL_METHODS if issubclass(method, Mutation)]


@pytest.fixture
def hub(make_hub: MakeHub, sandbox: Sandbox) -> Hub:
    return make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(path: Path) -> Iterator[AuditLog]:
    opened = AuditLog(path)
    yield opened
    opened.close()


def signed_in(sandbox: Sandbox) -> Hub:
    owner = sandbox.get_identity("owner")
    return Hub(
        Credentials.from_strings(owner.username, owner.secret),
        scim_token=StaticSecret(sandbox.scim_token),
        base_url="http://localhost",
        httpx_transport=httpx.ASGITransport(app=sandbox.app),
    )


def summarize(path: Path) -> list[tuple[str, str, str]]:
    return [
        (entry["tool"], entry["outcome"], entry.get("reason", ""))
        for entry in read_entries(path)
        if entry["event"] == "outcome"
    ]


async def test_no_mutation_is_sent_unless_its_intent_is_recorded(
    hub: Hub, sandbox: Sandbox, log: AuditLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.close()
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER, audit_log=log, secrets_dir=tmp_path)
    for method in WRITES:
        result = await call(context, method.tool_name, **arguments_of(sandbox)[method.tool_name])
        assert result.is_error
        assert f"{method.tool_name} was not sent: the audit log cannot be written" in result.text
        assert "--audit-log" in result.text
    assert not changes(sandbox)
    assert not list(tmp_path.glob("*-*")), "no file of a token is left"  # noqa: ASYNC240
    assert "the audit log cannot be written" in caplog.text
    assert "Traceback" not in caplog.text


async def test_every_mutation_has_the_same_entry_before_and_after(
    log: AuditLog, path: Path, tmp_path: Path
) -> None:
    options = {"confirmation_mode": ConfirmationMode.NEVER, "audit_log": log, "secrets_dir": tmp_path}
    for method in WRITES:
        sandbox = Sandbox()  # with what an earlier change took away
        async with signed_in(sandbox) as hub:
            arguments = arguments_of(sandbox)[method.tool_name]
            result = await call(make_context(hub, caller="ci", **options), method.tool_name, **arguments)
        assert not result.is_error, result.text
    outcomes = read_outcomes(path)
    assert [entry["tool"] for entry in outcomes] == [method.tool_name for method in WRITES]
    for entry in outcomes:
        assert entry["outcome"] == "done"
        expected = "the SCIM token" if entry["tool"].startswith("scim_") else "ada"
        assert entry["account"] == expected
        assert entry["caller"] == "ci"
        assert entry["target"]


async def test_the_intent_is_on_the_disk_before_the_request_leaves(
    make_hub: MakeHub, sandbox: Sandbox, log: AuditLog, path: Path
) -> None:
    """Also if no request has signed in yet."""
    for method, match in (("DELETE", "/tags/latest"), ("POST", "/orgs/acme/groups")):
        sandbox.faults.add(match=match, method=method, latency=0.2)
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER, audit_log=log)
    for tool, arguments in (
        ("create_org_group", {"org_name": "acme", "name": "new-team"}),
        ("delete_tag", DELETE),
    ):
        task = asyncio.create_task(call(context, tool, **arguments))
        while not changes(sandbox):
            await asyncio.sleep(0)
        intent = read_entries(path)[-1]
        assert (intent["event"], intent["tool"], intent["account"]) == ("intent", tool, "ada")
        assert not (await task).is_error
        sandbox.requests.clear()
    assert [entry["outcome"] for entry in read_outcomes(path)] == ["done", "done"]


async def test_a_file_system_that_hangs_refuses_the_change_and_nothing_else(
    hub: Hub, sandbox: Sandbox, log: AuditLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_recorder, "INTENT_TIMEOUT", 0.1)
    released = asyncio.Event()
    loop, append = asyncio.get_running_loop(), log._file.append

    def hang(line: bytes) -> None:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result(30)
        append(line)

    log._file.append = hang  # type: ignore[method-assign]
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER, audit_log=log)
    refused = asyncio.create_task(call(context, "delete_tag", **DELETE))
    read = await call(context, "get_tag", repository="redis:8.2")
    assert not read.is_error
    assert "timed out" in (await refused).text
    assert not changes(sandbox)
    released.set()
    await asyncio.to_thread(log.close)
    # The intent reached the disk in the end; that nothing was sent is recorded after it.
    assert [(entry["outcome"], entry["reason"]) for entry in read_outcomes(path)] == [
        ("refused", "the audit log failed")
    ]


@pytest.mark.parametrize(
    ("decision", "outcome", "reason"),
    [
        (Decision.DECLINED, "declined", "the user's answer: no"),
        (Decision.UNCONFIRMED, "declined", "the user's answer: unclear"),
        (Decision.EXPIRED, "declined", "the user's answer: no answer"),
        (Decision.UNSUPPORTED, "refused", "the client cannot ask the user"),
    ],
)
async def test_each_decision_but_an_acceptance_leaves_one_line(
    hub: Hub, sandbox: Sandbox, log: AuditLog, path: Path, decision: Decision, outcome: str, reason: str
) -> None:
    context = make_context(hub, confirmer=FakeUser(decision), audit_log=log)
    asked = []
    for method in WRITES:
        if not method.takes or method.tool_name == "update_org_group":  # this call edits a text
            continue
        result = await call(context, method.tool_name, **arguments_of(sandbox)[method.tool_name])
        assert result.is_error
        asked.append(method.tool_name)
    assert not changes(sandbox)
    assert summarize(path) == [(name, outcome, reason) for name in asked]
    assert all(entry["target"] for entry in read_outcomes(path))


async def test_a_gate_that_refuses_leaves_a_line(hub: Hub, log: AuditLog, path: Path) -> None:
    context = make_context(hub, audit_log=log, caller="ci")
    registries = [
        Registry(),
        Registry(access=Access.ADMIN, toolsets=["all"], exclude_tools=["delete_tag"]),
        EVERYTHING.restrict_tools(reason="this caller may only read", tools=["get_tag"]),
    ]
    for registry in registries:
        for arguments in (DELETE, {"repository": "acme/storefront:latest"}, {"nonsense": True}):
            assert (await call_tool(registry, context, "delete_tag", arguments)).is_error
        await call_tool(registry, context, "delete_tag", {**DELETE, "dry_run": True})
    await call_tool(registries[-1], context, "list_access_tokens", {})
    assert summarize(path) == [("delete_tag", "refused", "the tool is switched off")] * 9
    entries = read_outcomes(path)
    assert [entry["target"] for entry in entries[:3]] == ["acme/storefront/latest"] * 2 + [""]
    assert {(entry["caller"], entry["account"]) for entry in entries} == {("ci", "not signed in")}


async def test_a_refusal_before_anything_is_sent_leaves_a_line(
    make_hub: MakeHub, sandbox: Sandbox, log: AuditLog, path: Path, tmp_path: Path
) -> None:
    def context(identity: str | None = "owner", **options: Any) -> Any:
        return make_context(
            make_hub(identity), confirmation_mode=ConfirmationMode.NEVER, audit_log=log, **options
        )

    missing = {"repository": "acme/docs", "tag": "no-such-tag"}
    group = {"repository": "acme/docs", "permission": "read", "group": "nobody"}
    token = {"token_label": "x", "scopes": ["repo:read"]}
    await call(context(), "delete_tag", **missing)
    await call(context(), "delete_tag", **missing, dry_run=True)
    await call(context(), "assign_repository_group", **group)
    await call(context(secrets_dir=tmp_path / "none"), "create_access_token", **token)
    await call(context("expired-pat"), "delete_tag", **DELETE)
    await call(context(None), "create_access_token", **token)
    await call(context(), "delete_tag", nonsense=True)
    assert not changes(sandbox)
    assert [(tool, outcome) for tool, outcome, _ in summarize(path)] == [
        (tool, "refused")
        for tool in (
            "delete_tag",
            "assign_repository_group",
            "create_access_token",
            "delete_tag",
            "create_access_token",
        )
    ]
    entries = read_outcomes(path)
    assert entries[0]["reason"] == "404"
    assert entries[2]["reason"] == "SecretNotStored"
    assert [entry["account"] for entry in entries] == ["ada", "ada", "ada", "not signed in", "anonymous"]


async def test_a_sign_in_by_a_call_is_recorded_without_its_secret(
    make_hub: MakeHub, sandbox: Sandbox, log: AuditLog, path: Path
) -> None:
    hub, other = make_hub("owner"), sandbox.get_identity("member")
    context = make_context(hub, audit_log=log, confirmation_mode=ConfirmationMode.NEVER)
    await hub.sign_in()
    wrong = await call(context, "create_auth_token", identifier="ada", secret="not-the-secret")
    assert wrong.is_error
    done = await call(context, "create_auth_token", identifier=other.username, secret=other.secret)
    assert not done.is_error
    await call(context, "list_access_tokens")
    fixed = make_context(make_hub("owner", fixed_identity=True), audit_log=log)
    await call(fixed, "create_auth_token")  # reports the account
    entries = read_outcomes(path)
    assert [(entry["target"], entry["outcome"], entry["account"]) for entry in entries] == [
        ("ada", "refused", "ada"),
        (other.username, "done", other.username),
    ]
    for secret in ("not-the-secret", other.secret):
        assert secret not in str(read_entries(path))


async def test_a_call_that_is_cut_off_is_unknown_or_declined(
    hub: Hub, sandbox: Sandbox, log: AuditLog, path: Path
) -> None:
    sandbox.faults.add(match="/tags/latest", method="DELETE", latency=30)
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER, audit_log=log)
    sending = asyncio.create_task(call(context, "delete_tag", **DELETE))
    while not changes(sandbox):
        await asyncio.sleep(0)
    asked = asyncio.Event()

    async def never_answer(_: Any) -> Decision:
        asked.set()
        await asyncio.Event().wait()
        return Decision.ACCEPTED

    asking = asyncio.create_task(
        call(make_context(hub, confirmer=never_answer, audit_log=log), "delete_tag", **DELETE)
    )
    await asked.wait()
    for task in (sending, asking):
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
    assert summarize(path) == [
        ("delete_tag", "unknown", "interrupted"),
        ("delete_tag", "declined", "interrupted before an answer"),
    ]


# --- questions, in both protocol generations ---


def server(hub: Hub, log: AuditLog, timeout: float = 600) -> Any:
    context = RequestContext(EVERYTHING, make_context(hub, audit_log=log))
    return build_server(context, elicitor=Elicitor(timeout=timeout))


@MODES
@pytest.mark.parametrize(("action", "answer"), [("decline", "no"), ("cancel", "no"), ("accept", "unclear")])
async def test_a_person_s_no_leaves_a_line(
    hub: Hub, log: AuditLog, path: Path, mode: str, action: str, answer: str
) -> None:
    person = Person(action, {"confirm": False})
    async with Client(server(hub, log), mode=mode, elicitation_callback=person) as client:
        assert (await client.call_tool("delete_tag", DELETE)).is_error
    log.close()
    assert summarize(path) == [("delete_tag", "declined", f"the user's answer: {answer}")]


@MODES
async def test_a_client_that_cannot_ask_leaves_a_line(hub: Hub, log: AuditLog, path: Path, mode: str) -> None:
    async with Client(server(hub, log), mode=mode) as client:
        assert (await client.call_tool("delete_tag", DELETE)).is_error
    assert summarize(path) == [("delete_tag", "refused", "the client cannot ask the user")]


async def test_an_older_client_that_does_not_answer_in_time_is_declined(
    hub: Hub, sandbox: Sandbox, log: AuditLog, path: Path
) -> None:
    async def wait(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG001
        await asyncio.sleep(30)
        return ElicitResult(action="accept", content={"confirm": True})

    async with Client(server(hub, log, timeout=0.2), mode="legacy", elicitation_callback=wait) as client:
        result = await client.call_tool("delete_tag", DELETE)
    assert "did not answer in time, so nothing was sent" in result.content[0].text  # type: ignore[union-attr]
    assert has_latest(sandbox)
    assert summarize(path) == [("delete_tag", "declined", "the user's answer: no answer")]


async def test_a_question_of_the_newer_generation_expires_with_a_line(
    hub: Hub, sandbox: Sandbox, log: AuditLog, path: Path
) -> None:
    async with Client(
        server(hub, log, timeout=0.2), mode="2026-07-28", elicitation_callback=Person()
    ) as client:
        waiting = await first_round(client, DELETE)
        assert read_entries(path) == []
        await asyncio.sleep(0.4)
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await second_round(client, DELETE, waiting.request_state)
    log.close()
    assert has_latest(sandbox)
    assert summarize(path) == [
        ("delete_tag", "declined", "no answer in time reached this server"),
        ("delete_tag", "declined", "the answer came too late, or was for another call"),
    ]
    assert {entry["target"] for entry in read_entries(path)} == {"acme/storefront/latest"}


async def test_an_answer_that_comes_after_the_clock_moved_on_leaves_a_line(
    hub: Hub, log: AuditLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Client(server(hub, log), mode="2026-07-28", elicitation_callback=Person()) as client:
        waiting = await first_round(client, DELETE)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 601)
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await second_round(client, DELETE, waiting.request_state)
    monkeypatch.undo()
    assert [outcome for _, outcome, _ in summarize(path)] == ["declined"]


async def test_a_question_that_is_answered_in_time_leaves_no_line_of_its_own(
    hub: Hub, log: AuditLog, path: Path
) -> None:
    arguments = {"org_name": "acme", "group_name": "developers", "username": "linus"}
    async with Client(server(hub, log), mode="2026-07-28", elicitation_callback=Person()) as client:
        assert not (await client.call_tool("delete_tag", DELETE)).is_error
        assert not (await client.call_tool("remove_org_group_member", arguments)).is_error
        await first_round(client, {"repository": "acme/docs", "tag": "latest"})
    log.close()
    assert summarize(path) == [
        ("delete_tag", "done", ""),
        ("remove_org_group_member", "done", ""),
        ("delete_tag", "declined", "the server stopped before an answer"),
    ]
