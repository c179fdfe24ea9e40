from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.hub import Credentials, Hub
from dockerhub_mcp.hub.auth.secret_sources import StaticSecret
from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.tools.call import call_tool
from dockerhub_mcp.tools.catalog.all_tools import ALL_TOOLS
from dockerhub_mcp.tools.catalog.registry import Registry, UnknownNameError
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.result_text import parse_result
from tests.support.tool_calls import EVERYTHING, make_context


async def call(hub: Hub, name: str, registry: Registry = EVERYTHING, /, **arguments: Any) -> ToolResult:
    context = make_context(hub, confirmation_mode=ConfirmationMode.NEVER)
    return await call_tool(registry, context, name, arguments)


NEED_ANOTHER_CALL = {"complete_2fa_login", "apply_tag_cleanup"}


@pytest.mark.parametrize("name", [tool.name for tool in ALL_TOOLS if tool.name not in NEED_ANOTHER_CALL])
async def test_every_tool_answers_in_the_shape_that_it_published(
    make_hub: MakeHub, sandbox: Sandbox, name: str
) -> None:
    hub = make_hub("owner", scim_token=StaticSecret(sandbox.scim_token))
    outcome = await call(hub, name, **arguments_of(sandbox)[name])
    assert not outcome.is_error, outcome.text
    assert outcome.structured_content
    schema = EVERYTHING.find_tool(name).output_schema
    closed = json.loads(json.dumps(schema))
    close(closed)
    Draft202012Validator(closed).validate(outcome.structured_content)
    cells = outcome.structured_content.pop("rows", None)  # an export, in which empty cells are values
    assert (cells is not None) is (name == "export_org_members")
    for value in leaves(outcome.structured_content):
        assert value not in (None, ""), outcome.structured_content


def close(schema: dict[str, Any]) -> None:
    """Forbid additional properties in a schema."""
    if "properties" in schema:
        schema["additionalProperties"] = False
        for part in schema["properties"].values():
            close(part)
    if "items" in schema:
        close(schema["items"])


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [value]


async def test_the_text_says_the_same_as_the_data(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    tag = await call(hub, "get_tag", repository="redis:8.2")
    assert tag.structured_content
    assert f"digest: {tag.structured_content['digest']}" in tag.text
    for image in tag.structured_content["images"]:
        assert f"{image['platform']} | {image['digest'].removeprefix('sha256:')} | " in tag.text
    listed = await call(hub, "list_tags", repository="redis", page_size=12)
    assert listed.structured_content
    items = listed.structured_content["results"]
    parsed = parse_result(listed.text)
    total = listed.structured_content["count"]
    assert parsed.head == f"12 of {total} items, from page 1. Go on with page=2, page_size=12."
    table = parsed.table
    assert table.of("name") == [item["name"] for item in items]
    assert table.of("digest") == [item["digest"].removeprefix("sha256:")[:12] for item in items]
    assert table.of("last_updated") == [item["last_updated"][:10] for item in items]
    for cell, item in zip(table.of("platforms"), items, strict=True):
        assert cell.split(" ") == [platform.removeprefix("linux/") for platform in item["platforms"]]


async def test_a_tag_shows_the_digest_and_its_platforms_but_no_attestations(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "get_tag", repository="redis:8.2")
    assert outcome.structured_content
    assert outcome.structured_content["digest"].startswith("sha256:")
    platforms = [image["platform"] for image in outcome.structured_content["images"]]
    assert "linux/arm64/v8" in platforms
    assert not any("unknown" in platform for platform in platforms)


async def test_a_list_states_its_end(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    whole = await call(hub, "list_org_groups", org_name="acme", page_size=100)
    assert "This is the end of the list." in whole.text
    none = await call(hub, "list_tags", repository="redis", name="no-such-thing")
    assert "Nothing matches." in none.text
    assert none.structured_content == {"results": [], "page": 1, "page_size": 25, "count": 0}


async def test_pagination_reads_several_pages_and_reports_progress(make_hub: MakeHub) -> None:
    seen: list[tuple[int, int | None]] = []

    async def report(done: int, total: int | None) -> None:
        seen.append((done, total))

    hub = make_hub("owner")
    arguments = {"repository": "redis", "max_items": 250}
    outcome = await call_tool(EVERYTHING, make_context(hub, on_progress=report), "list_tags", arguments)
    assert outcome.structured_content
    assert len({tag["name"] for tag in outcome.structured_content["results"]}) == 250
    assert [done for done, _ in seen] == [100, 200, 250]
    # Pagination used pages of 100; a page of 50 begins right behind item 250, so that no item is repeated.
    assert (outcome.structured_content["next_page"], outcome.structured_content["page_size"]) == (6, 50)


async def test_interrupted_pagination_returns_the_items_read_so_far(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    sandbox.faults.rules.append(Fault(match="page=6", status=500, body="<html>broken</html>"))
    outcome = await call(make_hub("owner"), "list_tags", repository="redis", max_items=2600, fields=["name"])
    assert not outcome.is_error
    assert outcome.structured_content
    assert len(outcome.structured_content["results"]) == 500
    assert "with 500 and a web page (" in outcome.structured_content["partial"]
    assert "PARTIAL, the list is cut short" in outcome.text
    assert outcome.structured_content["next_page"] == 6


async def test_the_anonymous_page_limit_returns_a_partial_list(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "list_tags", repository="redis", max_items=2600, fields=["name"])
    assert outcome.structured_content
    assert len(outcome.structured_content["results"]) == 1000
    assert "Sign in to read on" in outcome.structured_content["partial"]


async def test_a_disabled_tool_is_refused_before_any_request(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub("owner")
    outcome = await call(hub, "create_repository", Registry(), namespace="acme", name="surprise")
    assert outcome.is_error
    assert "--access write" in outcome.text
    assert not sandbox.requests


async def test_an_unknown_tool_is_an_exception(make_hub: MakeHub) -> None:
    with pytest.raises(UnknownNameError, match="did you mean get_tag"):
        await call(make_hub(), "gettag")


async def test_invalid_credentials_leave_public_results_with_a_note(
    make_hub: MakeHub, sandbox: Sandbox
) -> None:
    hub = make_hub(credentials=Credentials.from_strings("ada", "dckr_pat_wrong"))
    public = await call(hub, "get_tag", repository="redis:8.2")
    assert not public.is_error
    assert "Answered as for an anonymous caller. Docker Hub refused to sign in ada" in public.text
    private = await call(hub, "list_org_members", org_name="acme")
    assert private.is_error
    assert "refused to sign in ada with this personal access token" in private.text
    assert sandbox.login_count == 1


async def test_an_anonymous_client_learns_how_to_sign_in(make_hub: MakeHub, sandbox: Sandbox) -> None:
    outcome = await call(make_hub(), "list_access_tokens")
    assert outcome.is_error
    assert "DOCKERHUB_USERNAME and DOCKERHUB_TOKEN" in outcome.text
    assert not sandbox.requests


async def test_signing_in_shows_the_account_and_no_secret(make_hub: MakeHub, sandbox: Sandbox) -> None:
    hub = make_hub()
    outcome = await call(
        hub, "create_auth_token", identifier="ada", secret=sandbox.get_identity("owner-pat").secret
    )
    assert outcome.structured_content
    assert outcome.structured_content["username"] == "ada"
    assert outcome.structured_content["kind"] == "personal access token"
    assert "repo:admin" in outcome.structured_content["scopes"]
    assert set(outcome.structured_content) <= {
        "signed_in",
        "username",
        "kind",
        "scopes",
        "expires_at",
        "message",
    }
    assert "dckr_pat" not in outcome.text
    assert "eyJ" not in outcome.text


async def test_two_factor_login_in_two_calls(make_hub: MakeHub) -> None:
    hub = make_hub("two-factor")
    first = await call(hub, "create_auth_token")
    assert first.is_error
    assert "complete_2fa_login" in first.text
    second = await call(hub, "complete_2fa_login", code="012345")
    assert second.structured_content
    assert second.structured_content["username"] == "grace"
    for outcome in (first, second):
        assert "012345" not in outcome.text
        assert "eyJ" not in outcome.text


async def test_the_hubs_error_message_contains_no_secret(make_hub: MakeHub, sandbox: Sandbox) -> None:
    secret = sandbox.get_identity("owner").secret
    body = json.dumps({"message": f"bad {secret} and dckr_pat_abcdef"})
    sandbox.faults.rules.append(Fault(match="/tags/", status=400, body=body))
    outcome = await call(make_hub("owner"), "get_tag", repository="redis:8.2")
    assert not outcome.is_error or secret not in outcome.text
    assert outcome.is_error
    assert 'The Hub said: "bad *** and ***"' in outcome.text


async def test_an_html_page_does_not_reach_the_agent(make_hub: MakeHub, sandbox: Sandbox) -> None:
    html = f"<html><head><title>Sign in to Wi-Fi</title></head><body>{'x' * 20_000}</body></html>"
    sandbox.faults.rules.append(Fault(match="/tags", status=403, body=html, content_type="text/html"))
    outcome = await call(make_hub(), "list_tags", repository="redis")
    assert outcome.is_error
    assert "Sign in to Wi-Fi" in outcome.text
    assert len(outcome.text) < 1000


async def test_a_negative_existence_check_explains_what_it_means(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "check_repository", repository="acme/storefront")
    assert outcome.structured_content == {"exists": False}
    assert "private and not visible to an anonymous caller" in outcome.text


async def test_an_error_of_the_hub_is_not_mistaken_for_absence(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for status in (401, 429, 500):
        sandbox.faults.rules[:] = [Fault(match="/redis", status=status)]
        outcome = await call(make_hub(), "check_repository", repository="redis")
        assert outcome.is_error
        assert "exist" not in outcome.text


async def test_template_placeholders_in_text_are_left_alone(make_hub: MakeHub, sandbox: Sandbox) -> None:
    odd = "$$ $& $` $' {0} %s \\1 ${x} response"
    sandbox.state.repositories["acme", "base-images"].full_description = odd
    outcome = await call(make_hub(), "get_repository", repository="acme/base-images")
    assert outcome.structured_content
    assert outcome.structured_content["full_description"] == odd
    assert outcome.text.splitlines()[-3:] == [
        f"> {odd}",
        f"Today: {datetime.now(UTC):%Y-%m-%d}",
        "On the Hub: https://hub.docker.com/r/acme/base-images",
    ]


@pytest.mark.parametrize(("given", "kept"), [(None, ""), ("", ""), ("Words", "Words")])
async def test_null_counts_as_omitted_and_is_never_sent(
    make_hub: MakeHub, sandbox: Sandbox, given: str | None, kept: str
) -> None:
    hub = make_hub("owner")
    outcome = await call(hub, "create_repository", name="acme/new-one", description=given, is_private=None)
    assert not outcome.is_error, outcome.text
    made = sandbox.state.repositories["acme", "new-one"]
    assert (made.description, made.is_private) == (kept, False)


async def test_unknown_enumeration_values_are_accepted(make_hub: MakeHub, sandbox: Sandbox) -> None:
    for fault in (Fault(unknown_words=True, match="/v2/n"), Fault(nulls=True, match="/v2/n")):
        sandbox.faults.rules[:] = [fault]
        for name, arguments in (
            ("list_tags", {"repository": "redis"}),
            ("get_tag", {"repository": "redis:8.2"}),
            ("list_repositories", {"namespace": "acme"}),
            ("get_repository", {"repository": "redis"}),
        ):
            outcome = await call(make_hub(), name, **arguments)
            assert not outcome.is_error, outcome.text
            assert (
                "redis" in outcome.text
                or "8.2" in outcome.text
                or "storefront" in outcome.text
                or outcome.structured_content
            )


async def test_a_null_in_a_list_is_skipped(make_hub: MakeHub, sandbox: Sandbox) -> None:
    sandbox.state.repositories["acme", "docs"].content_types = ("image", None)  # type: ignore[assignment]
    outcome = await call(make_hub(), "get_repository", repository="acme/docs")
    assert (outcome.structured_content or {})["content_types"] == ["image"]


async def test_null_is_shown_as_never_where_it_means_that(make_hub: MakeHub) -> None:
    listed = (await call(make_hub("owner"), "list_access_tokens", page_size=100)).structured_content or {}
    assert any(token["last_used"] == "never" for token in listed["results"])
    assert all("expires_at" in token for token in listed["results"])


async def test_a_day_is_the_whole_day_and_time_runs_forward(make_hub: MakeHub) -> None:
    hub = make_hub("owner")
    newest = ((await call(hub, "list_audit_logs", account="acme", page_size=1)).structured_content or {})[
        "results"
    ][0]
    day = newest["timestamp"][:10]
    found = await call(hub, "list_audit_logs", account="acme", **{"from": day, "to": day})
    assert newest in (found.structured_content or {})["results"]
    assert "taken to its end" in found.text
    backwards = await call(
        hub, "list_audit_logs", account="acme", **{"from": "2026-02-01T00:00:00Z", "to": "2026-01-01"}
    )
    assert "From must be before to" in backwards.text


async def test_a_digest_alone_is_no_tag(make_hub: MakeHub) -> None:
    outcome = await call(make_hub(), "get_tag", repository=f"redis@sha256:{'0' * 64}")
    assert "list the tags to find its name" in outcome.text


async def test_a_list_without_pages_mentions_no_page(make_hub: MakeHub) -> None:
    outcome = await call(make_hub("owner"), "list_org_invites", org_name="acme")
    assert outcome.text.startswith("2 of 2 items. This is the end of the list.")
    assert set(outcome.structured_content or {}) == {"results", "count"}


async def test_results_can_be_written_in_utf_8(make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(*_: Any) -> ToolResult:
        return ToolResult("docker\udcff/config.json", {"path": "docker\udcff/config.json", "name": "é"})

    monkeypatch.setattr(type(EVERYTHING.find_tool("check_tag")), "run", answer)
    outcome = await call(make_hub("owner"), "check_tag", repository="redis:8")
    assert outcome.text == "docker?/config.json"
    assert outcome.structured_content == {"path": "docker?/config.json", "name": "é"}
