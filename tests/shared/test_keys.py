"""Keys that are derived from those of the file, and digests under them."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.shared.keys import KeyRing
from tests.support.property_testing import examples

OLD, NEW = b"o" * 32, b"n" * 40


def test_derived_keys_are_those_of_hkdf() -> None:
    """The derivation is RFC 5869 with SHA-256 and no salt, computed here from HMAC alone."""
    [derived] = KeyRing([OLD]).derive("sealed values")
    extracted = hmac.new(bytes(32), OLD, hashlib.sha256).digest()
    info = b"dockerhub-mcp sealed values"
    assert derived == hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def test_each_key_and_each_purpose_has_its_own_derived_key() -> None:
    """The first derived key is that of the key in use."""
    keys = KeyRing([NEW, OLD])
    assert keys.derive("a") == KeyRing([NEW]).derive("a") + KeyRing([OLD]).derive("a")
    assert len({*keys.derive("a"), *keys.derive("b"), NEW, OLD}) == 6
    assert {len(key) for key in keys.derive("a")} == {32}


def test_digests_under_all_keys() -> None:
    """The digest is that of the key in use; those of the others are found while keys are rotated."""
    before, during, after = KeyRing([OLD]), KeyRing([NEW, OLD]), KeyRing([NEW])
    assert during.digest("name") == after.digest("name")
    assert during.digests("name") == (after.digest("name"), before.digest("name"))
    assert len(bytes.fromhex(during.digest("name"))) == 32
    assert before.digest("name") != before.digest("Name")


def test_a_key_that_is_given_twice_counts_once() -> None:
    """The first one is in use."""
    keys = KeyRing([NEW, OLD, NEW, OLD])
    assert keys.keys == (NEW, OLD)
    assert len(keys.digests("name")) == 2


PARTS = st.lists(st.text(st.characters(exclude_categories=[])), max_size=4)


@given(PARTS, PARTS)
@examples(200)
def test_different_parts_have_different_digests(one: list[str], other: list[str]) -> None:
    """Parts cannot run into one another, whatever characters they contain."""
    keys = KeyRing([OLD])
    assert (keys.digest(*one) == keys.digest(*other)) == (one == other)


def test_parts_with_the_same_text() -> None:
    """The boundaries of the parts count."""
    digests = {
        KeyRing([OLD]).digest(*parts) for parts in [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ()]
    }
    assert len(digests) == 5


def test_no_keys() -> None:
    """A ring without a key is a mistake of the program."""
    with pytest.raises(ValueError, match="needs a key"):
        KeyRing([])
