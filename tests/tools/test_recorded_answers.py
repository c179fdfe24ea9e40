"""Every answer that the real Hub was recorded to give, through every tool that can meet it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.calls import arguments_of
from tests.support.failures import failures_named
from tests.support.fixture_types import QUICK
from tests.support.recorded_hub import (
    RecordedAnswer,
    RecordedHub,
    load_recorded_answers,
    needs_recorded_answers,
)
from tests.support.tool_calls import FakeUser, call, make_context

pytestmark = needs_recorded_answers

SECRET = "sandbox-password-recorded"
PYTHON = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|\{'|\['|<\w+ object|datetime\.|Traceback|Error\(")
"""Python's own notation, which no result may contain."""
NEVER = re.compile(r"\b0?001-01-01|\b1-01-01")
SIGN_IN_TOOLS = {"create_auth_token", "login"}
CHECKS = {"check_repository", "check_tags", "check_tag"}
REPORTS = {"explain_pull": "PARTIAL", "what_can_i_do": "PARTIAL", "pin_images": "not_pinned"}
"""Tools that report what they could not read, where others fail, with the word that they report it with."""


class Read(NamedTuple):
    """A call that reads a recorded answer, and what its result must say."""

    answer: str
    tool: str
    arguments: dict[str, Any]
    facts: tuple[str, ...]


DATASETTE = {"repository": "datasetteproject/datasette"}
SILLYTAVERN = {"repository": "someuser/sillytavern", "page_size": 5}
PHP = {"repository": "library/php", "tag": "8.3.8-fpm-alpine"}
READS = [
    Read(
        "repo-datasette-2026-08.json",
        "get_repository",
        DATASETTE,
        ("datasette", "A tool for exploring and publishing data", "231874", "2025-11-05", "readthedocs"),
    ),
    Read("repo-datasette-2026-08.json", "check_repository", DATASETTE, ("true",)),
    Read(
        "repo-new-2025-08.json",
        "get_repository",
        {"repository": "someaccount/php-demo"},
        ("php-demo", "My repository to store projects for Docker.", "2025-08-01", "66648505", ".*"),
    ),
    Read(
        "repo-httpd-2021.json",
        "get_repository",
        {"repository": "httpd"},
        ("httpd", "The Apache HTTP Server Project", "2242267726", "3318", "2021-01-12", "Maintained by"),
    ),
    Read(
        "repo-frozen-2026-10.json",
        "get_repository",
        {"repository": "someuser/bluebird"},
        ("bluebird", "enabled", ".*"),
    ),
    Read(
        "repos-docker-spec.json",
        "list_repositories",
        {"namespace": "docker", "page_size": 2},
        ("highland_builder", "287", "15722123", "2023-06-20"),
    ),
    Read(
        "repos-mcp-2026-09.json",
        "list_repositories",
        {"namespace": "mcp"},
        ("fetch", "1850541", "2026-07-07", "Fetches a URL"),
    ),
    Read("repos-mcp-2026-09.json", "list_repositories", {"namespace": "mcp", "max_items": 50}, ("fetch",)),
    Read(
        "tags-sillytavern-2025-08.json",
        "list_tags",
        SILLYTAVERN,
        ("stable", "1.13.2", "1.12.14", "32", "2025-07-29", "2025-08-07"),
    ),
    Read("tags-sillytavern-2025-08.json", "check_tags", {"repository": "someuser/sillytavern"}, ("true",)),
    Read(
        "tag-php-2024-07.json",
        "get_tag",
        PHP,
        ("8.3.8-fpm-alpine", "7c3948e54737", "linux/arm/v6", "linux/s390x", "4b04c6262e9d", "2024-06-21"),
    ),
    Read("tag-php-2024-07.json", "check_tag", PHP, ("true",)),
    Read(
        "tags-gcmirrors-2020.json",
        "list_tags",
        {"repository": "gcmirrors/kube-apiserver"},
        ("v1.18.7-rc.0", "2020-07-16", "2020-10-22", "inactive", "amd64"),
    ),
    Read(
        "search-v4-nginx-2026-08.json",
        "search_repositories",
        {"query": "nginx"},
        ("nginx", "official", "Official build of Nginx.", "21347", "2026-08-20", "arm64"),
    ),
    Read(
        "pats-2021.json",
        "list_access_tokens",
        {},
        ("hubtool", "cli", "repo:admin", "2021-10-12", "82d03067-0000-4000-8000-000000000001"),
    ),
    Read(
        "auditlogs-2026-09.json",
        "list_audit_logs",
        {"account": "example-org"},
        ("repo.tag.push", "example-org/example-repo", "example-ci-user", "CI", "2026-01-02", "latest"),
    ),
]
NO_TOOL = {"search-v1-mysql-2022.json": "the search of docker's command line, which no tool sends"}
"""Recorded answers that no tool can meet."""
CREATED = {
    "name": "dockerterraform",
    "label": "debug-oat",
    "description": "debug",
    "expires_at": "2029-12-31T23:59:59Z",
    "resources": [{"type": "TYPE_REPO", "path": "dockerterraform/*", "scopes": ["scope-image-pull"]}],
}


def get_answer(name: str) -> RecordedAnswer:
    return load_recorded_answers()[name]


def is_refusal(answer: RecordedAnswer) -> bool:
    return answer.status >= 400 and not answer.is_refusal_of_sign_in


@asynccontextmanager
async def connect(transport: RecordedHub) -> AsyncIterator[Hub]:
    async with Hub(
        Credentials.from_strings("someuser", SECRET),
        scim_token=StaticSecret("recorded-scim-token"),
        base_url="http://localhost",
        httpx_transport=transport,
        retry_policy=QUICK,
    ) as hub:
        yield hub


async def call_in_both_modes(transport: RecordedHub, tool: str, **arguments: Any) -> list[ToolResult]:
    """Return the results of a call as text and with data beside the text, both checked for what none may say."""
    results = []
    for include_structured in (False, True):
        async with connect(transport) as hub:
            context = make_context(hub, include_structured=include_structured, confirmer=FakeUser())
            result = await call(context, tool, **arguments)
        data = json.dumps(result.structured_content)
        assert result.text
        assert SECRET not in result.text + data
        assert NEVER.search(result.text + data) is None
        results.append(result)
    return results


async def test_recorded_answers_are_read_without_loss() -> None:
    for read in READS:
        with failures_named(f"{read.answer} {read.tool}"):
            transport = RecordedHub([get_answer(read.answer)])
            text, both = await call_in_both_modes(transport, read.tool, **read.arguments)
            for result in (text, both):
                assert not result.is_error, result.text
                assert PYTHON.search(result.text) is None, result.text
            data = json.dumps(both.structured_content)
            for fact in read.facts:
                assert fact in text.text, fact
                assert fact in both.text or fact in data, fact


async def test_all_columns_of_recorded_answers_can_be_selected() -> None:
    for read in READS:
        if read.tool in CHECKS:
            continue
        with failures_named(f"{read.answer} {read.tool}"):
            transport = RecordedHub([get_answer(read.answer)])
            for result in await call_in_both_modes(transport, read.tool, **read.arguments, detail="full"):
                assert not result.is_error, result.text
                assert PYTHON.search(result.text) is None, result.text


async def test_a_new_token_is_shown_once() -> None:
    transport = RecordedHub([get_answer("oat-create-2026-03.json")])
    for result in await call_in_both_modes(transport, "create_org_access_token", **CREATED):
        assert not result.is_error, result.text
        assert result.text.count("dckr_oat_example_not_real_0000") == 1
        assert "dckr_oat" not in json.dumps(result.structured_content)
        for fact in ("debug-oat", "a7a5ef25-8889-43a0-8cc7-f2a94268e861", "2029-12-31", "scope-image-pull"):
            assert fact in result.text, fact


async def test_changes_of_recorded_repositories_are_previewed() -> None:
    frozen, datasette = get_answer("repo-frozen-2026-10.json"), get_answer("repo-datasette-2026-08.json")
    bluebird = {"repository": "someuser/bluebird", "dry_run": True}
    for answer, tool, arguments, facts in (
        (frozen, "update_immutable_tags", bluebird | {"immutable_tags": False}, ("on", "off", ".*")),
        (frozen, "delete_repository", bluebird, ("someuser/bluebird", "231874")),
        (frozen, "set_repository_visibility", bluebird | {"is_private": True}, ("someuser/bluebird",)),
        (datasette, "update_repository", DATASETTE | {"description": "New", "dry_run": True}, ("New",)),
    ):
        # They were recorded without an account; one without rights is refused before anything is asked.
        (refusal, _) = await call_in_both_modes(RecordedHub([answer]), tool, **arguments)
        assert "permission in" in refusal.text
        rights = {"permissions": {"read": True, "write": True, "admin": True}}
        transport = RecordedHub([replace(answer, content=json.dumps(answer.body | rights).encode())])
        for result in await call_in_both_modes(transport, tool, **arguments):
            assert not result.is_error, result.text
            for fact in facts:
                assert fact.replace(",", "") in result.text.replace(",", ""), (tool, fact, result.text)
        assert {line.partition(" ")[0] for line in transport.sent} <= {"GET", "POST"}
        assert all("/v2/auth/token" in line for line in transport.sent if line.startswith("POST"))


@pytest.mark.parametrize(
    "name", [name for name, answer in load_recorded_answers().items() if is_refusal(answer)]
)
async def test_a_recorded_refusal_is_an_error_of_every_tool(sandbox: Sandbox, name: str) -> None:
    answer = get_answer(name)
    for tool, arguments in arguments_of(sandbox).items():
        if tool in SIGN_IN_TOOLS:
            continue
        with failures_named(f"{name} {tool}"):
            for result in await call_in_both_modes(RecordedHub(everywhere=answer), tool, **arguments):
                assert PYTHON.search(result.text) is None, result.text
                # Only a missing object is an answer, and only to the question whether it exists.
                is_missing = answer.status == 404 and not answer.is_page
                is_report = tool in REPORTS and REPORTS[tool] in result.text
                assert result.is_error or is_report or (is_missing and tool in CHECKS), result.text
                assert "<html" not in result.text
                assert "errinfo" not in result.text


@pytest.mark.parametrize(
    "name", [name for name, answer in load_recorded_answers().items() if answer.is_refusal_of_sign_in]
)
async def test_a_recorded_refusal_of_the_sign_in_is_explained(sandbox: Sandbox, name: str) -> None:
    answer = get_answer(name)
    detail = answer.body["detail"]
    for tool, arguments in arguments_of(sandbox).items():
        with failures_named(f"{name} {tool}"):
            for result in await call_in_both_modes(RecordedHub(sign_in=answer), tool, **arguments):
                assert PYTHON.search(result.text) is None, result.text
                assert answer.body.get("login_2fa_token", "no ticket") not in result.text
                if tool in SIGN_IN_TOOLS:
                    assert result.is_error, result.text
                    assert detail in result.text or "code" in result.text, result.text


def test_every_recorded_answer_goes_through_a_tool() -> None:
    read = {read.answer for read in READS} | {"oat-create-2026-03.json"}
    answers = load_recorded_answers()
    refusals = {name for name, answer in answers.items() if answer.status >= 400}
    assert read | refusals | NO_TOOL.keys() == answers.keys()
