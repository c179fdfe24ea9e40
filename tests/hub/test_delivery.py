"""What the errors of mutations say about the change: not sent, refused, or perhaps made."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest

from dockerhub_mcp.hub import Credentials, Hub, HubError, RetryPolicy
from dockerhub_mcp.hub.api.enums import Effect
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.errors import (
    ConnectionFailed,
    DeadlineExceeded,
    Refused,
    SignInUnavailable,
    UnexpectedAnswer,
)
from dockerhub_mcp.hub.methods import (
    ALL_METHODS,
    CreateAccessToken,
    CreateOrgAccessToken,
    CreateOrgInvites,
    CreateRepository,
    DeleteTag,
    GetTag,
    ListHardenedImages,
    UpdateRepository,
)
from dockerhub_mcp.sandbox import Sandbox
from tests.support.calls import arguments_of

WRITES = [method for method in ALL_METHODS if issubclass(method, Mutation)]
UPDATE = UpdateRepository(namespace="acme", repository="cli", description="x")
RESOURCE = {"type": "TYPE_REPO", "path": "acme/*", "scopes": ["scope-image-pull"]}
TOKEN_CALLS: list[Mutation] = [
    CreateAccessToken(token_label="ci", scopes=["repo:read"]),
    CreateOrgAccessToken.model_validate({"name": "acme", "label": "ci", "resources": [RESOURCE]}),
]
MAYBE = "may have been made"
NOT_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("late"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("403 Forbidden"),
    httpx.UnsupportedProtocol("ftp"),
    httpx.LocalProtocolError("Illegal header value"),
    ConnectionRefusedError(111, "refused"),
    socket.gaierror(-2, "Name or service not known"),
]
PERHAPS_SENT = [
    httpx.ReadTimeout("late"),
    httpx.WriteTimeout("late"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.CloseError("reset"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.DecodingError("Error -3 while decompressing data"),
    ConnectionResetError(104, "reset"),
    BrokenPipeError(32, "broken"),
    ssl.SSLError(1, "record layer failure"),
    OSError(5, "I/O error"),
]


def build_call(method: type[Mutation], sandbox: Sandbox) -> Mutation:
    call = method.model_validate(arguments_of(sandbox)[method.tool_name])
    kept = {
        "user_name": "bo@example.com",
        "active": True,
        "name": "developers",
        "enabled": True,
        "allow_official_images": True,
    }
    return call.model_copy(update={name: value for name, value in kept.items() if _is_omitted(call, name)})


def _is_omitted(call: Mutation, name: str) -> bool:
    return name in type(call).model_fields and getattr(call, name) is None


async def fail(hub: Hub, call: Mutation) -> HubError:
    with pytest.raises(HubError) as caught:
        await hub.send(call)
    return caught.value


def test_every_mutation_names_a_read_that_shows_its_outcome() -> None:
    reads = {method.tool_name for method in ALL_METHODS if method.effect is Effect.READ}
    without = {method.tool_name for method in WRITES if not method.outcome_tool}
    assert without == {"resend_org_invite"}  # nothing shows how often an invitation was sent
    assert {method.outcome_tool for method in WRITES} - {""} <= reads


@pytest.mark.parametrize("method", WRITES, ids=lambda method: method.tool_name)
async def test_an_unknown_outcome_says_how_to_look(
    sandbox: Sandbox,
    make_hub: Callable[..., Hub],
    method: type[Mutation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dockerhub_mcp.hub.transport.transport.MAX_BODY_BYTES", 10_000)
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    call = build_call(method, sandbox)
    faults: list[dict[str, Any]] = [
        {"drop": True},
        {"truncate": True, "status": 200, "body": '{"name": "cut'},
        {"status": 200, "body": "x" * 20_000},
        {"status": 201, "body": '{"name": "x"}', "headers": {"Content-Encoding": "gzip"}},
        {"status": 200, "body": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"status": 200, "body": "{}"},
        {"status": 202, "body": '{"message": "accepted"}'},
        {"status": 202, "body": '{"detail": "queued"}'},
        {"status": 200, "body": "null"},
        {"status": 200, "body": "<title>Log in</title>", "content_type": "text/html"},
        {"status": 403, "body": "Blocked by policy", "content_type": "text/plain"},
    ]
    faults += [{"status": status} for status in (300, 304, 305, 408, 425, 500, 502, 503, 504, 520, 599)]
    faults += [{"status": status, "location": "/v2/x/"} for status in (301, 302, 303, 307, 308)]
    for fault in faults:
        sandbox.faults.clear()
        sandbox.faults.add(match=call.build_path(), method=call.http.verb, **fault)
        begun = len(sandbox.requests)
        error = await fail(hub, call)
        assert error.may_be_done, (fault, error)
        assert MAYBE in error.remedy, (fault, error)
        assert method.outcome_tool in error.remedy, (fault, error)
        assert [request.path for request in sandbox.requests[begun:]].count(call.build_path()) == 1


async def test_a_refusal_changes_nothing(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner")
    for status in (400, 401, 403, 404, 405, 409, 410, 415, 422, 429):
        sandbox.faults.clear()
        sandbox.faults.add(match="/acme/repositories/cli", status=status, body='{"message": "no"}')
        error = await fail(hub, UPDATE)
        assert isinstance(error, Refused)
        assert not error.may_be_done, status
        assert MAYBE not in str(error), status


async def test_a_proxy_that_wants_credentials_forwarded_nothing(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    for status in (407, 511):
        sandbox.faults.clear()
        sandbox.faults.add(match="/acme", status=status, body="<title>x</title>", content_type="text/html")
        error = await fail(make_hub("owner"), UPDATE)
        assert isinstance(error, UnexpectedAnswer)
        assert not error.may_be_done
        assert error.remedy.startswith("Nothing was changed.")


@pytest.mark.parametrize("failure", [*NOT_SENT, *PERHAPS_SENT], ids=lambda failure: type(failure).__name__)
async def test_failures_before_and_after_sending_differ(
    answering: Callable[..., Hub], failure: Exception
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/auth/token":
            return httpx.Response(200, json={"access_token": "a.b.c"})
        raise failure

    hub = answering(respond, credentials=Credentials.from_strings("ada", "dckr_pat_x"))
    error = await fail(hub, UPDATE)
    is_unsent = any(failure is each for each in NOT_SENT)
    assert error.may_be_done is not is_unsent
    assert (MAYBE in error.remedy) is not is_unsent
    assert error.remedy.startswith("Nothing was changed.") is is_unsent
    with pytest.raises(HubError) as caught:
        await hub.send(GetTag(repository="redis", tag="8"))
    assert "chang" not in caught.value.remedy


async def test_a_closed_port_and_an_unknown_host_change_nothing(
    listen: Callable[..., Any],
) -> None:
    async def speak_plainly(_: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    plain = await listen(speak_plainly)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}", "https://nowhere.invalid", plain.replace("http:", "https:")):
            credentials = StaticSecret("scim")
            async with Hub(base_url=url, scim_token=credentials, retry_policy=RetryPolicy(attempts=1)) as hub:
                call = next(method for method in WRITES if method.tool_name == "scim_create_user")
                error = await fail(hub, call.model_validate({"userName": "bo@example.com"}))
            assert isinstance(error, ConnectionFailed)
            assert not error.may_be_done, url
            assert error.remedy.startswith("Nothing was changed. Check the network"), url


@pytest.mark.usefixtures("skip_waits")
async def test_a_timeout_before_sending_changes_nothing(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v2/auth/token", latency=9)
    error = await fail(make_hub("owner", timeout=1), UPDATE)
    assert isinstance(error, SignInUnavailable)
    assert (error.may_be_done, MAYBE in error.remedy) == (False, False)
    sandbox.faults.clear()
    sandbox.faults.add(match="/acme", latency=9)
    error = await fail(make_hub("owner", timeout=1), UPDATE)
    assert isinstance(error, DeadlineExceeded)
    assert (error.may_be_done, MAYBE in error.remedy) == (True, True)


@pytest.mark.usefixtures("skip_waits")
async def test_a_change_that_waits_for_its_turn_is_not_sent(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner", timeout=1, max_concurrency=1)
    await hub.sign_in()
    async with hub._transport._slots:
        error = await fail(hub, UPDATE)
    assert isinstance(error, DeadlineExceeded)
    assert (error.may_be_done, error.remedy.startswith("Nothing was changed.")) == (False, True)
    assert "PATCH" not in [request.method for request in sandbox.requests]


async def test_a_sign_in_that_fails_changes_nothing(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    for fault in ({"drop": True}, {"status": 500}, {"status": 503}):
        sandbox.faults.clear()
        sandbox.faults.add(match="/v2/auth/token", **fault)
        error = await fail(make_hub("owner", retry_policy=RetryPolicy(attempts=1)), UPDATE)
        assert not error.may_be_done, fault
        assert MAYBE not in error.remedy, fault


async def test_a_renewal_that_fails_changes_nothing(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner", retry_policy=RetryPolicy(attempts=1))
    await hub.sign_in()
    sandbox.revoke_bearer_tokens()
    sandbox.faults.add(match="/v2/auth/token", drop=True)
    error = await fail(hub, UPDATE)
    assert isinstance(error, SignInUnavailable)
    assert not error.may_be_done
    assert [request.method for request in sandbox.requests].count("PATCH") == 1


async def test_a_dry_run_of_the_hub_changes_nothing(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    sandbox.faults.add(match="/invites/bulk", status=500)
    error = await fail(make_hub("owner"), CreateOrgInvites(org="acme", invitees=["ada"], dry_run=True))
    assert (error.may_be_done, MAYBE in error.remedy) == (False, False)


@pytest.mark.parametrize("call", TOKEN_CALLS, ids=lambda call: call.tool_name)
async def test_a_token_without_its_value_is_found_by_its_label(
    sandbox: Sandbox, make_hub: Callable[..., Hub], call: Mutation
) -> None:
    hub = make_hub("owner")
    whole = {"uuid": "u", "id": "u", "token_label": "ci", "label": "ci"}
    bodies = ["", "{}", '{"message": "created"}', "[]"]
    values: tuple[Any, ...] = ("", "***", "   ", None, True, ["dckr_pat_x"], {})
    bodies += [json.dumps(whole | {"token": value}) for value in values]
    bodies.append('{"token": "dckr_pat_x"}')  # of no token that could be deleted
    for body in bodies:
        for status in (200, 201, 202, 204):
            sandbox.faults.clear()
            sandbox.faults.add(match=call.build_path(), method="POST", status=status, body=body)
            error = await fail(hub, call)
            assert isinstance(error, UnexpectedAnswer), body
            assert error.may_be_done
            assert f"find it by its label with {call.outcome_tool} and delete it" in error.remedy
            assert "dckr_" not in str(error)


async def test_an_empty_success_of_a_change_is_done(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    for method in WRITES:
        if method.secret_field:
            continue
        call = build_call(method, sandbox)
        for status, kind in ((200, "application/json"), (202, ""), (204, "text/html"), (201, "text/plain")):
            sandbox.faults.clear()
            headers = {"content-type": kind} if kind else {}
            sandbox.faults.add(match=call.build_path(), method=call.http.verb, status=status, headers=headers)
            result = await hub.send(call)
            assert result.done is True, (method.tool_name, status)


async def test_reads_that_are_posts_promise_nothing_about_changes(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    sandbox.faults.add(match="/v1/graphql", drop=True)
    with pytest.raises(ConnectionFailed) as caught:
        await make_hub("owner").send(ListHardenedImages(organization="acme"))
    assert "chang" not in caught.value.remedy


async def test_a_change_after_a_failure_is_found_with_the_named_read(
    sandbox: Sandbox, make_hub: Callable[..., Hub]
) -> None:
    hub = make_hub("owner")
    call = CreateRepository(namespace="acme", name="perhaps")
    sandbox.faults.add(match="/v2/namespaces/acme/repositories", method="POST", truncate=True)
    error = await fail(hub, call)
    assert "check with get_repository" in error.remedy
    assert any(repository.name == "perhaps" for repository in sandbox.state.repositories.values())
    sandbox.faults.add(match="/tags/", method="DELETE", status=200, body="{}")
    error = await fail(hub, DeleteTag(namespace="acme", repository="storefront", tag="latest"))
    assert "check with list_tags" in error.remedy
    assert (await hub.send(GetTag(namespace="acme", repository="storefront", tag="latest"))).name == "latest"
