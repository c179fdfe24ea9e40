"""Test the operator's tokens: the format of the file, and reloading it when it changes."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from pathlib import Path

import anyio
import pytest

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.files import FileTimeoutError
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.auth.verifier import Caller, InvalidToken
from dockerhub_mcp.tools.access import Access

ONE = "one-0123456789abcdef0123456789abcdef"
TWO = "two-0123456789abcdef0123456789abcdef"
THREE = "three-0123456789abcdef0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    def pass_by(self) -> None:
        self.time += 1.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_file(tmp_path / "callers.toml", f'[ci]\ntoken = "{ONE}"\n')


def write_file(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    return path


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def is_rejected(tokens: StaticTokenVerifier, token: str) -> bool:
    try:
        await tokens.verify_token(token)
    except InvalidToken as refused:
        return refused.log_reason == "it is none of the tokens that the operator issued"
    return False


async def test_every_form_of_a_table(tmp_path: Path) -> None:
    write_file(tmp_path / "secret", f"{THREE}\n")
    text = f"""
        [ci]
        token = "{ONE}"
        ["deploy.eu-1"]
        token_sha256 = "{sha256(TWO).upper()}"
        access = "admin"
        [nightly_2]
        token_file = "{tmp_path / "secret"}"
        access = "write"
        toolsets = ["tags", "default", "developer"]
    """
    tokens = StaticTokenVerifier.from_toml(text, "TOKENS")
    assert await tokens.verify_token(ONE) == Caller("ci", Access.READ)
    assert await tokens.verify_token(TWO) == Caller("deploy.eu-1", Access.ADMIN)
    assert await tokens.verify_token(THREE) == Caller(
        "nightly_2", Access.WRITE, ("tags", "default", "developer")
    )


@pytest.mark.parametrize("token", ["", ONE[:-1], ONE + "0", ONE.upper(), sha256(ONE), "\udcff", "ü" * 30])
async def test_another_token_is_refused(token: str) -> None:
    tokens = StaticTokenVerifier.from_toml(
        f'[ci]\ntoken = "{ONE}"\n[cd]\ntoken_sha256 = "{sha256(TWO)}"', "TOKENS"
    )
    assert await is_rejected(tokens, token)
    assert not await is_rejected(tokens, ONE)


async def test_a_single_token_has_the_access_of_the_server() -> None:
    tokens = StaticTokenVerifier.from_token(ONE, Access.WRITE)
    assert await tokens.verify_token(ONE) == Caller("default", Access.WRITE)
    assert await is_rejected(tokens, TWO)


async def test_a_file_and_a_single_token_go_together(file: Path, clock: Clock) -> None:
    tokens = StaticTokenVerifier.from_file(file, clock=clock).merge_with(
        StaticTokenVerifier.from_token(TWO, Access.ADMIN)
    )
    assert (await tokens.verify_token(ONE)).name == "ci"
    assert (await tokens.verify_token(TWO)).name == "default"
    write_file(file, f'[cd]\ntoken = "{THREE}"')
    clock.pass_by()
    assert (await tokens.verify_token(THREE)).name == "cd"
    assert (await tokens.verify_token(TWO)).name == "default"
    assert await is_rejected(tokens, ONE)


def test_a_token_has_one_name_and_a_name_one_token(file: Path) -> None:
    single = StaticTokenVerifier.from_token(ONE, Access.READ)
    with pytest.raises(
        SettingsError, match=r"^The plain token: its token is also that of .*callers\.toml: \[ci\]"
    ):
        StaticTokenVerifier.from_file(file).merge_with(single)
    write_file(file, f'[default]\ntoken = "{TWO}"')
    with pytest.raises(SettingsError, match="is also named default; rename one"):
        StaticTokenVerifier.from_file(file).merge_with(single)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "TOKENS names no caller; write a table such as [ci]"),
        ("# nothing yet\n", "TOKENS names no caller"),
        (f"[ci]\ntoken = {ONE}", "TOKENS is not TOML (at line 2, column "),
        (f'[ci]\ntoken = "{ONE}', "TOKENS is not TOML (at "),
        (f'[ci]\ntoken = "{ONE}"\n[ci]\n', "TOKENS is not TOML (at "),
        ("a = " + "[" * 5000, "TOKENS is not TOML"),
        (f'token = "{ONE}"', "TOKENS: 'token' is outside a table; begin one above it"),
        (f'["c i"]\ntoken = "{ONE}"', "TOKENS: ['c i'] is not a name; use 1 to 64"),
        (f'[""]\ntoken = "{ONE}"', "TOKENS: [''] is not a name"),
        (f'["{"n" * 65}"]\ntoken = "{ONE}"', "is not a name"),
        ("[ci]\n", "TOKENS: [ci] has no token; give exactly one of token, token_sha256, token_file"),
        (f'[ci]\ntokn = "{ONE}"', "TOKENS: [ci] 'tokn' is not a key of a caller; did you mean token"),
        (f'[ci.nightly]\ntoken = "{ONE}"', "TOKENS: [ci] 'nightly' is not a key of a caller; quote a name"),
        ("[ci]\ntoken = 12345", "TOKENS: [ci] token must be a string in quotes, not int"),
        (f'[ci]\ntoken = ["{ONE}"]', "TOKENS: [ci] token must be a string in quotes, not list"),
        (f'[ci]\ntoken = "{ONE}"\naccess = true', "TOKENS: [ci] access must be a string in quotes, not bool"),
        (f'[ci]\ntoken = "{ONE}"\naccess = "root"', "TOKENS: [ci] access must be read, write or admin"),
        (f'[ci]\ntoken = "{ONE}"\ntoolsets = "tags"', "TOKENS: [ci] toolsets must be a list of strings"),
        (f'[ci]\ntoken = "{ONE}"\ntoolsets = ["tags", 1]', "TOKENS: [ci] toolsets must be a list of strings"),
        (f'[ci]\ntoken = "{ONE}"\ntoolsets = []', "TOKENS: [ci] toolsets is empty; leave it out"),
        (f'[ci]\ntoken = "{ONE}"\ntoolsets = ["tag"]', "'tag' does not exist; did you mean tags"),
        (f'[ci]\ntoken = "{ONE}"\ntoken_file = "x"', "TOKENS: [ci] has token and token_file at once; give"),
        (f'[ci]\ntoken = "{ONE}"\ntoken_sha256 = "x"', "TOKENS: [ci] has token and token_sha256 at once"),
        (
            f'[ci]\ntoken = "{ONE[:23]}"',
            "[ci] token: the token has 23 characters and needs at least 24; make one",
        ),
        ('[ci]\ntoken = ""', "needs at least 24; make one with: openssl rand -hex 32"),
        (f'[ci]\ntoken = "{ONE} "', "TOKENS: [ci] token: the token contains whitespace"),
        (f'[ci]\ntoken = "{ONE}\\n{TWO}"', "TOKENS: [ci] token: the token contains whitespace"),
        (f'[ci]\ntoken = "{ONE}ü"', "non-ASCII"),
        (f'[ci]\ntoken_sha256 = "{sha256(ONE)[1:]}"', "TOKENS: [ci] token_sha256 must be 64 hex digits"),
        (f'[ci]\ntoken_sha256 = "{sha256(ONE)[1:]}g"', "TOKENS: [ci] token_sha256 must be 64 hex digits"),
        (
            '[ci]\ntoken_file = "/nowhere/at/all"',
            "TOKENS: [ci] token_file: /nowhere/at/all cannot be read: No such",
        ),
        ('[ci]\ntoken_file = "a\\u0000b"', "[ci] token_file: a\\x00b cannot be read"),
        (
            f'[ci]\ntoken = "{ONE}"\n[cd]\ntoken_sha256 = "{sha256(ONE)}"',
            "TOKENS: [cd]: its token is also that of TOKENS: [ci]; each needs its own",
        ),
    ],
)
def test_what_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        StaticTokenVerifier.from_toml(text, "TOKENS")
    message = str(caught.value).replace("\x00", "\\x00")
    assert says in message
    assert "\n" not in message
    assert not any(part in message for part in (ONE[:20], sha256(ONE)[1:20]))


@pytest.mark.parametrize("token", [ONE[:23], f"{ONE} x", ""])
def test_a_single_token_is_checked_as_well(token: str) -> None:
    with pytest.raises(SettingsError, match=r"^DOCKERHUB_X: the token .*openssl rand -hex 32") as caught:
        StaticTokenVerifier.from_token(token, Access.READ, "DOCKERHUB_X")
    assert ONE[:20] not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^/.*none\.toml cannot be read: No such file"):
        StaticTokenVerifier.from_file(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[\xe9]")
    with pytest.raises(SettingsError, match="it is not UTF-8 text"):
        StaticTokenVerifier.from_file(tmp_path / "latin.toml")


async def test_a_token_file_is_sought_from_the_directory_of_the_file(tmp_path: Path) -> None:
    write_file(tmp_path / "ci.token", f"\ufeff{ONE}\r\n")
    file = write_file(tmp_path / "callers.toml", '[ci]\ntoken_file = "ci.token"')
    assert (await StaticTokenVerifier.from_file(file).verify_token(ONE)).name == "ci"


async def test_a_token_that_was_taken_away_stops_working(file: Path, clock: Clock) -> None:
    write_file(file, f'[ci]\ntoken = "{ONE}"\n[cd]\ntoken = "{TWO}"')
    tokens = StaticTokenVerifier.from_file(file, clock=clock)
    assert (await tokens.verify_token(TWO)).name == "cd"
    write_file(file, f'[ci]\ntoken = "{ONE}"\naccess = "write"\n[new]\ntoken = "{THREE}"')
    clock.time += 0.9  # the file was checked less than a second ago
    assert (await tokens.verify_token(TWO)).name == "cd"
    clock.time += 0.1
    assert await is_rejected(tokens, TWO)
    assert (await tokens.verify_token(ONE)).access is Access.WRITE
    assert (await tokens.verify_token(THREE)).name == "new"


async def test_a_file_that_was_replaced_is_read_again(file: Path, clock: Clock) -> None:
    tokens = StaticTokenVerifier.from_file(file, clock=clock)
    write_file(file.with_name("next"), f'[ci]\ntoken = "{TWO}"\n').replace(file)
    clock.pass_by()
    assert await is_rejected(tokens, ONE)
    assert not await is_rejected(tokens, TWO)


@pytest.mark.parametrize("form", ["file", "text"])
async def test_a_token_file_that_changed_is_read_again(tmp_path: Path, clock: Clock, form: str) -> None:
    secret = write_file(tmp_path / "secret", ONE)
    text = f'[ci]\ntoken_file = "{secret}"\n[cd]\ntoken = "{TWO}"'
    if form == "file":
        tokens = StaticTokenVerifier.from_file(write_file(tmp_path / "callers.toml", text), clock=clock)
    else:
        tokens = StaticTokenVerifier.from_toml(text, "TOKENS", clock=clock)
    write_file(secret, THREE)
    clock.pass_by()
    assert (await tokens.verify_token(THREE)).name == "ci"
    assert (await tokens.verify_token(TWO)).name == "cd"
    assert await is_rejected(tokens, ONE)


@pytest.mark.parametrize("trouble", ["[ci]\ntoken = 5", "", None])
async def test_a_file_that_became_wrong_leaves_the_tokens_as_they_were(
    file: Path, clock: Clock, caplog: pytest.LogCaptureFixture, trouble: str | None
) -> None:
    tokens = StaticTokenVerifier.from_file(file, clock=clock)
    if trouble is None:
        os.unlink(file)  # noqa: PTH108 - the same, and no complaint about a path in an async function
    else:
        write_file(file, trouble)
    for _ in range(3):
        clock.pass_by()
        assert not await is_rejected(tokens, ONE)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert re.search(r"callers\.toml.*; the previous tokens stay in use$", record.getMessage())
    write_file(file, f'[ci]\ntoken = "{TWO}"')
    clock.pass_by()
    assert await is_rejected(tokens, ONE)
    assert not await is_rejected(tokens, TWO)


async def test_a_reload_with_a_duplicate_token_keeps_the_previous_tokens(
    file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = StaticTokenVerifier.from_file(file, clock=clock).merge_with(
        StaticTokenVerifier.from_token(TWO, Access.READ)
    )
    write_file(file, f'[thief]\ntoken = "{TWO}"')
    clock.pass_by()
    assert (await tokens.verify_token(TWO)).name == "default"
    assert (await tokens.verify_token(ONE)).name == "ci"
    assert "The plain token: its token is also that of" in caplog.text
    assert TWO not in caplog.text


@pytest.mark.parametrize(
    ("mode", "line", "warns"),
    [
        (0o644, f'token = "{ONE}"', True),
        (0o640, f'token = "{ONE}"', True),
        (0o600, f'token = "{ONE}"', False),
        (0o644, f'token_sha256 = "{sha256(ONE)}"', False),
    ],
)
def test_others_should_not_read_the_file(
    file: Path, caplog: pytest.LogCaptureFixture, mode: int, line: str, warns: bool
) -> None:
    write_file(file, f'[a]\n{line}\n[b]\ntoken_sha256 = "{sha256(TWO)}"').chmod(mode)
    StaticTokenVerifier.from_file(file)
    assert ("chmod 600" in caplog.text) is warns
    assert len(caplog.records) == warns


def test_only_digests_are_kept(file: Path) -> None:
    seen: set[int] = set()

    def texts(thing: object) -> list[str]:
        if id(thing) in seen:
            return []
        seen.add(id(thing))
        if isinstance(thing, str):
            return [thing]
        parts: list[object] = list(getattr(thing, "__dict__", {}).values())
        parts += [
            getattr(thing, name) for name in getattr(type(thing), "__slots__", ()) if hasattr(thing, name)
        ]
        parts += [cell.cell_contents for cell in getattr(thing, "__closure__", None) or ()]
        if isinstance(thing, dict):
            parts += [*thing, *thing.values()]
        if isinstance(thing, list | tuple):
            parts += thing
        return [text for part in parts for text in texts(part)]

    text = f'[text]\ntoken = "{TWO}"\n'
    tokens = StaticTokenVerifier.from_file(file).merge_with(StaticTokenVerifier.from_toml(text, "TOKENS"))
    tokens = tokens.merge_with(StaticTokenVerifier.from_token(THREE, Access.READ))
    kept = texts(tokens)
    assert {"ci", "text", "default", sha256(TWO)} <= set(kept)
    assert not any(secret in text for text in kept for secret in (ONE, TWO, THREE))


async def test_files_that_hang_leave_the_tokens_as_they_were(
    file: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = StaticTokenVerifier.from_file(file, clock=clock)
    hang = threading.Event()
    tokens._worker._timeout = 0.05
    with pytest.raises(FileTimeoutError):
        await tokens._worker.run(hang.wait)
    write_file(file, f'[ci]\ntoken = "{TWO}"\n')
    for _ in range(3):
        clock.pass_by()
        assert (await tokens.verify_token(ONE)).name == "ci"
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "their tokens stay in use" in warnings[0]
    tokens._worker._timeout = 5
    hang.set()
    with anyio.fail_after(5):
        while await is_rejected(tokens, TWO):
            clock.pass_by()
    assert await is_rejected(tokens, ONE)


def test_a_pipe_as_the_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "callers.toml")
    with pytest.raises(SettingsError, match="cannot be read: it is not a regular file"):
        StaticTokenVerifier.from_file(tmp_path / "callers.toml")
    token_file = write_file(tmp_path / "others.toml", '[ci]\ntoken_file = "callers.toml"\n')
    with pytest.raises(SettingsError, match="it is not a regular file"):
        StaticTokenVerifier.from_file(token_file)
