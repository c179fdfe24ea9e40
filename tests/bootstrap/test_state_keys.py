"""The keys in the file of --state-key-file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerhub_mcp.bootstrap.http_secrets import load_state_keys
from dockerhub_mcp.config import Settings, SettingsError

ONE, OTHER = b"1" * 32, b"2" * 64


def load_keys(path: Path, content: bytes) -> tuple[bytes, ...]:
    """Return the keys of a file with this content."""
    path.write_bytes(content)
    return load_state_keys(Settings(state_key_file=str(path))).keys


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (ONE, (ONE,)),
        (ONE + b"\n", (ONE,)),
        (ONE + b"\n" + OTHER + b"\n", (ONE, OTHER)),
        (ONE + b"\n" + OTHER + b"\n" + ONE + b"\r\n", (ONE, OTHER)),
        (b"\n\n " + ONE + b" \r\n\r\n\t" + OTHER + b"\n\n", (ONE, OTHER)),
        (b"a key of words, longer than 32 bytes", (b"a key of words, longer than 32 bytes",)),
    ],
)
def test_a_text_file_holds_a_key_a_line(tmp_path: Path, content: bytes, keys: tuple[bytes, ...]) -> None:
    """Blank lines, space around a key and a repeated key do not count; the first key is the one in use."""
    assert load_keys(tmp_path / "keys", content) == keys


@pytest.mark.parametrize("mark", [b"\x00", b"\xff", b"\x7f", "\N{LATIN SMALL LETTER E WITH ACUTE}".encode()])
def test_any_other_file_is_one_key(tmp_path: Path, mark: bytes) -> None:
    """Random bytes may contain line ends."""
    content = ONE + b"\n" + mark + OTHER
    assert load_keys(tmp_path / "keys", content) == (content,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "--state-key-file must hold 32 bytes or more: openssl rand -hex 32 > "),
        (b"short\n", "--state-key-file must hold 32 bytes or more: openssl rand -hex 32 > "),
        (b"\xff" * 31, "--state-key-file must hold 32 bytes or more: openssl rand -hex 32 > "),
        (b"short\n" + ONE, "line 1 of "),
        (b"\n" + ONE + b"\nshort\n", "line 3 of "),
        (b"\n" + ONE + b"\nshort\n", "has fewer than 32 characters; each line is a key, made with openssl"),
    ],
)
def test_keys_that_are_too_short(tmp_path: Path, content: bytes, message: str) -> None:
    """The message names the line, and no key."""
    path = tmp_path / "keys"
    with pytest.raises(SettingsError) as caught:
        load_keys(path, content)
    assert message in str(caught.value)
    assert "short\n" not in str(caught.value)


def test_without_a_file_each_process_has_a_key_of_its_own() -> None:
    """Nothing that it seals outlives it."""
    first, second = load_state_keys(Settings()).keys, load_state_keys(Settings()).keys
    assert first != second
    assert [len(key) for key in first + second] == [32, 32]
