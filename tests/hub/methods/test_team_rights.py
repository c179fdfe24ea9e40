"""What the members of a team may do, in words, from the forms in which the Hub lists it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dockerhub_mcp.hub import Hub, HubError
from dockerhub_mcp.hub.auth.principal import Principal
from dockerhub_mcp.hub.errors import InvalidRequest
from dockerhub_mcp.hub.methods.roles import check_role, compare_roles
from dockerhub_mcp.hub.methods.team_rights import read_team_rights
from dockerhub_mcp.sandbox import Sandbox


class Reader:
    """Reads single pages through a client."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def principal(self) -> Principal:
        return self.hub.principal

    async def __call__(self, call: Any) -> Any:
        answer = await self.try_read(call)
        return None if isinstance(answer, HubError) else answer

    async def try_read(self, call: Any) -> Any:
        try:
            return await self.hub.send(call)
        except HubError as error:
            return error


@pytest.mark.parametrize(
    ("team", "role", "body", "words"),
    [
        ("owners", None, None, "full control of the organization: "),
        ("OWNERS", None, None, "full control of the organization: "),
        ("contractors", None, None, "read in acme/mailer, acme/storefront"),
        ("platform", "editor", None, "the role editor (they may create, "),
        ("security", "Security-auditor", None, "the custom role Security-auditor (what it may do is unknown here)"),
        ("new", "member", {"count": 0, "results": []}, "no permission in any repository today"),
        ("new", None, [{"repository": "acme/a", "permission": "read"}, {"name": "acme/b", "permission": "admin"}], "admin in acme/b; read in acme/a"),
        ("new", None, {"count": 1, "results": [{"repository": "x y", "permission": "<b>"}]}, '"<b>" in "x y"'),
        ("missing", None, None, "what it may do in repositories could not be read"),
    ],
)  # fmt: skip
async def test_the_rights_of_a_team_are_described(
    sandbox: Sandbox, make_hub: Callable[..., Hub], team: str, role: str | None, body: Any, words: str
) -> None:
    if body is not None:
        sandbox.faults.add(match="/groups/new/repositories", status=200, body=json.dumps(body))
    assert (await read_team_rights(Reader(make_hub("owner")), "acme", team, role)).startswith(words)


async def test_a_custom_role_is_checked_with_the_hub(sandbox: Sandbox, make_hub: Callable[..., Hub]) -> None:
    reader = Reader(make_hub("owner"))
    assert await check_role(reader, "acme", "owner")
    assert sandbox.requests == []
    assert await check_role(reader, "acme", "release-manager")
    with pytest.raises(InvalidRequest, match="acme has no role king; nothing was sent"):
        await check_role(reader, "acme", "king")
    assert not await check_role(Reader(make_hub("member")), "acme", "king")  # this account may not ask
    assert len(sandbox.state.organizations["acme"].invitees) == 2


def test_roles_are_compared_by_their_rights() -> None:
    for before, after, expected in (
        ("Member", "owner", (True, False, True)),
        ("Owner", "editor", (False, True, True)),
        ("Editor", "editor", (False, False, False)),
        ("Member", "release-manager", (True, True, True)),
        ("release-manager", "owner", (True, True, True)),
        (None, "member", (True, True, True)),
    ):
        impact = compare_roles(before, after)
        assert (impact.gives, impact.takes, impact.is_change) == expected
