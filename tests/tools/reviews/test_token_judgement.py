"""What stands out about a token, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dockerhub_mcp.hub.models import AccessToken, OrgAccessToken
from dockerhub_mcp.tools.reviews.token_judgement import can_write, judge_token

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ZERO = "0001-01-01T00:00:00Z"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def make_token(**fields: Any) -> AccessToken:
    usual = {
        "uuid": "u",
        "token_label": "x",
        "is_active": True,
        "created_at": ago(200),
        "last_used": ago(1),
        "expires_at": ago(-100),
    }
    return AccessToken.model_validate(usual | fields)


@pytest.mark.parametrize(
    ("fields", "scopes", "state", "words"),
    [
        ({}, ["repo:read"], "works", ""),
        ({"last_used": None}, ["repo:read"], "works", "was never used in the 200 days"),
        ({"last_used": ZERO}, ["repo:read"], "works", "was never used in the 200 days"),
        ({"last_used": None, "created_at": ago(6)}, ["repo:read"], "works", ""),
        ({"last_used": ago(90)}, ["repo:write"], "works", "may write, and was not used for 90 days"),
        ({"last_used": ago(89.9)}, ["repo:read"], "works", ""),
        ({"last_used": ago(31)}, ["repo:admin"], "works", "broader than its use suggests"),
        ({"last_used": ago(29)}, ["repo:admin"], "works", ""),
        ({"token_label": "nightly backup"}, ["repo:write"], "works", "broader than its label suggests"),
        ({"token_label": "nightly backup"}, ["repo:read"], "works", ""),
        ({"expires_at": None}, ["repo:read"], "works", "never expires"),
        ({"expires_at": ZERO}, ["repo:read"], "works", "never expires"),
        ({"expires_at": ago(-3)}, ["repo:read"], "works", "expires on 2026-06-04"),
        ({"expires_at": ago(0)}, ["repo:read"], "expired but active", "expired on 2026-06-01: delete it"),
        ({"expires_at": ago(1), "is_active": False}, None, "expired", "expired on 2026-05-31"),
        ({"is_active": False}, None, "deactivated", "deactivated: delete it"),
    ],
)
def test_a_token_is_judged(fields: dict[str, Any], scopes: list[str] | None, state: str, words: str) -> None:
    judgement = judge_token(make_token(**fields), scopes, NOW)
    assert judgement.state == state
    reasons = "; ".join(judgement.reasons)
    assert reasons.startswith(words) if words else not reasons


def test_dates_that_the_hub_left_out_are_unknown_not_never() -> None:
    token = AccessToken.model_validate({"uuid": "u", "is_active": True})
    assert judge_token(token, ["repo:read"], NOW).reasons == ()


def test_what_works_and_writes_comes_before_what_works_and_reads_and_what_no_longer_works() -> None:
    weights = [
        judge_token(make_token(**fields), scopes, NOW).weight
        for fields, scopes in (
            ({"last_used": None, "expires_at": None}, ["repo:admin"]),
            ({"last_used": None, "expires_at": None}, ["repo:read"]),
            ({"last_used": ago(100), "expires_at": None}, ["repo:read"]),
            ({"last_used": ago(45)}, ["repo:admin"]),
            ({"expires_at": None}, ["repo:read"]),
            ({"expires_at": ago(1)}, ["repo:admin"]),
            ({"expires_at": ago(1), "is_active": False}, ["repo:admin"]),
            ({"is_active": False}, ["repo:admin"]),
            ({}, ["repo:admin"]),
        )
    ]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)


@pytest.mark.parametrize(
    ("scopes", "writes"),
    [
        (
            ["repo:public_read", "repo:read", "scope-image-pull", "scope-tag-read", "scope-repository-list"],
            False,
        ),
        (["repo:write"], True),
        (["scope-image-pull", "scope-image-push"], True),
        (["scope-member-edit"], True),
        (["scope-of-next-year"], True),
        ([], False),
    ],
)
def test_scopes_that_only_read(scopes: list[str], writes: bool) -> None:
    assert can_write(scopes) is writes


def test_unknown_scopes_of_an_organization_token_are_no_reason() -> None:
    token = OrgAccessToken.model_validate(
        {"id": "i", "label": "backup", "is_active": True, "last_used_at": ago(40)}
    )
    assert judge_token(token, None, NOW).reasons == ()
