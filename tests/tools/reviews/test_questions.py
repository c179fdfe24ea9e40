"""Questions on access, tokens and storage, answered from the text of one call each as an agent reads it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Sandbox
from dockerhub_mcp.sandbox.state import OrganizationRecord, RepositoryRecord
from tests.support.fixture_types import MakeHub
from tests.support.result_text import parse_table
from tests.support.tool_calls import call

DAY = 86_400
ACME = {"org_name": "acme"}


def read_table(text: str, title: str) -> list[dict[str, str]]:
    """Return the rows of a table in the text of a result, with the values that all rows share."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(f"{title} (")), None)
    if start is None:
        return []
    count = int(lines[start].partition("(")[2].partition(")")[0])
    table = parse_table(lines[start + 1 :], count)
    return [table.common | row for row in table.rows]


def find_names(text: str, finding: str) -> set[str]:
    rows = read_table(text, "attention")
    return {name for row in rows if row["finding"].startswith(finding) for name in row["names"].split()}


def acme_of(sandbox: Sandbox) -> OrganizationRecord:
    return sandbox.state.organizations["acme"]


def records_of(sandbox: Sandbox, namespace: str) -> list[RepositoryRecord]:
    return [each for (owner, _), each in sandbox.state.repositories.items() if owner == namespace]


def idle_owners(sandbox: Sandbox) -> set[str]:
    limit = time.time() - 90 * DAY
    return {
        each.username
        for each in acme_of(sandbox).members
        if each.role == "Owner" and (each.last_logged_in_at is None or each.last_logged_in_at < limit)
    }


def writers(sandbox: Sandbox, repository: str) -> set[str]:
    acme, record = acme_of(sandbox), sandbox.state.repositories["acme", repository]
    teams = {team for team, permission in record.permissions.items() if permission in {"write", "admin"}}
    in_teams = {name for group in acme.groups if group.name in teams for name in group.members}
    return in_teams | {each.username for each in acme.members if each.role in {"Owner", "Editor"}}


def writable(sandbox: Sandbox, username: str) -> set[str]:
    return {each.name for each in records_of(sandbox, "acme") if username in writers(sandbox, each.name)}


def _format_time(timestamp: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp))


def _days_ago(days: int) -> str:
    return _format_time(time.time() - days * DAY)


Question = tuple[str, str, dict[str, Any], Callable[[str], set[str]], Callable[[Sandbox], set[str]]]

QUESTIONS: list[Question] = [
    (
        "which tokens of acme were not used for 90 days or never expire",
        "review_tokens",
        ACME,
        lambda text: {
            row["label"].strip('"')
            for row in read_table(text, "tokens")
            if "never" in row["attention"] or "not used for" in row["attention"]
        },
        lambda sandbox: {
            each.label
            for each in acme_of(sandbox).access_tokens
            if each.is_active
            and (each.expires_at is None or each.expires_at > time.time())
            and (each.expires_at is None or (each.last_used_at or 0) < time.time() - 90 * DAY)
        },
    ),
    (
        "which owners have not logged in for 90 days",
        "review_access",
        ACME,
        lambda text: find_names(text, "owners without a login"),
        idle_owners,
    ),
    (
        "which teams can write acme/storefront",
        "review_access",
        {**ACME, "repository": "storefront"},
        lambda text: {
            row["team"] for row in read_table(text, "teams") if row["permission"] in {"write", "admin"}
        },
        lambda sandbox: {
            team
            for team, permission in sandbox.state.repositories["acme", "storefront"].permissions.items()
            if permission != "read"
        },
    ),
    (
        "which people can push to acme/storefront",
        "review_access",
        {**ACME, "repository": "storefront"},
        lambda text: {
            row["username"] for row in read_table(text, "people") if row["permission"] in {"write", "admin"}
        },
        lambda sandbox: writers(sandbox, "storefront"),
    ),
    (
        "which repositories may linus write",
        "review_access",
        {**ACME, "username": "linus"},
        lambda text: {
            row["repository"]
            for row in read_table(text, "permissions")
            if row["permission"] in {"write", "admin"}
        },
        lambda sandbox: writable(sandbox, "linus"),
    ),
    (
        "which invitations are older than 30 days, with the ids to resend or cancel them",
        "review_access",
        ACME,
        lambda text: {
            row["id"]
            for row in read_table(text, "invitations")
            if row["invitee"] in find_names(text, "invitations open for more than 30 days")
        },
        lambda sandbox: {
            each.id for each in acme_of(sandbox).invitees if each.invited_at < time.time() - 30 * DAY
        },
    ),
    (
        "which are the ten largest repositories of bigcorp",
        "list_repositories",
        {"namespace": "bigcorp", "ordering": "largest", "page_size": 10},
        lambda text: set(text.split("storage_size\n")[1].replace(" | ", "\n").split("\n")[::6][:10]),
        lambda sandbox: {
            each.name
            for each in sorted(records_of(sandbox, "bigcorp"), key=lambda each: -(each.storage_size or 0))[
                :10
            ]
        },
    ),
    (
        "which repositories of bigcorp were not updated for a year",
        "summarize_repositories",
        {"namespace": "bigcorp"},
        lambda text: {row["repository"] for row in read_table(text, "not_updated_for_a_year")},
        lambda sandbox: {
            each.name for each in records_of(sandbox, "bigcorp") if each.updated_at < time.time() - 365 * DAY
        },
    ),
    (
        "how many repositories of bigcorp have no description",
        "summarize_repositories",
        {"namespace": "bigcorp"},
        lambda text: {text.partition("undescribed_count: ")[2].split()[0]},
        lambda sandbox: {str(sum(not each.description for each in records_of(sandbox, "bigcorp")))},
    ),
    (
        "what happened in acme in the last week",
        "list_audit_logs",
        {"account": "acme", "from": _days_ago(7), "max_items": 1_000},
        lambda text: {
            line.partition(" | ")[0] for line in text.splitlines() if re.match(r"\d{4}-.*\| ", line)
        },
        lambda sandbox: {
            _format_time(each.timestamp)
            for each in sandbox.state.audit_events
            if each.account == "acme" and each.timestamp >= time.time() - 7 * DAY
        },
    ),
    (
        "which repositories lose a writer or reader if margaret leaves",
        "review_access",
        {**ACME, "username": "margaret"},
        lambda text: {row["repository"] for row in read_table(text, "permissions")},
        lambda sandbox: {
            each.name
            for each in records_of(sandbox, "acme")
            for group in acme_of(sandbox).groups
            if "margaret" in group.members and group.name in each.permissions
        },
    ),
    (
        "who is in the team developers",
        "review_access",
        ACME,
        lambda text: {
            row["username"] for row in read_table(text, "people") if "developers" in row["teams"].split()
        },
        lambda sandbox: {
            name for each in acme_of(sandbox).groups if each.name == "developers" for name in each.members
        },
    ),
    (
        "which guests are there",
        "review_access",
        ACME,
        lambda text: find_names(text, "guests"),
        lambda sandbox: {each.username for each in acme_of(sandbox).members if each.is_guest},
    ),
    (
        "which repositories can everyone pull",
        "review_access",
        ACME,
        lambda text: find_names(text, "public repositories"),
        lambda sandbox: {each.name for each in records_of(sandbox, "acme") if not each.is_private},
    ),
    (
        "which teams administer which repositories",
        "review_access",
        ACME,
        lambda text: {
            f"{row['team']} {name}"
            for row in read_table(text, "teams")
            for name in row.get("admin", "").split()
        },
        lambda sandbox: {
            f"{team} {each.name}"
            for each in records_of(sandbox, "acme")
            for team, permission in each.permissions.items()
            if permission == "admin"
        },
    ),
    (
        "which tokens of acme expire within 30 days",
        "review_tokens",
        ACME,
        lambda text: {
            row["label"].strip('"') for row in read_table(text, "tokens") if "expires on" in row["attention"]
        },
        lambda sandbox: {
            each.label
            for each in acme_of(sandbox).access_tokens
            if each.expires_at and 0 < each.expires_at - time.time() <= 30 * DAY
        },
    ),
    (
        "which tokens of acme did ada create",
        "review_tokens",
        ACME,
        lambda text: {
            row["label"].strip('"') for row in read_table(text, "tokens") if row["created_by"] == "ada"
        },
        lambda sandbox: {each.label for each in acme_of(sandbox).access_tokens if each.created_by == "ada"},
    ),
    (
        "how much storage does acme use",
        "summarize_repositories",
        {"namespace": "acme"},
        lambda text: {text.partition("storage: ")[2].split()[0]},
        lambda sandbox: {str(sum(each.storage_size or 0 for each in records_of(sandbox, "acme")))},
    ),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "read", "expected"),
    [each[1:] for each in QUESTIONS],
    ids=[each[0] for each in QUESTIONS],
)
@pytest.mark.parametrize("changed", [False, True])
async def test_one_call_answers_the_question(
    make_hub: MakeHub,
    sandbox: Sandbox,
    tool: str,
    arguments: dict[str, Any],
    read: Callable[[str], set[str]],
    expected: Callable[[Sandbox], set[str]],
    changed: bool,
) -> None:
    if changed:  # what the sample data has no example of
        acme = acme_of(sandbox)
        acme.assign_role(next(each for each in acme.members if each.username == "radia"), "Owner")
        records_of(sandbox, "bigcorp")[7].description = ""
    found = await call(make_hub("owner"), tool, **arguments)
    assert not found.is_error, found.text
    assert read(found.text) == expected(sandbox), found.text
