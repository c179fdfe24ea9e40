from __future__ import annotations

import base64
import contextlib
import gc
import html
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerhub_mcp.hub.redaction import MASK, Redactor, mask_user_info, redact_strings, to_single_line
from tests.support.echoing_hub import SECRETS, encode_secret
from tests.support.property_testing import examples

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl-_"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("token dckr_pat_Abc-12_x!", "token ***!"),
        ("dckr_oat_Abc", "***"),
        (f"got {JWT}.", "got ***."),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", "***"),
        ("Authorization: Bearer abcdefgh.ij~k+/=", "Authorization: Bearer ***"),
        ("authorization: basic YWRhOnNlY3JldA==", "authorization: basic ***"),
        ("a bearer token", "a bearer token"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_tokens_of_docker_are_masked(text: str, left: str) -> None:
    assert Redactor()(text) == left


def test_a_secret_is_masked_in_each_of_its_encodings() -> None:
    for secret in (*SECRETS, "hunter2", "p@ss w\u00f6rd", "a+b/c=d==", "\U0001f511-key\u00e9", "tab\tin-it"):
        redact = Redactor()
        redact.add_secret(secret)
        for form in encode_secret(secret):
            left = redact(f"before {form} after")
            assert MASK in left, (secret, form)
            assert left.startswith("before "), (secret, form)
            assert left.endswith(" after"), (secret, form)
            assert find_rest(secret, left) == "", (secret, form, left)


def find_rest(secret: str, text: str) -> str:
    """Return more than the edge of a secret that is left in a text, decoding its base64 words."""
    for word in text.split():
        plain = word.replace(MASK, "AAAA").strip("\"'{}:")
        with contextlib.suppress(ValueError):
            decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
            if secret.encode()[1:-1] in decoded:
                return word
        if secret in unquote_plus(html.unescape(word)):
            return word
    return ""


def test_tokens_of_docker_are_masked_in_base64_without_being_known() -> None:
    for token in ("dckr_pat_Hunter2hunter2", "dckr_oat_Hunter2hunter2"):
        for name in ("", "a", "ab", "abc", "abcd", "acme"):
            encoded = base64.b64encode(f"{name}:{token}".encode()).decode()
            left = Redactor()(f'"auth": "{encoded}"')
            assert MASK in left
            assert base64.b64encode(b"Hunter2hunter2").decode()[2:-4] not in left
            assert len(left) < 30, left


def test_ordinary_text_is_not_masked() -> None:
    redact = Redactor()
    for secret in SECRETS:
        redact.add_secret(secret)
    for text in (
        "100% of R&D + more \\ than that",
        "sha256:" + "ab12" * 16,
        "https://hub.docker.com/_/redis",
    ):
        assert redact(text) == text


def test_a_client_masks_the_secrets_of_the_process_but_not_those_of_other_clients() -> None:
    process = Redactor()
    first, second = Redactor(process), Redactor(process)
    process.add_secret("of-the-process")
    first.add_secret("of-the-first")
    second.add_secret("of-the-second")
    process.add_secret("of-the-process-too")
    text = "of-the-process of-the-process-too of-the-first of-the-second"
    assert first(text) == "*** *** *** of-the-second"
    assert second(text) == "*** *** of-the-first ***"
    assert process(text) == "*** *** of-the-first of-the-second"
    assert process.redact_log(text) == "*** *** *** ***"
    del second
    gc.collect()
    assert process.redact_log(text) == "*** *** *** of-the-second"


def test_user_names_and_passwords_in_urls_are_masked() -> None:
    cases = {
        "http://ada:secret@proxy:3128 refused": "http://***@proxy:3128 refused",
        "socks5://token@proxy": "socks5://***@proxy",
        "https://a:b@c@host/path": "https://***@host/path",
        "https://unpkg.com/react@18": "https://unpkg.com/react@18",
        "mail ada@example.com, see https://hub.docker.com": "mail ada@example.com, see https://hub.docker.com",
    }
    for text, masked in cases.items():
        assert mask_user_info(text) == masked


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    redact = Redactor()
    redact.add_secret("hunter")
    redact.add_secret("hunter-two")
    assert redact("hunter-two and hunter") == "*** and ***"


def test_very_short_secrets_are_not_masked() -> None:
    redact = Redactor()
    redact.add_secret("abc")
    assert redact("the abc of it") == "the abc of it"


@examples(60)
@given(
    st.lists(st.text(st.characters(exclude_characters="*"), min_size=4, max_size=30), min_size=1, max_size=4),
    st.lists(st.text(max_size=20), min_size=5, max_size=5),
)
def test_a_registered_secret_is_always_masked(secrets: list[str], between: list[str]) -> None:
    redact = Redactor()
    for secret in secrets:
        redact.add_secret(secret)
    text = "".join(part + secret for part, secret in zip(between, secrets, strict=False)) + between[-1]
    assert not any(secret in redact(text) for secret in secrets)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\r\n\tthree", "one two three"),
        ("a\x1b[31mb\x00c", "a [31mb c"),
        ("safe\u202eevil\u200b\u2066", "safe evil"),
        ("  wide \u00a0\u3000 space ", "wide space"),
        ("größe ✓", "größe ✓"),
        ("", ""),
    ],
)
def test_texts_become_one_line(text: str, line: str) -> None:
    assert to_single_line(text) == line


def test_texts_are_cut_to_a_maximum_length() -> None:
    assert to_single_line("x" * 300) == "x" * 300
    assert to_single_line("x" * 301) == "x" * 299 + "…"
    assert to_single_line("abcdef", 4) == "abc…"


@examples(60)
@given(st.text())
def test_a_line_is_short_and_has_no_control_characters(text: str) -> None:
    line = to_single_line(text)
    assert len(line) <= 300
    assert line.isprintable()


def test_a_line_has_no_blank_characters_and_no_long_runs_of_marks() -> None:
    blanks = "\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0f\U000e0100"
    assert to_single_line(f"a{blanks}b") == "ab"
    assert to_single_line("a" + "\u0301" * 50) == "a" + "\u0301" * 8


@examples(100)
@given(
    data=st.recursive(
        st.none()
        | st.integers()
        | st.text(max_size=12)
        | st.sampled_from(["the hunter2 key", "aHVudGVyMg==", "Bearer ", JWT]),
        lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=3), parts, max_size=4),
        max_leaves=12,
    )
)
def test_data_are_redacted_like_each_of_their_texts(data: object) -> None:
    redact = Redactor()
    redact.add_secret("hunter2")

    def redact_each(value: object) -> object:
        if isinstance(value, dict):
            return {key: redact_each(item) for key, item in value.items()}
        if isinstance(value, list):
            return [redact_each(item) for item in value]
        return redact(value) if isinstance(value, str) else value

    assert redact_strings(data, redact) == redact_each(data)
