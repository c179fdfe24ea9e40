"""Parse callers and their bearer tokens from TOML, one table per caller."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISFIFO
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import describe_read_error, read_file
from dockerhub_mcp.server.http.auth.verifier import Caller
from dockerhub_mcp.tools.access import Access
from dockerhub_mcp.tools.suggestions import did_you_mean, suggest_toolsets
from dockerhub_mcp.tools.toolsets import TOOLSET_NAMES

GENERATE_TOKEN_HINT = "make one with: openssl rand -hex 32"
_MIN_TOKEN_LENGTH = 24
_MAX_FILE_BYTES = 16 * 1024**2
_TOKEN_KEYS = ("token", "token_sha256", "token_file")
_CALLER_KEYS = (*_TOKEN_KEYS, "access", "toolsets")

_FileStamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A valid token, of which only the SHA-256 digest is kept.

    Attributes:
        caller: The caller that it belongs to.
        digest: The digest.
        location: Where it is configured, for error messages.
        is_plaintext: Whether the TOML contains the token itself.
    """

    caller: Caller
    digest: bytes = field(repr=False)
    location: str
    is_plaintext: bool = False


class TrackedFiles:
    """Reads files and remembers their state, to notice later changes."""

    def __init__(self) -> None:
        self._stamps: dict[Path, _FileStamp | None] = {}

    def read_text(self, path: Path, location: str = "") -> str:
        """Return the file's text.

        Args:
            path: The file.
            location: Where it is named, for the error message; empty for a file that an option names.

        Raises:
            SettingsError: It cannot be read.
        """
        self._stamps[path] = _read_file_stamp(path)  # before the text, so that no later change is missed
        try:
            return read_file(path, max_bytes=_MAX_FILE_BYTES).decode("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = describe_read_error(error)
            named = f"{location}: {path}" if location else path
            msg = f"{named} cannot be read: {reason}; check the path and its permissions"
            raise SettingsError(msg) from None

    @property
    def is_used(self) -> bool:
        """Whether any file was read."""
        return bool(self._stamps)

    def has_open_permissions(self, path: Path) -> bool:
        """Return whether users other than the owner may access a file that was read."""
        stamp = self._stamps[path]
        return os.name == "posix" and stamp is not None and bool(stamp[-1] & 0o077)

    def has_changed(self) -> bool:
        """Return whether any of the files has changed since it was read."""
        return any(_read_file_stamp(path) != stamp for path, stamp in self._stamps.items())


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        SettingsError: It is not TOML, or empty.
    """
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's message may quote the text, which may contain secrets; only the position is kept.
        position = re.search(r"\(at [a-z0-9, ]+\)", str(error))
        msg = f"{source} is not TOML{f' {position[0]}' if position else ''}; quote strings, one key per line"
        raise SettingsError(msg) from None
    if not tables:
        example = f'write a table such as [ci] and in it token = "...", {GENERATE_TOKEN_HINT}'
        msg = f"{source} names no caller; {example}"
        raise SettingsError(msg)
    return tables


def parse_callers(
    tables: dict[str, Any], source: str, base_dir: Path, files: TrackedFiles
) -> Sequence[TokenEntry]:
    """Return the token of each table; a plain token in a table is replaced by its digest.

    Args:
        tables: The tables by caller name.
        source: Where they come from, for error messages.
        base_dir: The directory that relative paths start from.
        files: Reads the files that the tables name.

    Raises:
        SettingsError: A table is invalid; the message names it and never contains a token.
    """
    return [_parse_caller(name, table, source, base_dir, files) for name, table in tables.items()]


def _parse_caller(name: str, table: Any, source: str, base_dir: Path, files: TrackedFiles) -> TokenEntry:
    if not isinstance(table, dict):
        msg = f"{source}: {name!r} is outside a table; begin one above it, such as [ci]"
        raise SettingsError(msg)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        msg = f"{source}: [{name[:80]!r}] is not a name; use 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'"
        raise SettingsError(msg)
    location = f"{source}: [{name}]"
    _check_value_types(table, location)
    access = table.get("access", Access.READ)
    if access not in list(Access):
        msg = f"{location} access must be read, write or admin"
        raise SettingsError(msg)
    caller = Caller(name, Access(access), _parse_toolsets(table, location))
    is_plaintext = "token" in table  # checked before the token is replaced
    digest = _resolve_token_digest(table, location, base_dir, files)
    return TokenEntry(caller, digest, location, is_plaintext)


def _check_value_types(table: dict[str, Any], location: str) -> None:
    for key, value in table.items():
        if key not in _CALLER_KEYS:
            is_dotted_name = isinstance(value, dict)  # TOML reads [ci.nightly] as a table inside [ci]
            hint = (
                '; quote a name that contains a dot: ["ci.nightly"]'
                if is_dotted_name
                else did_you_mean(key, _CALLER_KEYS)
            )
            msg = f"{location} {key[:80]!r} is not a key of a caller{hint}"
            raise SettingsError(msg)
        if key == "toolsets":
            if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
                msg = f'{location} toolsets must be a list of strings, such as ["tags", "repositories"]'
                raise SettingsError(msg)
        elif not isinstance(value, str):
            msg = f"{location} {key} must be a string in quotes, not {type(value).__name__}"
            raise SettingsError(msg)


def _parse_toolsets(table: dict[str, Any], location: str) -> tuple[str, ...]:
    names = table.get("toolsets", ())
    if names == []:
        msg = f"{location} toolsets is empty; leave it out to allow all that the server offers"
        raise SettingsError(msg)
    for name in names:
        if name not in TOOLSET_NAMES:
            msg = f"{location} toolsets: {name[:80]!r} does not exist{suggest_toolsets(name)}"
            raise SettingsError(msg)
    return tuple(names)


def _resolve_token_digest(table: dict[str, Any], location: str, base_dir: Path, files: TrackedFiles) -> bytes:
    keys = [key for key in _TOKEN_KEYS if key in table]
    if len(keys) != 1:
        problem = f"has {' and '.join(keys)} at once" if keys else "has no token"
        msg = f"{location} {problem}; give exactly one of {', '.join(_TOKEN_KEYS)}"
        raise SettingsError(msg)
    key, value = keys[0], str(table[keys[0]])
    location = f"{location} {key}"
    if key == "token_sha256":
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", value):
            msg = f"{location} must be 64 hex digits; print them with: printf %s TOKEN | sha256sum"
            raise SettingsError(msg)
        return bytes.fromhex(value)
    if key == "token_file":
        path = base_dir / expand_home(value)
        token = files.read_text(path, location).strip()
        if not token:
            msg = f"{location}: {path} is empty; write the token into it, {GENERATE_TOKEN_HINT}"
            raise SettingsError(msg)
        return validate_and_hash(token, f"{location}: {path}")
    digest = validate_and_hash(value, location)
    table["token_sha256"] = digest.hex()  # the tables are kept for reloading, without the secrets
    del table["token"]
    return digest


def validate_and_hash(token: str, location: str) -> bytes:
    """Return the digest of a token.

    Raises:
        SettingsError: It is too short, or contains characters that a header cannot.
    """
    if not re.fullmatch(r"[!-~]*", token):
        msg = f"{location}: the token contains whitespace or non-ASCII characters; {GENERATE_TOKEN_HINT}"
        raise SettingsError(msg)
    if len(token) < _MIN_TOKEN_LENGTH:
        length = f"the token has {len(token)} characters and needs at least {_MIN_TOKEN_LENGTH}"
        msg = f"{location}: {length}; {GENERATE_TOKEN_HINT}"
        raise SettingsError(msg)
    return hash_token(token)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 digest of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _read_file_stamp(path: Path) -> _FileStamp | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - faster, and called for every second of requests
    except (OSError, ValueError):
        return None
    if S_ISFIFO(stat.st_mode):  # a pipe of this process, which is read once
        return 0, 0, stat.st_ino, stat.st_mode
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode
