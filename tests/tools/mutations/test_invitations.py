"""Invitations of several people: the result says of each whether the Hub reports an invitation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Fault, Sandbox
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, make_context

NAMES = ["a@example.net", "b@example.net"]


def outcome(invitee: str, status: str | None = "invited", **fields: Any) -> dict[str, Any]:
    return {"invitee": invitee, "status": status, **fields}


@pytest.mark.parametrize(
    ("outcomes", "notes"),
    [
        ([outcome(name) for name in NAMES], []),
        ([outcome("A@Example.net"), outcome(NAMES[1], "existing_org_member")], []),
        ([outcome(NAMES[0], "sent", invite={"id": "i"}), outcome(NAMES[1])], []),
        (
            [outcome(NAMES[0], "no_seats_left"), outcome(NAMES[1])],
            ["Not reported as invited: a@example.net; status has the reason."],
        ),
        (
            [outcome(NAMES[0], None), outcome(NAMES[1])],
            ["Not reported as invited: a@example.net; status has the reason."],
        ),
        (
            [outcome(NAMES[0])],
            ["The Hub's answer does not name b@example.net: whether they are invited is unknown."],
        ),
    ],
)
async def test_the_result_says_of_which_people_an_invitation_is_not_reported(
    make_hub: MakeHub, sandbox: Sandbox, outcomes: list[dict[str, Any]], notes: list[str]
) -> None:
    body = json.dumps({"invitees": outcomes})
    sandbox.faults.rules.append(Fault(match="/v2/invites/bulk", method="POST", status=202, body=body))
    context = make_context(make_hub("owner"), confirmer=FakeUser())
    made = await call(context, "create_org_invites", org="acme", invitees=NAMES, role="member")
    assert not made.is_error, made.text
    assert [line for line in made.text.splitlines() if line.startswith("Note: ")] == [
        f"Note: {note}" for note in notes
    ]


async def test_invitations_are_shown_by_their_id_only(make_hub: MakeHub, sandbox: Sandbox) -> None:
    context = make_context(make_hub("owner"), confirmer=FakeUser())
    made = await call(context, "create_org_invites", org="acme", invitees=NAMES, role="member")
    invited = {each.email: each.id for each in sandbox.state.organizations["acme"].invitees}
    assert all(f"{name} | {invited[name]}" in made.text for name in NAMES), made.text
    assert "inviter_username" not in made.text
