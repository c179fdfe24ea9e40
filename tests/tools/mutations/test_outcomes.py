"""What an agent reads about a mutation that the Hub answered in an unusual way."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dockerhub_mcp.sandbox import Fault, Sandbox
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
