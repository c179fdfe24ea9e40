"""Arbitrary arguments change no route, and no output contains a secret."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from dockerhub_mcp.hub import Credentials, Hub, RetryPolicy
from dockerhub_mcp.hub.api.enums import Area, Effect
from dockerhub_mcp.hub.api.marks import LOCAL, has_mark
from dockerhub_mcp.hub.api.method import Method
from dockerhub_mcp.hub.api.mutation import Mutation
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.hub.methods import ALL_METHODS, ListAuditLogActions, ListAuditLogs
from dockerhub_mcp.hub.methods.roles import ProbeRole
from dockerhub_mcp.hub.methods.team_rights import ListTeamRepositories
from dockerhub_mcp.logs import configure_logging
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.mutations.audit_log import AuditLog
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.calls import arguments_of
from tests.support.property_testing import examples
from tests.support.tool_calls import EVERYTHING, call, make_context

SIGN_IN = re.compile(r"/v2/auth/token|/v2/users/login|/v2/users/2fa-login")
NASTY = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "..",
            ".",
            "../../auditlogs/acme",
            "a/b",
            "%2e%2e",
            "x?page=9",
            "x#y",
            "a\r\nX-Evil: 1",
            "\x00",
            "//",
        ]
    ),
)
TOOLS = [m for m in ALL_METHODS if m.tool_name != "complete_2fa_login"]


READS: list[type[Method[Any]]] = [
    *(m for m in ALL_METHODS if m.effect is Effect.READ),
    ListTeamRepositories,
    ProbeRole,
]
READ_AREAS = {Area.ACCOUNT, Area.GROUPS, Area.INVITES, Area.MEMBERS, Area.REPOSITORIES}
"""What the question about a mutation is made from, beside reads of its own area."""


def text_fields(method: type[Method[Any]]) -> list[str]:
    properties = EVERYTHING.find_tool(method.tool_name).input_schema["properties"]
    return [
        n for n, p in properties.items() if p["type"] == "string" and "enum" not in p and "format" not in p
    ]


def shapes(
    method: type[Method[Any]], arguments: dict[str, Any]
) -> list[tuple[str, re.Pattern[str], set[str]]]:
    """Return verb, path pattern and query names of the requests that a call may send."""
    methods = [method]
    if issubclass(method, Mutation):
        # The read before a mutation does not depend on the text of its arguments.
        before = method.model_validate(arguments).current_state_call()
        methods += [type(before)] if before else []
        methods += [each for each in READS if each.area in {method.area, *READ_AREAS}]
    if issubclass(method, ListAuditLogs):  # an action that no event has is looked up
        methods.append(ListAuditLogActions)
    found = []
    for one in methods:
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/?#]+", re.escape(one.http.path_template)) + "/?")
        names = {f.alias or n for n, f in one.model_fields.items() if not has_mark(f, LOCAL)}
        found.append((one.http.verb, pattern, names))
    return found


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AuditLog, Path]]:
    path = tmp_path_factory.mktemp("journal") / "journal"
    opened = AuditLog(path)
    yield opened, path
    opened.close()


@pytest.mark.parametrize("method", [m for m in TOOLS if text_fields(m)], ids=lambda method: method.tool_name)
@examples(12, suppress=tuple(HealthCheck))
@given(data=st.data())
@example(data=None)
async def test_no_argument_changes_the_route_of_a_request(
    method: type[Method[Any]], data: st.DataObject | None
) -> None:
    sandbox = Sandbox(signed_in_limit=None, anonymous_limit=None)
    arguments = arguments_of(sandbox)[method.tool_name]
    allowed = shapes(method, arguments)
    if data is not None:
        name = data.draw(st.sampled_from(text_fields(method)))
        arguments = {**arguments, name: data.draw(NASTY)}
    async with signed_in(sandbox) as hub:
        context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER)
        await call(context, method.tool_name, **arguments)
    for request in sandbox.requests:
        if SIGN_IN.fullmatch(request.path):
            continue
        assert any(
            request.method == verb
            and pattern.fullmatch(request.path)
            and {key for key, _ in parse_qsl(request.query, keep_blank_values=True)} <= names
            for verb, pattern, names in allowed
        ), (request, arguments)
        assert "/../" not in request.path
        assert not request.path.endswith(("/..", "/."))


def signed_in(sandbox: Sandbox, identity: str = "owner") -> Hub:
    whom = sandbox.get_identity(identity)
    return Hub(
        Credentials.from_strings(whom.username, whom.secret),
        scim_token=StaticSecret(sandbox.scim_token),
        base_url="http://localhost",
        httpx_transport=httpx.ASGITransport(app=sandbox.app),
        retry_policy=RetryPolicy(base_delay=0.001),
    )


def secrets_of(sandbox: Sandbox) -> set[str]:
    acme = sandbox.state.organizations["acme"]
    known = {user.password for user in sandbox.state.users.values() if user.password}
    known |= {token.secret for token in sandbox.state.personal_access_tokens}
    known |= {token.secret for token in acme.access_tokens}
    return {secret for secret in known if secret} | {sandbox.scim_token}


@pytest.mark.parametrize("identity", ["owner", "owner-pat", "org-token", "two-factor", "expired-pat"])
async def test_no_tool_returns_a_secret(
    identity: str, journal: tuple[AuditLog, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logged = io.StringIO()
    monkeypatch.setattr("sys.stderr", logged)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    sandbox = Sandbox(signed_in_limit=None, anonymous_limit=None)
    results = []
    try:
        async with signed_in(sandbox, identity) as hub:
            configure_logging("debug", as_json=True, redact=hub.redact)
            context = make_context(
                hub, confirmation_mode=ConfirmationMode.NEVER, audit_log=journal[0], secrets_dir=tmp_path
            )
            for method in TOOLS:
                arguments = arguments_of(Sandbox())[method.tool_name]
                for extra in ({}, {"dry_run": True} if issubclass(method, Mutation) else {"nonsense": "x"}):
                    outcome = await call(context, method.tool_name, **arguments, **extra)
                    results.append(outcome.text + json.dumps(outcome.structured_content))
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.getLogger("dockerhub_mcp").setLevel(logging.NOTSET)
    told = "\n".join([*results, logged.getvalue(), journal[1].read_text("utf-8")])
    assert "hub answered" in told
    for secret in secrets_of(sandbox):
        assert secret not in told, secret
    assert not re.search(r"eyJ[\w-]+\.eyJ", told)
