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


def token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.sign"


def bearer(claims: Any) -> Bearer:
    return Bearer.from_token(token(claims), name="ada", secret="dckr_pat_x")


def left(found: Bearer) -> float:
    return found.renew_at - time.monotonic()


def test_the_claims_say_who_and_for_how_long() -> None:
    claims = {"exp": 1_790_000_600, "iat": 1_790_000_000, "scope": "repo:read repo:write"}
    found = bearer(claims | {"https://hub.docker.com": {"username": "grace"}})
    assert (found.username, found.kind, found.scopes) == (
        "grace",
        CredentialKind.PAT,
        ("repo:read", "repo:write"),
    )
    assert found.expires_at == datetime.fromtimestamp(1_790_000_600, UTC)
    assert found.is_fresh


@pytest.mark.parametrize(
    ("lifetime", "used"),
    [(600, 540), (300, 240), (100, 75), (8, 6), (0, 0), (-50, 0)],
)
def test_it_is_renewed_before_its_end(lifetime: int, used: float) -> None:
    found = bearer({"exp": 5000 + lifetime, "iat": 5000})
    assert left(found) == pytest.approx(used, abs=0.5)


def test_without_its_beginning_the_clock_of_this_machine_counts() -> None:
    assert left(bearer({"exp": time.time() + 600})) == pytest.approx(540, abs=2)


@pytest.mark.parametrize("claims", [{}, {"exp": "soon"}, {"exp": True}, [], "x", {"exp": None}])
def test_without_an_end_it_is_good_for_ten_minutes(claims: Any) -> None:
    assert left(bearer(claims)) == pytest.approx(540, abs=0.5)
    assert bearer(claims).expires_at is None


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.!!!.c", "a.é.c", "a.W10.c"])
def test_a_token_that_says_nothing_is_still_a_token(text: str) -> None:
    found = Bearer.from_token(text, name="ada", secret="password")
    assert (found.token, found.username, found.kind, found.scopes) == (
        text,
        "ada",
        CredentialKind.PASSWORD,
        (),
    )


@pytest.mark.parametrize("hub", [None, 5, {}, {"username": ""}, {"username": 7}])
def test_the_name_given_stands_where_the_claims_have_none(hub: Any) -> None:
    assert bearer({"https://hub.docker.com": hub, "scope": ["x"]}).username == "ada"


@pytest.mark.parametrize("end", [10**20, 10**400, float("inf"), float("nan"), -(10**20)])
def test_an_end_out_of_range_is_unknown(end: float) -> None:
    assert bearer({"exp": end, "iat": 1}).expires_at is None


def test_the_token_is_not_in_its_representation() -> None:
    found = bearer({"exp": 1})
    assert found.token not in repr(found)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@examples(60)
@given(
    st.dictionaries(st.sampled_from(["exp", "iat", "scope", "https://hub.docker.com"]), VALUES).map(token)
    | st.text()
)
def test_no_token_breaks_the_reading(text: str) -> None:
    assert Bearer.from_token(text, name="ada", secret="x").token == text
