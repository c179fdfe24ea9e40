"""What an agent reads about a mutation that the Hub answered in an unusual way."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.faults.presets import apply_preset
from dockerhub_mcp.tools.mutations.confirmation import ConfirmationMode
from tests.support.calls import arguments_of
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import EVERYTHING, call, make_context

CHANGES = ["create_repository", "update_repository", "delete_tag", "update_org_group", "update_org_settings"]


@pytest.mark.parametrize("tool", CHANGES)
async def test_an_empty_success_is_done(sandbox: Sandbox, make_hub: MakeHub, tool: str) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    registered = EVERYTHING.find_tool(tool)
    for status in (200, 202, 204):
        sandbox.faults.rules[:] = [
            Fault(match="/acme/", method=method, status=status)
            for method in ("POST", "PUT", "PATCH", "DELETE")
        ]
        outcome = await call(context, tool, **arguments_of(sandbox)[tool])
        assert not outcome.is_error, outcome.text
        assert outcome.structured_content == {"done": True}
        Draft202012Validator(registered.output_schema).validate(outcome.structured_content)


@pytest.mark.parametrize("tool", CHANGES)
async def test_a_foreign_success_is_no_success(sandbox: Sandbox, make_hub: MakeHub, tool: str) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    for body in ("{}", '{"message": "accepted"}', "<title>Log in</title>", "[]", "null", "OK"):
        sandbox.faults.rules[:] = [
            Fault(match="/acme/", method=method, status=202, body=body)
            for method in ("POST", "PUT", "PATCH", "DELETE")
        ]
        outcome = await call(context, tool, **arguments_of(sandbox)[tool])
        assert outcome.is_error, (body, outcome.text)
        assert "may have been made" in outcome.text


async def test_the_file_of_a_token_without_a_value_is_removed(
    sandbox: Sandbox, make_hub: MakeHub, tmp_path: Path
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER, secrets_dir=tmp_path)
    for body in ('{"uuid": "u", "token": "***"}', '{"uuid": "u"}', "{}", ""):
        sandbox.faults.rules[:] = [Fault(match="/v2/access-tokens", method="POST", status=201, body=body)]
        outcome = await call(context, "create_access_token", token_label="ci", scopes=["repo:read"])
        assert outcome.is_error
        assert "find it by its label with list_access_tokens and delete it" in outcome.text
        assert not any(tmp_path.glob("*"))  # noqa: ASYNC240


async def test_what_the_hub_says_in_place_of_the_object_is_quoted(
    sandbox: Sandbox, make_hub: MakeHub
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    for body in ('{"message": "the request was queued"}', '{"detail": ["the request was queued"]}'):
        for tool in (*CHANGES, "create_access_token", "create_org_invites"):
            sandbox.faults.rules[:] = [
                Fault(match=match, method=method, status=202, body=body)
                for method in ("POST", "PUT", "PATCH", "DELETE")
                for match in ("/acme/", "/v2/access-tokens", "/v2/invites")
            ]
            outcome = await call(context, tool, **arguments_of(sandbox)[tool])
            assert 'The Hub said: "the request was queued".' in outcome.text, (tool, outcome.text)
            assert "may have been made" in outcome.text
            assert "roxy" not in outcome.text, "it is JSON with words of the Hub"


async def test_the_advice_on_an_unknown_outcome_is_not_contradicted(
    sandbox: Sandbox, make_hub: MakeHub
) -> None:
    context = make_context(make_hub("owner"), confirmation_mode=ConfirmationMode.NEVER)
    for preset in (
        "empty_body",
        "null_body",
        "retired_route",
        "challenge_page",
        "gateway_page",
        "lost_response",
        "wrong_encoding",
        "late_failure",
        "request_timeout",
        "moved",
        "captive_portal",
    ):
        sandbox.faults.rules[:] = [
            Fault(match="/v2/access-tokens", method="POST", **apply_preset({"preset": preset}))
        ]
        outcome = await call(context, "create_access_token", **arguments_of(sandbox)["create_access_token"])
        assert "may have been made" in outcome.text, outcome.text
        assert "try again" not in outcome.text.lower(), outcome.text
