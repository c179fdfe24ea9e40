from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub import CredentialKind
from dockerhub_mcp.hub.auth.bearer import Bearer
from tests.support.property_testing import examples


def encode_token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.sign"


NOW = 1000.0


def read_bearer(claims: Any) -> Bearer:
    return Bearer.from_token(encode_token(claims), name="ada", secret="dckr_pat_x", now=NOW)


def seconds_until_renewal(bearer: Bearer) -> float:
    return bearer.renew_at - NOW


def test_the_claims_tell_the_account_and_the_lifetime() -> None:
    claims = {"exp": 1_790_000_600, "iat": 1_790_000_000, "scope": "repo:read repo:write"}
    found = read_bearer(claims | {"https://hub.docker.com": {"username": "grace"}})
    assert (found.username, found.kind, found.scopes) == (
        "grace",
        CredentialKind.PAT,
        ("repo:read", "repo:write"),
    )
    assert found.expires_at == datetime.fromtimestamp(1_790_000_600, UTC)
    assert found.is_fresh_at(NOW)
    assert not found.is_fresh_at(found.renew_at)


@pytest.mark.parametrize(
    ("lifetime", "used"),
    [(600, 540), (300, 240), (100, 75), (8, 6), (0, 0), (-50, 0)],
)
def test_it_is_renewed_before_it_expires(lifetime: int, used: float) -> None:
    assert seconds_until_renewal(read_bearer({"exp": 5000 + lifetime, "iat": 5000})) == used


def test_without_an_issue_time_the_lifetime_starts_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 5000.0)
    assert seconds_until_renewal(read_bearer({"exp": 5600})) == 540


@pytest.mark.parametrize("claims", [{}, {"exp": "soon"}, {"exp": True}, [], "x", {"exp": None}])
def test_without_an_expiry_the_lifetime_is_ten_minutes(claims: Any) -> None:
    assert seconds_until_renewal(read_bearer(claims)) == 540
    assert read_bearer(claims).expires_at is None


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.!!!.c", "a.é.c", "a.W10.c"])
def test_an_opaque_token_is_accepted(text: str) -> None:
    found = Bearer.from_token(text, name="ada", secret="password", now=NOW)
    assert (found.token, found.username, found.kind, found.scopes) == (
        text,
        "ada",
        CredentialKind.PASSWORD,
        (),
    )


@pytest.mark.parametrize("hub", [None, 5, {}, {"username": ""}, {"username": 7}])
def test_the_name_that_was_sent_is_used_where_the_claims_have_none(hub: Any) -> None:
    assert read_bearer({"https://hub.docker.com": hub, "scope": ["x"]}).username == "ada"


@pytest.mark.parametrize("end", [10**20, 10**400, float("inf"), float("nan"), -(10**20)])
def test_an_expiry_out_of_range_is_unknown(end: float) -> None:
    assert read_bearer({"exp": end, "iat": 1}).expires_at is None


def test_the_token_is_not_in_its_representation() -> None:
    found = read_bearer({"exp": 1})
    assert found.token not in repr(found)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@examples(60)
@given(
    st.dictionaries(st.sampled_from(["exp", "iat", "scope", "https://hub.docker.com"]), VALUES).map(
        encode_token
    )
    | st.text()
)
def test_any_token_can_be_read(text: str) -> None:
    assert Bearer.from_token(text, name="ada", secret="x", now=NOW).token == text
