"""Sealed values are opened under their own name and key only, and only unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.shared.sealing import Sealer
from tests.support.property_testing import examples

OLD, NEW = b"o" * 32, b"n" * 40
BEFORE, DURING_OLD, DURING_NEW, AFTER = (
    Sealer(KeyRing(keys)) for keys in ([OLD], [OLD, NEW], [NEW, OLD], [NEW])
)
NAMES = st.text(max_size=30)
CONTENTS = st.binary(max_size=200)


@given(NAMES, CONTENTS)
@examples(100)
def test_a_value_is_unsealed_under_its_name(name: str, content: bytes) -> None:
    """Whatever the content, the empty one included."""
    sealed = BEFORE.seal(name, content)
    assert BEFORE.unseal(name, sealed) == content
    assert BEFORE.unseal(name + "x", sealed) is None
    assert BEFORE.unseal("x" + name, sealed) is None


@given(CONTENTS, st.data())
@examples(200)
def test_a_changed_value_is_refused(content: bytes, data: st.DataObject) -> None:
    """Any other byte anywhere, a missing end or one that was added: None, and no exception."""
    sealed = bytearray(BEFORE.seal("plan:a", content))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    assert BEFORE.unseal("plan:a", bytes(sealed)) is None
    whole = BEFORE.seal("plan:a", content)
    assert BEFORE.unseal("plan:a", whole[:position]) is None
    assert BEFORE.unseal("plan:a", whole + b"\0") is None


@given(st.binary(max_size=100))
@examples(100)
def test_bytes_that_were_never_sealed(content: bytes) -> None:
    """What another program wrote under the key is no value."""
    assert BEFORE.unseal("plan:a", content) is None


def test_rotation_of_keys() -> None:
    """Replicas before, during and after a rotation read one another's values as long as they share a key."""
    stages = (BEFORE, DURING_OLD, DURING_NEW, AFTER)
    can_unseal = [
        [stage.unseal("plan:a", other.seal("plan:a", b"content")) == b"content" for stage in stages]
        for other in stages
    ]
    assert can_unseal == [
        [True, True, True, False],
        [True, True, True, False],
        [False, True, True, True],
        [False, True, True, True],
    ]


def test_nothing_of_the_content_is_readable() -> None:
    """Neither content, name nor key is part of a sealed value, and no two are alike."""
    content = b"dckr_pat_secret"
    first, second = (BEFORE.seal("bearer:name", content) for _ in range(2))
    assert first != second
    for secret in (content, b"bearer:name", b"name", OLD):
        assert secret not in first
