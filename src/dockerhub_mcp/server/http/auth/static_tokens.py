"""Verify the bearer tokens that the operator issues."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dockerhub_mcp.config import SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import FileTimeoutError, FileWorker
from dockerhub_mcp.server.http.auth.token_file import (
    GENERATE_TOKEN_HINT,
    TokenEntry,
    TrackedFiles,
    hash_token,
    parse_callers,
    parse_toml,
    validate_and_hash,
)
from dockerhub_mcp.server.http.auth.verifier import Caller, InvalidToken
from dockerhub_mcp.tools.access import Access

logger = logging.getLogger(__name__)

_CHECK_INTERVAL = 1.0  # seconds between two checks for changed files, each of which costs a system call

_Clock = Callable[[], float]
_LoadEntries = Callable[[TrackedFiles], Sequence[TokenEntry]]


class _TokenSource:
    """One source of tokens, with its entries as of the last successful load."""

    entries: Sequence[TokenEntry]

    def __init__(self, load_entries: _LoadEntries) -> None:
        self._load_entries = load_entries
        self.reload_entries()

    @property
    def has_files(self) -> bool:
        return self._files.is_used

    def has_changed(self) -> bool:
        return self._files.has_changed()

    def reload_entries(self) -> None:
        self._files = TrackedFiles()
        self.entries = self._load_entries(self._files)


class StaticTokenVerifier:
    """Verifies the operator's tokens, of which only SHA-256 digests are kept.

    Files are read again when they change. If a changed file is invalid, the previous tokens stay valid and
    the log reports it once.
    """

    def __init__(self, *sources: _TokenSource, clock: _Clock = time.monotonic) -> None:
        self._sources = sources
        self._entries = _merge_unique_entries(sources)
        self._clock = clock
        self._checked_at = clock()
        self._worker = FileWorker()
        self._is_hanging = False

    @classmethod
    def from_toml(cls, text: str, source_name: str, *, clock: _Clock = time.monotonic) -> StaticTokenVerifier:
        """Load the callers of a TOML text.

        Raises:
            SettingsError: The text is invalid; the message says where, and contains no token.
        """
        tables = parse_toml(text, source_name)
        return cls(_TokenSource(lambda files: parse_callers(tables, source_name, Path(), files)), clock=clock)

    @classmethod
    def from_file(cls, path: str | Path, *, clock: _Clock = time.monotonic) -> StaticTokenVerifier:
        """Load the callers of a TOML file; paths in it are relative to its directory.

        Raises:
            SettingsError: The file is invalid; the message says where, and contains no token.
        """
        file = expand_home(path)

        def load_entries(files: TrackedFiles) -> Sequence[TokenEntry]:
            tables = parse_toml(files.read_text(file), str(file))
            entries = parse_callers(tables, str(file), file.parent, files)
            if any(entry.is_plaintext for entry in entries) and files.has_open_permissions(file):
                logger.warning(
                    "%s contains tokens and is accessible to other users; chmod 600 it, or use token_sha256",
                    file,
                )
            return entries

        return cls(_TokenSource(load_entries), clock=clock)

    @classmethod
    def from_token(
        cls, token: str, access: Access, source_name: str = "The plain token"
    ) -> StaticTokenVerifier:
        """Load a single token of a caller named `default`.

        Raises:
            SettingsError: The token is too short, or contains whitespace or non-ASCII characters.
        """
        entry = TokenEntry(Caller("default", access), validate_and_hash(token, source_name), source_name)
        return cls(_TokenSource(lambda _: (entry,)))

    def merge_with(self, other: StaticTokenVerifier) -> StaticTokenVerifier:
        """Return a verifier that accepts the tokens of both.

        Raises:
            SettingsError: Both contain the same token, or the same name for different tokens.
        """
        return StaticTokenVerifier(*self._sources, *other._sources, clock=self._clock)

    async def verify_token(self, token: str) -> Caller:
        """Return the caller that the token belongs to.

        Raises:
            InvalidToken: No caller has it.
        """
        await self._reload_changed_sources()
        caller = self._find_caller(token)
        if caller is None:
            reason = "it is none of the tokens that the operator issued"
            raise InvalidToken(reason)
        return caller

    def has_token(self, token: str) -> bool:
        """Tell whether a caller has this token, as of the last load."""
        return self._find_caller(token) is not None

    def _find_caller(self, token: str) -> Caller | None:
        presented = hash_token(token)
        caller = None
        for entry in self._entries:  # without stopping early, so that the time reveals nothing
            if hmac.compare_digest(entry.digest, presented):
                caller = entry.caller
        return caller

    async def _reload_changed_sources(self) -> None:
        """Reload changed files without blocking the event loop; while they hang, their tokens stay valid."""
        now = self._clock()
        if now - self._checked_at < _CHECK_INTERVAL or not any(source.has_files for source in self._sources):
            return
        self._checked_at = now
        try:
            if not await self._worker.run(self._reload_entries):
                return
        except FileTimeoutError as error:
            if not self._is_hanging:
                logger.warning("the files of callers: %s; their tokens stay in use", error.strerror)
            self._is_hanging = True
            return
        except SettingsError as error:
            logger.error("%s; the previous tokens stay in use", error)  # noqa: TRY400 - expected, no traceback
        else:
            logger.info("tokens were reloaded", extra={"callers": len(self._entries)})
        self._is_hanging = False

    def _reload_entries(self) -> bool:
        """Reload the sources that have changed, and return whether there were any.

        Raises:
            SettingsError: One of them is invalid.
        """
        changed = [source for source in self._sources if source.has_changed()]
        for source in changed:
            source.reload_entries()
        if changed:
            self._entries = _merge_unique_entries(self._sources)
        return bool(changed)


def _merge_unique_entries(sources: Iterable[_TokenSource]) -> tuple[TokenEntry, ...]:
    """Return the entries of all sources.

    Raises:
        SettingsError: Two callers have the same token or the same name.
    """
    by_digest: dict[bytes, TokenEntry] = {}
    by_name: dict[str, TokenEntry] = {}
    for entry in (entry for source in sources for entry in source.entries):
        if other := by_digest.get(entry.digest):
            problem = f"its token is also that of {other.location}; each needs its own"
            msg = f"{entry.location}: {problem}, {GENERATE_TOKEN_HINT}"
            raise SettingsError(msg)
        if other := by_name.get(entry.caller.name):
            msg = f"{entry.location}: {other.location} is also named {entry.caller.name}; rename one"
            raise SettingsError(msg)
        by_digest[entry.digest] = by_name[entry.caller.name] = entry
    return tuple(by_digest.values())
