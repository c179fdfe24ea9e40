"""Kind: a silent zero. Each call would get an empty list from the Hub; it is normalized, refused or explained."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from dockerhub_mcp.hub import Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.sandbox import Sandbox
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import call

DIGEST = "sha256:" + "5f" * 32
Case = tuple[str, dict[str, Any], str]

# fmt: off
NORMALIZED: list[Case] = [
    ("list_tags", {"repository": "Redis", "architecture": "aarch64", "os": "Linux"}, "architecture=arm64&os=linux"),
    ("list_tags", {"repository": "redis", "architecture": "linux/arm64/v8"}, "architecture=arm64&os=linux"),
    ("list_tags", {"repository": "redis", "architecture": "X86_64"}, "architecture=amd64"),
    ("list_tags", {"repository": "LIBRARY/redis", "name": "*alpine*"}, "name=alpine"),
    ("list_tags", {"repository": "redis", "name": "redis:8.2"}, "name=8.2"),
    ("list_tags", {"namespace": "_", "repository": "redis"}, "page=1"),
    ("list_tags", {"namespace": "Acme", "repository": "acme/storefront"}, "page=1"),
    ("list_repositories", {"namespace": "ACME"}, "page=1"),
    ("list_repositories", {"namespace": "https://hub.docker.com/u/acme"}, "page=1"),
    ("list_repositories", {"namespace": "acme", "name": "acme/Store"}, "name=store"),
    ("list_repositories", {"namespace": "acme", "content_types": "Helm Chart"}, "content_types=helm"),
    ("search_repositories", {"query": "curl", "badges": "Hardened"}, "badges=hardened"),
    ("search_repositories", {"query": "redis", "architectures": "linux/x86_64"}, "architectures=amd64&operating_systems=linux"),
    ("search_repositories", {"query": "redis", "architectures": ["aarch64"]}, "architectures=arm64"),
    ("list_org_members", {"org_name": "ACME", "role": "Owner"}, "role=owner"),
    ("list_org_groups", {"org_name": "Acme"}, "page=1"),
    ("list_audit_logs", {"account": "ACME", "action": "REPO.tag.push"}, "action=repo.tag.push"),
    ("scim_list_users", {"filter": "linus@example.com"}, "filter=userName+eq+%22linus%40example.com%22"),
]
REFUSED: list[Case] = [
    ("list_tags", {"repository": "redis", "os": "macos"}, "runs Linux images"),
    ("list_tags", {"repository": "redis", "os": "alpine"}, "filtered by name"),
    ("list_tags", {"repository": "redis", "architecture": "amd64,arm64"}, "takes one value"),
    ("list_tags", {"repository": "redis", "name": DIGEST}, "is a digest"),
    ("list_tags", {"repository": "redis", "name": "(8|9)"}, "is a pattern"),
    ("list_tags", {"repository": "redis", "name": "8.2 alpine"}, "No tag name contains"),
    ("get_tag", {"repository": "redis", "tag": "8.*"}, "one exact tag name (list_tags with name='8'"),
    ("get_tag", {"repository": "redis", "tag": DIGEST}, "compare their digests"),
    ("check_tag", {"repository": "redis", "tag": DIGEST}, "compare their digests"),
    ("list_repositories", {"namespace": "acme/storefront"}, "without repository"),
    ("search_repositories", {"query": "redis", "operating_systems": "darwin"}, "runs Linux images"),
    ("list_audit_logs", {"account": "acme", "from": "2999-01-01"}, "in the future"),
    ("list_audit_logs", {"account": "acme", "from": "2026-02-01", "to": "2026-01-01"}, "From must be before to"),
    ("list_org_members", {"org_name": "acme", "role": "king"}, "'owner', 'editor' or 'member'"),
    ("list_tags", {"repository": "redis", "page_size": 1000}, "at most 100"),
    ("list_tags", {"repository": "redis", "page_size": 0}, "at least 1"),
]
EXPLAINED: list[Case] = [
    ("list_tags", {"repository": "redis", "architecture": "sparc"}, "architecture 'sparc'"),
    ("list_tags", {"repository": "redis", "os": "beos"}, "os 'beos'"),
    ("list_tags", {"repository": "redis", "name": "8.2-Alpine"}, "such as '8.2-alpine'"),
    ("list_tags", {"repository": "redis", "architecture": "sparc", "max_items": 5}, "architecture 'sparc'"),
    ("list_repositories", {"namespace": "nosuchnamespace"}, "no namespace 'nosuchnamespace'"),
    ("list_repositories", {"namespace": "acme", "content_types": "rpm"}, "content_types 'rpm'"),
    ("list_repositories", {"name": "storefront"}, "official images only"),
    ("search_repositories", {"query": "curl", "badges": "gold"}, "badges 'gold'"),
    ("search_repositories", {"query": "curl", "type": "rpm"}, "type 'rpm'"),
    ("search_repositories", {"query": "curl", "architectures": "sparc"}, "architecture 'sparc'"),
    ("search_repositories", {"query": "curl", "categories": "tools"}, "categories takes slugs"),
    ("search_repositories", {"query": "acme/no-such"}, "with get_repository"),
    ("list_audit_logs", {"account": "acme", "action": "delete"}, "or repo.delete or repo.tag.delete"),
    ("list_audit_logs", {"account": "acme", "action": "tag.push"}, "did you mean repo.tag.push"),
    ("list_audit_logs", {"account": "acme", "action": "repo.*"}, "did you mean repo.create or repo.delete"),
    ("list_tags", {"repository": "redis", "name": "9ce30103d879"}, "no tags by digest"),
    ("list_audit_logs", {"account": "acme", "action": "repo.tag.pushed"}, "did you mean repo.tag.push"),
    ("list_audit_logs", {"account": "acme", "name": "storefront"}, "name='acme/storefront'"),
    ("list_audit_logs", {"account": "acme", "actor": "Ada"}, "actor is a Docker ID"),
    ("list_org_members", {"org_name": "acme", "search": "mallory@"}, "type=all includes them"),
    ("list_org_groups", {"org_name": "acme", "username": "zoe"}, "'zoe' is in no group"),
    ("scim_list_users", {"filter": "userName eq 'nouser'"}, "usually the e-mail address"),
]
QUIET: list[Case] = [
    ("list_tags", {"repository": "redis", "name": "8.2", "architecture": "arm64", "os": "linux"}, ""),
    ("list_tags", {"repository": "redis", "name": "no-such-tag"}, ""),
    ("list_tags", {"repository": "redis", "ordering": "newest"}, ""),
    ("list_tags", {"repository": "redis", "ordering": "newest", "page_size": 2}, ""),
    ("list_tags", {"repository": "redis", "ordering": "oldest", "max_items": 300}, ""),
    ("list_repositories", {"namespace": "acme", "ordering": "most_pulled"}, ""),
    ("search_repositories", {"query": "redis", "sort": "pull_count", "order": "desc"}, ""),
    ("list_org_members", {"org_name": "acme", "role": "owner"}, ""),
    ("list_audit_logs", {"account": "acme", "action": "repo.tag.push"}, ""),
    ("list_audit_logs", {"account": "acme", "action": "billing.plan.upgrade"}, ""),
    ("get_organization", {"org_name": "acme"}, ""),
]
# fmt: on


def make_scim_hub(sandbox: Sandbox, make_hub: MakeHub) -> Hub:
    return make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))


async def test_values_in_another_spelling_are_sent_in_the_hubs(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    for name, arguments, sent in NORMALIZED:
        outcome = await call(hub, name, **arguments)
        assert not outcome.is_error, (name, arguments, outcome.text)
        assert "Note:" not in outcome.text, (name, arguments, outcome.text)
        assert not outcome.text.startswith("0 "), (name, arguments, outcome.text)
        assert sent in sandbox.requests[-1].query, (name, arguments, sandbox.requests[-1].query)


async def test_values_that_nothing_can_match_are_refused_unsent(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_hub()
    for name, arguments, message in REFUSED:
        outcome = await call(hub, name, **arguments)
        assert outcome.is_error, (name, arguments)
        assert message in outcome.text, (name, arguments, outcome.text)
        assert len(outcome.text) < 350, outcome.text
    assert sandbox.requests == []


async def test_empty_lists_name_the_filter_that_may_be_wrong(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    for name, arguments, message in EXPLAINED:
        outcome = await call(hub, name, **arguments)
        assert not outcome.is_error, (name, arguments, outcome.text)
        notes = [line for line in outcome.text.split("\n") if line.startswith("Note:")]
        assert any(message in note for note in notes), (name, arguments, outcome.text)
        data = outcome.structured_content or {}
        assert (data.get("results") or data.get("Resources") or []) == [], (name, arguments)


async def test_ordinary_calls_get_no_note(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    for name, arguments, _ in QUIET:
        outcome = await call(hub, name, **arguments)
        assert not outcome.is_error, (name, arguments, outcome.text)
        assert "Note:" not in outcome.text, (name, arguments, outcome.text)


async def test_a_later_empty_page_is_not_explained_by_the_filters(make_hub: MakeHub) -> None:
    outcome = await call(make_hub("owner"), "list_audit_logs", account="acme", action="delete", page=9)
    assert "Note:" not in outcome.text


async def test_the_actions_are_only_read_where_none_matches(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    await call(hub, "list_audit_logs", account="acme", action="repo.tag.push")
    assert not any(request.path.endswith("/actions") for request in sandbox.requests)
    sandbox.faults.add(match="/actions", status=403, body='{"message": "forbidden", "errinfo": {}}')
    outcome = await call(hub, "list_audit_logs", account="acme", action="delete")
    assert not outcome.is_error
    assert "Note:" not in outcome.text


async def test_actions_are_listed_as_the_filter_takes_them(make_hub: MakeHub) -> None:
    outcome = await call(make_hub("owner"), "list_audit_log_actions", account="acme")
    assert "\nrepo.tag.push | " in outcome.text
    listed = (outcome.structured_content or {})["actions"]["repo"]["actions"]
    assert "repo.tag.push" in [action["action"] for action in listed]
    found = await call(
        make_hub("owner"), "list_audit_logs", account="acme", action="repo.tag.push", page_size=1
    )
    assert found.text.startswith("1 item")


async def test_a_name_with_the_group_is_not_given_it_twice(sandbox: Sandbox, make_hub: MakeHub) -> None:
    body = {
        "actions": {"repo": {"label": "Repository", "actions": [{"name": "repo.create"}, {"name": None}]}}
    }
    sandbox.faults.add(match="/actions", status=200, body=json.dumps(body))
    outcome = await call(make_hub("owner"), "list_audit_log_actions", account="acme")
    assert "repo.create" in outcome.text
    assert "repo.repo" not in outcome.text


async def test_a_user_found_as_an_organization_is_called_a_user(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "get_organization", org_name="Grace")
    assert "Note: grace is a user, not an organization." in outcome.text


async def test_an_ignored_order_is_reported(sandbox: Sandbox, make_hub: MakeHub) -> None:
    rows = [{"name": name, "pull_count": count} for name, count in (("a", 5), ("b", 90), ("c", 7), ("d", 50))]
    for arguments in ({"ordering": "most_pulled"}, {"ordering": "least_pulled", "max_items": 100}):
        sandbox.faults.clear()
        sandbox.faults.add(status=200, body=json.dumps({"count": 4, "next": None, "results": rows}))
        outcome = await call(make_hub(), "list_repositories", namespace="acme", **arguments)
        words = f"not order the list as asked (ordering={arguments['ordering']}); this is the whole list."
        assert words in outcome.text
    rows = [{"name": str(count), "raw_pull_count": count} for count in (5, 90, 7)]
    sandbox.faults.clear()
    sandbox.faults.add(status=200, body=json.dumps({"total": 3, "results": rows}))
    outcome = await call(make_hub(), "search_repositories", query="x", sort="pull_count", order="asc")
    assert "did not sort the results as asked (sort=pull_count, order=asc)" in outcome.text


IGNORED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "list_repositories",
        {"namespace": "acme", "content_types": "helm"},
        {"name": "api", "content_types": ["image"]},
        "content_types='helm': 1 of 2",
    ),
    (
        "search_repositories",
        {"query": "acme", "badges": "verified"},
        {"id": "a/b", "badge": "none"},
        "badges='verified_publisher': 1 of 2",
    ),
    (
        "search_repositories",
        {"query": "acme", "type": "Charts"},
        {"id": "a/b", "type": "image"},
        "type='helm': 1 of 2",
    ),
    ("list_tags", {"repository": "redis", "name": "8.2"}, {"name": "7"}, "name='8.2': 1 of 2"),
    (
        "list_tags",
        {"repository": "redis", "architecture": "aarch64"},
        {"name": "8", "images": [{"architecture": "amd64", "os": "linux"}]},
        "architecture='arm64': 1 of 2",
    ),
    (
        "list_tags",
        {"repository": "redis", "os": "win", "max_items": 9},
        {"name": "8", "images": [{"architecture": "amd64", "os": "linux"}]},
        "os='windows': 1 of 2",
    ),
    ("list_repositories", {"namespace": "acme", "name": "store"}, {"name": "api"}, "name='store': 1 of 2"),
    (
        "list_org_members",
        {"org_name": "acme", "role": "owner"},
        {"username": "bo", "role": "Member"},
        "role='owner'",
    ),
    (
        "list_audit_logs",
        {"account": "acme", "action": "repo.create"},
        {"action": "repo.delete"},
        "action='repo.create'",
    ),
]


async def test_a_filter_that_the_hub_ignored_is_reported(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    await hub.sign_in()
    for name, arguments, wrong, message in IGNORED:
        right = {
            "name": "8.2 store",
            "images": [],
            "username": "ada",
            "role": "Owner",
            "action": "repo.create",
        }
        sandbox.faults.clear()
        sandbox.faults.add(
            match="redis" if "redis" in arguments.values() else "acme",
            status=200,
            body=json.dumps({"count": 2, "next": None, "results": [right, wrong]}),
        )
        outcome = await call(hub, name, **arguments)
        assert f"Note: The Hub did not apply {message}" in outcome.text, (name, arguments, outcome.text)


async def test_searches_and_scim_names_may_be_written_loosely(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    for name, arguments, sent in (
        ("list_org_members", {"org_name": "acme", "search": "*margaret*"}, "search=margaret"),
        ("list_org_groups", {"org_name": "acme", "username": "@Ada"}, "username=ada"),
        ("list_org_groups", {"org_name": "acme", "search": "plat*"}, "search=plat"),
        (
            "list_org_group_members",
            {"org_name": "acme", "group_name": "owners", "search": "@ada"},
            "search=ada",
        ),
        ("list_audit_logs", {"account": "acme", "actor": "@linus"}, "actor=linus"),
    ):
        outcome = await call(hub, name, **arguments)
        assert not outcome.text.startswith("0 "), (name, arguments, outcome.text)
        assert sent in sandbox.requests[-1].query, (name, arguments)
    for name, arguments, path in (
        ("scim_get_resource_type", {"name": "users"}, "/ResourceTypes/User"),
        ("scim_get_schema", {"id": "User"}, "core:2.0:User"),
    ):
        outcome = await call(hub, name, **arguments)
        assert not outcome.is_error, outcome.text
        assert unquote(sandbox.requests[-1].path).endswith(path)


async def test_a_page_of_equal_values_proves_no_order(sandbox: Sandbox, make_hub: MakeHub) -> None:
    rows = [{"name": name, "pull_count": 0} for name in "abc"]
    body = {"count": 9, "next": "http://localhost/?page=2", "results": rows}
    sandbox.faults.add(status=200, body=json.dumps(body))
    outcome = await call(
        make_hub(), "list_repositories", namespace="acme", ordering="most_pulled", page_size=3
    )
    assert "nothing shows that the Hub followed ordering=most_pulled" in outcome.text
    assert len(sandbox.requests) == 1


async def test_an_order_without_a_field_to_sort_by_is_noted(sandbox: Sandbox, make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "search_repositories", query="redis", order="asc")
    assert "order has no effect without sort" in outcome.text
    outcome = await call(make_scim_hub(sandbox, make_hub), "scim_list_users", sortOrder="desc")
    assert "sortOrder has no effect without sortBy" in outcome.text


async def test_a_tag_may_be_given_with_its_repository(sandbox: Sandbox, make_hub: MakeHub) -> None:
    for tag in ("redis:8.2", "library/redis:8.2", ":8.2", "Redis:8.2"):
        assert "exists: true" in (await call(make_hub(), "check_tag", repository="redis", tag=tag)).text, tag
        assert sandbox.requests[-1].path.endswith("/tags/8.2")
    outcome = await call(make_hub(), "check_tag", repository="redis", tag="Latest")
    assert "exists: false" in outcome.text
    assert "case-sensitive" in outcome.text
    sent = len(sandbox.requests)
    outcome = await call(make_hub(), "check_tag", repository="redis", tag="nginx:8.2")
    assert "Tag says repository 'nginx', but repository is 'redis'" in outcome.text
    assert len(sandbox.requests) == sent


async def test_long_values_are_not_repeated_in_full(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    long = "x\nNote: y " * 50
    for name, arguments in (
        ("list_tags", {"repository": "redis", "os": long}),
        ("list_tags", {"repository": "redis", "architecture": long}),
        ("list_tags", {"repository": "redis", "architecture": f"arm/{long}"}),
        ("list_tags", {"repository": "redis", "name": "A" * 5_000}),
        ("list_tags", {"repository": "redis", "name": "a" * 5_000 + "*"}),
        ("list_tags", {"repository": "redis", "name": "[" * 5_000}),
        ("list_repositories", {"namespace": "x\nNote: y " * 20}),
        ("list_repositories", {"namespace": "acme", "content_types": long}),
        ("search_repositories", {"query": "redis", "badges": long, "architectures": long}),
        ("list_audit_logs", {"account": "acme", "action": long}),
        ("list_audit_logs", {"account": "acme", "name": long}),
        ("list_org_groups", {"org_name": "acme", "username": long}),
    ):
        outcome = await call(hub, name, **arguments)
        notes = [line for line in outcome.text.split("\n") if line.startswith("Note:")]
        assert notes or outcome.is_error, (name, arguments)
        assert max(map(len, notes or [outcome.text])) < 350, (name, outcome.text)
        assert not any(note.startswith("Note: y") for note in notes), outcome.text


async def test_a_wildcard_matches_every_tag(sandbox: Sandbox, make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "list_tags", repository="redis", name="*")
    assert "Note:" not in outcome.text
    assert "name=" not in sandbox.requests[-1].query


async def test_a_file_pattern_as_a_rule_for_tags_is_explained(make_hub: MakeHub) -> None:
    outcome = await call(
        make_hub("owner"), "verify_immutable_tags", repository="acme/storefront", regex="zz*9"
    )
    assert "written .*" in outcome.text


async def test_a_start_behind_the_end_is_said_once(sandbox: Sandbox, make_hub: MakeHub) -> None:
    hub = make_scim_hub(sandbox, make_hub)
    for name, arguments in (
        ("search_repositories", {"query": "redis", "from": 5000}),
        ("scim_list_users", {"startIndex": 5000}),
    ):
        outcome = await call(hub, name, **arguments)
        assert outcome.text.count("past the end") == 1, outcome.text


async def test_an_object_without_values_is_not_called_empty(sandbox: Sandbox, make_hub: MakeHub) -> None:
    """It says what the Hub sent, and nothing about the settings or the actions themselves."""
    for name, arguments, match, body in (
        ("list_audit_log_actions", {"account": "acme"}, "/actions", '{"actions": {}}'),
        ("list_audit_log_actions", {"account": "acme"}, "/actions", '{"actions": null}'),
        ("get_org_settings", {"name": "acme"}, "/settings", '{"restricted_images": {"enabled": null}}'),
    ):
        sandbox.faults.clear()
        sandbox.faults.add(match=match, status=200, body=body)
        outcome = await call(make_hub("owner"), name, **arguments)
        assert outcome.text == "The Hub sent no values.", outcome.text
