"""Rotations of tokens that the Hub describes in part, that are confused, or that change under the question."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dockerhub_mcp.sandbox import Fault, Sandbox
from dockerhub_mcp.sandbox.state import OrganizationAccessTokenRecord
from dockerhub_mcp.tools.mutations.confirmation import Confirmation, Decision
from dockerhub_mcp.tools.results.tool_result import ToolResult
from tests.support.fixture_types import MakeHub
from tests.support.tool_calls import FakeUser, call, changes, make_context

DAY = 86_400


def tokens_of(sandbox: Sandbox) -> list[OrganizationAccessTokenRecord]:
    return sandbox.state.organizations["acme"].access_tokens


@pytest.fixture
def old(sandbox: Sandbox) -> OrganizationAccessTokenRecord:
    return next(each for each in tokens_of(sandbox) if each.label == "inventory")


@pytest.fixture
def new(sandbox: Sandbox, old: OrganizationAccessTokenRecord) -> OrganizationAccessTokenRecord:
    """Add a token with the permissions of `inventory`, a day younger."""
    token = replace(old, id="new", label="new", secret="", created_at=old.created_at + DAY, last_used_at=None)
    tokens_of(sandbox).append(token)
    return token


async def rotate(make_hub: MakeHub, user: FakeUser, **arguments: Any) -> ToolResult:
    context = make_context(make_hub("owner"), confirmer=user)
    return await call(
        context, "rotate_org_access_token", **{"org_name": "acme", "token": "inventory"} | arguments
    )


@pytest.mark.parametrize(
    ("token_id", "fields", "words"),
    [
        ("new", {"is_active": None}, "The Hub does not say whether the successor"),
        ("new", {"resources": None}, "lacks permissions of"),
        ("old", {"resources": None}, "The Hub does not name the resources of"),
        ("old", {"resources": []}, ""),
        ("old", {"resources": [{"type": "TYPE_ORG", "path": "acme", "scopes": None}]}, "does not name the"),
    ],
)
async def test_a_token_is_retired_only_if_its_successor_is_known_to_work_and_to_suffice(
    make_hub: MakeHub,
    sandbox: Sandbox,
    old: OrganizationAccessTokenRecord,
    new: OrganizationAccessTokenRecord,
    token_id: str,
    fields: dict[str, Any],
    words: str,
) -> None:
    target = old if token_id == "old" else new
    fault = Fault(match=f"/access-tokens/{target.id}", method="GET", replace=fields)
    sandbox.faults.rules.append(fault)
    user = FakeUser()
    result = await rotate(make_hub, user, successor="new")
    assert result.is_error is bool(words), result.text
    assert words in result.text
    assert old.is_active is bool(words)
    assert bool(user.confirmations) is not bool(words)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, "has not been used yet"),
        (Fault(remove=["last_used_at"]), "the Hub does not say whether it was used"),
        (Fault(replace={"last_used_at": "0001-01-01T00:00:00Z"}), "has not been used yet"),
        (Fault(replace={"last_used_at": "2026-01-02T03:04:05Z"}), "was last used on 2026-01-02"),
        (Fault(replace={"expires_at": "2999-01-02T03:04:05Z"}), "expires on 2999-01-02"),
    ],
)
async def test_the_question_says_of_the_successor_what_is_known(
    make_hub: MakeHub,
    sandbox: Sandbox,
    new: OrganizationAccessTokenRecord,
    fault: Fault | None,
    words: str,
) -> None:
    if fault is not None:
        sandbox.faults.rules.append(replace(fault, match=f"/access-tokens/{new.id}", method="GET"))
    user = FakeUser()
    await rotate(make_hub, user, successor="new")
    (question,) = user.confirmations
    assert words in question.text, question.text
    assert "was used before" not in question.text


async def test_a_successor_that_is_older_than_the_token_is_refused(
    make_hub: MakeHub, sandbox: Sandbox, new: OrganizationAccessTokenRecord
) -> None:
    user = FakeUser()
    swapped = await rotate(make_hub, user, token="new", successor="inventory")
    assert swapped.is_error
    assert "was created before" in swapped.text
    assert not user.confirmations
    assert not changes(sandbox)
    assert new.is_active


def deactivate(token: OrganizationAccessTokenRecord) -> None:
    token.is_active = False


def narrow(token: OrganizationAccessTokenRecord) -> None:
    token.resources = token.resources[:1]


@pytest.mark.parametrize(
    ("change", "words"), [(deactivate, "does not work (deactivated)"), (narrow, "lacks permissions of")]
)
@pytest.mark.parametrize("old_token", ["deactivate", "delete"])
async def test_a_successor_that_changes_under_the_question_keeps_the_old_token(
    make_hub: MakeHub,
    sandbox: Sandbox,
    old: OrganizationAccessTokenRecord,
    new: OrganizationAccessTokenRecord,
    change: Callable[[OrganizationAccessTokenRecord], None],
    words: str,
    old_token: str,
) -> None:
    class SlowUser(FakeUser):
        async def __call__(self, confirmation: Confirmation) -> Decision:
            change(new)
            return await super().__call__(confirmation)

    refused = await rotate(make_hub, SlowUser(), successor="new", old_token=old_token)
    assert refused.is_error
    assert words in refused.text
    assert not changes(sandbox)
    assert old in tokens_of(sandbox)
    assert old.is_active


async def test_a_confirmation_counts_for_one_successor_and_one_token(
    make_hub: MakeHub,
    sandbox: Sandbox,
    old: OrganizationAccessTokenRecord,
    new: OrganizationAccessTokenRecord,
) -> None:
    tokens_of(sandbox).append(replace(new, id="other", label="other"))
    tokens_of(sandbox).append(replace(old, id="twin", label="twin"))
    user = FakeUser(Decision.DECLINED)
    for successor in ("new", "other"):
        await rotate(make_hub, user, successor=successor)
    for token in ("inventory", "twin"):
        await rotate(make_hub, user, token=token, label="the next one")
    assert len({each.fingerprint for each in user.confirmations}) == 4


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x" * 300},
        {"label": "x" * 100},
        {"label": ""},
        {"label": " 2026-01-01"},
        {"label": "a\nb"},
    ],
    ids=["long description", "long label", "no label", "only a date", "two lines"],
)
async def test_a_successor_fits_the_limits_whatever_the_old_token_has(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord, fields: dict[str, str]
) -> None:
    for name, value in fields.items():
        setattr(old, name, value)
    created = await rotate(make_hub, FakeUser(), token=old.id)
    assert not created.is_error, created.text
    successor = tokens_of(sandbox)[-1]
    assert successor.label.strip()
    assert len(successor.label) <= 100
    assert successor.resources == old.resources


@pytest.mark.parametrize("arguments", [{}, {"successor": "new"}])
async def test_tokens_are_looked_up_in_a_whole_list_only(
    make_hub: MakeHub,
    sandbox: Sandbox,
    new: OrganizationAccessTokenRecord,
    arguments: dict[str, str],
) -> None:
    listed = [{"id": each.id, "label": each.label, "is_active": True} for each in tokens_of(sandbox)]
    body = json.dumps({"total": 90, "next": None, "results": listed})
    sandbox.faults.rules.append(
        Fault(match="/v2/orgs/acme/access-tokens?", method="GET", status=200, body=body)
    )
    refused = await rotate(make_hub, FakeUser(), **arguments)
    assert refused.is_error, refused.text
    assert not changes(sandbox)
    assert new.is_active


@pytest.mark.parametrize("field", ["expires_at", "created_at"])
async def test_a_lifetime_that_the_hub_does_not_say_is_asked_for(
    make_hub: MakeHub, sandbox: Sandbox, old: OrganizationAccessTokenRecord, field: str
) -> None:
    sandbox.faults.rules.append(Fault(match=f"/access-tokens/{old.id}", method="GET", remove=[field]))
    refused = await rotate(make_hub, FakeUser())
    assert "Give expires_at." in refused.text
    assert not changes(sandbox)
    created = await rotate(make_hub, FakeUser(), expires_at="2999-01-01T00:00:00Z")
    assert not created.is_error, created.text
