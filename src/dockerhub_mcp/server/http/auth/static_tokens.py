"""Tokens that the operator hands out: a TOML text with one table per caller, or one plain token."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.api.method import Area
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.server.http.auth.verifier import Caller, InvalidToken
from dockerhub_mcp.tools.access import ALL_TOOLSETS, DEFAULT_TOOLSET, Access
from dockerhub_mcp.tools.suggestions import did_you_mean

logger = logging.getLogger(__name__)

_MIN_TOKEN_LENGTH = 24
_TOKEN_KEYS = ("token", "token_sha256", "token_file")
_CALLER_KEYS = (*_TOKEN_KEYS, "access", "toolsets")
_TOOLSET_NAMES = (DEFAULT_TOOLSET, ALL_TOOLSETS, *map(str, Area))
_GENERATE_TOKEN_HINT = "make one with: openssl rand -hex 32"

_Clock = Callable[[], float]
_FileStamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _TokenEntry:
    """A token that is good, as its digest only."""

    caller: Caller
    digest: bytes = field(repr=False)
    location: str
    is_plaintext: bool = False


class _TrackedFiles:
    """The files that one reading looked at, and what they were like before it."""

    def __init__(self) -> None:
        self._stamps: dict[Path, _FileStamp | None] = {}

    def read_text(self, path: Path, location: str) -> str:
        self._stamps[path] = _read_file_stamp(
            path
        )  # before reading: a change in between is then seen the next time
        try:
            return path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            msg = f"{location}: {path} cannot be read: {reason}; check the path and its permissions"
            raise SettingsError(msg) from None

    def has_open_permissions(self, path: Path) -> bool:
        """Tell whether others than its owner may use a file that was read."""
        stamp = self._stamps[path]
        return os.name == "posix" and stamp is not None and bool(stamp[-1] & 0o077)

    def has_changed(self) -> bool:
        return any(_read_file_stamp(path) != stamp for path, stamp in self._stamps.items())


_LoadEntries = Callable[[_TrackedFiles], Sequence[_TokenEntry]]


class _TokenSource:
    """One place that tokens come from, and what it said when it was last right."""

    entries: Sequence[_TokenEntry]

    def __init__(self, load_entries: _LoadEntries) -> None:
        self._load_entries = load_entries
        self.reload_entries()

    def has_changed(self) -> bool:
        return self._files.has_changed()

    def reload_entries(self) -> None:
        self._files = _TrackedFiles()
        self.entries = self._load_entries(self._files)


class StaticTokenVerifier:
    """Verifies the operator's own tokens.

    Only their SHA-256 digests are kept. Files are read again when they change; one that became wrong leaves
    the tokens as they were, and the log says so once.
    """

    def __init__(self, *sources: _TokenSource, clock: _Clock = time.monotonic) -> None:
        self._sources = sources
        self._entries = _merge_unique_entries(sources)
        self._clock = clock
        self._checked_at = clock()

    @classmethod
    def from_toml(cls, text: str, source_name: str, *, clock: _Clock = time.monotonic) -> StaticTokenVerifier:
        """Take the callers of a TOML text.

        Raises:
            SettingsError: The text cannot be used; the message says where and what to do, without secrets.
        """
        tables = _parse_toml(text, source_name)
        return cls(
            _TokenSource(lambda files: _parse_callers(tables, source_name, Path(), files)), clock=clock
        )

    @classmethod
    def from_file(cls, path: str | Path, *, clock: _Clock = time.monotonic) -> StaticTokenVerifier:
        """Take the callers of a TOML file; files that it names are sought from its own directory.

        Raises:
            SettingsError: The file cannot be used; the message says where and what to do, without secrets.
        """
        file = expand_home(path)

        def load_entries(files: _TrackedFiles) -> Sequence[_TokenEntry]:
            tables = _parse_toml(files.read_text(file, "The file of callers"), str(file))
            known = _parse_callers(tables, str(file), file.parent, files)
            if any(one.is_plaintext for one in known) and files.has_open_permissions(file):
                logger.warning(
                    "%s holds tokens and is open to others; chmod 600 it, or use token_sha256", file
                )
            return known

        return cls(_TokenSource(load_entries), clock=clock)

    @classmethod
    def from_token(
        cls, token: str, access: Access, source_name: str = "The plain token"
    ) -> StaticTokenVerifier:
        """Take one plain token, whose caller is called `default`.

        Raises:
            SettingsError: The token is too short or holds white space.
        """
        known = _TokenEntry(Caller("default", access), _validate_and_hash(token, source_name), source_name)
        return cls(_TokenSource(lambda _: (known,)))

    def merge_with(self, other: StaticTokenVerifier) -> StaticTokenVerifier:
        """Return both together.

        Raises:
            SettingsError: Both have the same token, or the same name for different ones.
        """
        return StaticTokenVerifier(*self._sources, *other._sources, clock=self._clock)

    async def verify_token(self, token: str) -> Caller:
        """Return whose token it is.

        Raises:
            TokenRefused: It is nobody's.
        """
        self._reload_changed_sources()
        presented = _hash_token(token)
        caller = None
        for known in self._entries:  # all of them, so that the time tells nothing
            if hmac.compare_digest(known.digest, presented):
                caller = known.caller
        if caller is None:
            reason = "it is none of the tokens that the operator gave out"
            raise InvalidToken(reason)
        return caller

    def _reload_changed_sources(self) -> None:
        moment = self._clock()
        if moment - self._checked_at < 1:  # a look costs a system call for each file
            return
        self._checked_at = moment
        changed = [source for source in self._sources if source.has_changed()]
        if not changed:
            return
        try:
            for source in changed:
                source.reload_entries()
            self._entries = _merge_unique_entries(self._sources)
        except SettingsError as error:
            logger.error("%s; the tokens as they were before stay in use", error)  # noqa: TRY400
        else:
            logger.info("Tokens were read again", extra={"callers": len(self._entries)})


def _parse_toml(text: str, source: str) -> dict[str, Any]:
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's words may hold a piece of the text, so only the place is told.
        place = re.search(r"\(at [a-z0-9, ]+\)", str(error))
        msg = f"{source} is not TOML{f' {place[0]}' if place else ''}; quote texts, one key on a line"
        raise SettingsError(msg) from None
    if not tables:
        msg = f'{source} names no caller; write a table such as [ci] and in it token = "...", {_GENERATE_TOKEN_HINT}'
        raise SettingsError(msg)
    return tables


def _parse_callers(
    tables: dict[str, Any], source: str, base_dir: Path, files: _TrackedFiles
) -> Sequence[_TokenEntry]:
    return [_parse_caller(name, table, source, base_dir, files) for name, table in tables.items()]


def _parse_caller(name: str, table: Any, source: str, base_dir: Path, files: _TrackedFiles) -> _TokenEntry:
    if not isinstance(table, dict):
        msg = f"{source}: {name!r} stands in no table; begin one above it, such as [ci]"
        raise SettingsError(msg)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        msg = f"{source}: [{name[:80]!r}] is no name; take 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'"
        raise SettingsError(msg)
    where = f"{source}: [{name}]"
    for key, value in table.items():
        if key not in _CALLER_KEYS:
            quoted = '; quote a name that has a dot: ["ci.nightly"]' if isinstance(value, dict) else ""
            msg = f"{where} {key[:80]!r} is no key of a caller{quoted or did_you_mean(key, _CALLER_KEYS)}"
            raise SettingsError(msg)
        if key == "toolsets":
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                msg = f'{where} toolsets must be a list of texts, such as ["tags", "repositories"]'
                raise SettingsError(msg)
        elif not isinstance(value, str):
            msg = f"{where} {key} must be a text in quotes, not {type(value).__name__}"
            raise SettingsError(msg)
    access = table.get("access", Access.READ)
    if access not in list(Access):
        msg = f"{where} access must be read, write or admin"
        raise SettingsError(msg)
    caller = Caller(name, Access(access), _parse_toolsets(table, where))
    in_clear = "token" in table  # asked first, since it is then replaced
    return _TokenEntry(
        caller, _resolve_token_digest(table, where, base_dir, files), where, is_plaintext=in_clear
    )


def _parse_toolsets(table: dict[str, Any], location: str) -> tuple[str, ...]:
    names = table.get("toolsets", ())
    if names == []:
        msg = f"{location} toolsets names nothing; leave it out to give what the server offers"
        raise SettingsError(msg)
    for name in names:
        if name not in _TOOLSET_NAMES:
            msg = f"{location} toolsets: {name[:80]!r} does not exist{did_you_mean(name, _TOOLSET_NAMES)}"
            raise SettingsError(msg)
    return tuple(names)


def _resolve_token_digest(
    table: dict[str, Any], location: str, base_dir: Path, files: _TrackedFiles
) -> bytes:
    given = [form for form in _TOKEN_KEYS if form in table]
    if len(given) != 1:
        what = f"has {' and '.join(given)} at once" if given else "has no token"
        msg = f"{location} {what}; give exactly one of {', '.join(_TOKEN_KEYS)}"
        raise SettingsError(msg)
    form, value = given[0], str(table[given[0]])
    if form == "token_sha256":
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", value):
            msg = (
                f"{location} token_sha256 must be 64 hex digits; print them with: printf %s TOKEN | sha256sum"
            )
            raise SettingsError(msg)
        return bytes.fromhex(value)
    if form == "token_file":
        return _validate_and_hash(
            files.read_text(base_dir / expand_home(value), f"{location} {form}").strip(), f"{location} {form}"
        )
    digest = _validate_and_hash(value, f"{location} {form}")
    table["token_sha256"] = digest.hex()  # a text is kept to be read again, but not its secrets
    del table["token"]
    return digest


def _validate_and_hash(token: str, location: str) -> bytes:
    """Return the digest of a token that is long enough and fits into a header."""
    if not re.fullmatch(r"[!-~]*", token):
        msg = (
            f"{location}: the token holds white space or other than ASCII characters; {_GENERATE_TOKEN_HINT}"
        )
        raise SettingsError(msg)
    if len(token) < _MIN_TOKEN_LENGTH:
        msg = f"{location}: the token has {len(token)} characters and needs at least {_MIN_TOKEN_LENGTH}; {_GENERATE_TOKEN_HINT}"
        raise SettingsError(msg)
    return _hash_token(token)


def _merge_unique_entries(sources: Iterable[_TokenSource]) -> tuple[_TokenEntry, ...]:
    """Return what all sources know, once it is clear whose each token is."""
    digests: dict[bytes, _TokenEntry] = {}
    names: dict[str, _TokenEntry] = {}
    for known in (known for source in sources for known in source.entries):
        if other := digests.get(known.digest):
            msg = f"{known.location}: its token is that of {other.location} too; each needs its own, {_GENERATE_TOKEN_HINT}"
            raise SettingsError(msg)
        if other := names.get(known.caller.name):
            msg = (
                f"{known.location}: {other.location} is called {known.caller.name} too; give it another name"
            )
            raise SettingsError(msg)
        digests[known.digest] = names[known.caller.name] = known
    return tuple(digests.values())


def _hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _read_file_stamp(path: Path) -> _FileStamp | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - this is asked all the time
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode
