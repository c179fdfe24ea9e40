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
from dockerhub_mcp.hub.auth.credentials import expanded
from dockerhub_mcp.server.http.auth.verifier import Caller, TokenRefused
from dockerhub_mcp.tools.access import ALL, DEFAULT
from dockerhub_mcp.tools.catalog.registry import near
from dockerhub_mcp.tools.gates import Access

logger = logging.getLogger(__name__)

_SHORTEST = 24
_FORMS = ("token", "token_sha256", "token_file")
_KEYS = (*_FORMS, "access", "toolsets")
_TOOLSETS = (DEFAULT, ALL, *map(str, Area))
_MAKE_ONE = "make one with: openssl rand -hex 32"

_Clock = Callable[[], float]
_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """A token that is good, as its digest only."""

    caller: Caller
    digest: bytes = field(repr=False)
    where: str
    in_clear: bool = False


class _Files:
    """The files that one reading looked at, and what they were like before it."""

    def __init__(self) -> None:
        self._stamps: dict[Path, _Stamp | None] = {}

    def read(self, path: Path, where: str) -> str:
        self._stamps[path] = _stamp(path)  # before reading: a change in between is then seen the next time
        try:
            return path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            msg = f"{where}: {path} cannot be read: {reason}; check the path and its permissions"
            raise SettingsError(msg) from None

    def is_open_to_others(self, path: Path) -> bool:
        """Tell whether others than its owner may use a file that was read."""
        stamp = self._stamps[path]
        return os.name == "posix" and stamp is not None and bool(stamp[-1] & 0o077)

    def changed(self) -> bool:
        return any(_stamp(path) != stamp for path, stamp in self._stamps.items())


_Load = Callable[[_Files], Sequence[_Known]]


class _Source:
    """One place that tokens come from, and what it said when it was last right."""

    known: Sequence[_Known]

    def __init__(self, load: _Load) -> None:
        self._load = load
        self.read()

    def changed(self) -> bool:
        return self._files.changed()

    def read(self) -> None:
        self._files = _Files()
        self.known = self._load(self._files)


class StaticTokens:
    """Verifies the operator's own tokens.

    Only their SHA-256 digests are kept. Files are read again when they change; one that became wrong leaves
    the tokens as they were, and the log says so once.
    """

    def __init__(self, *sources: _Source, now: _Clock = time.monotonic) -> None:
        self._sources = sources
        self._known = _distinct(sources)
        self._now = now
        self._looked_at = now()

    @classmethod
    def of_text(cls, text: str, source_name: str, *, now: _Clock = time.monotonic) -> StaticTokens:
        """Take the callers of a TOML text.

        Raises:
            SettingsError: The text cannot be used; the message says where and what to do, without secrets.
        """
        tables = _tables(text, source_name)
        return cls(_Source(lambda files: _callers(tables, source_name, Path(), files)), now=now)

    @classmethod
    def of_file(cls, path: str | Path, *, now: _Clock = time.monotonic) -> StaticTokens:
        """Take the callers of a TOML file; files that it names are sought from its own directory.

        Raises:
            SettingsError: The file cannot be used; the message says where and what to do, without secrets.
        """
        file = expanded(path)

        def load(files: _Files) -> Sequence[_Known]:
            tables = _tables(files.read(file, "The file of callers"), str(file))
            known = _callers(tables, str(file), file.parent, files)
            if any(one.in_clear for one in known) and files.is_open_to_others(file):
                logger.warning(
                    "%s holds tokens and is open to others; chmod 600 it, or use token_sha256", file
                )
            return known

        return cls(_Source(load), now=now)

    @classmethod
    def single(cls, token: str, access: Access, source_name: str = "The plain token") -> StaticTokens:
        """Take one plain token, whose caller is called `default`.

        Raises:
            SettingsError: The token is too short or holds white space.
        """
        known = _Known(Caller("default", access), _checked(token, source_name), source_name)
        return cls(_Source(lambda _: (known,)))

    def joined(self, other: StaticTokens) -> StaticTokens:
        """Return both together.

        Raises:
            SettingsError: Both have the same token, or the same name for different ones.
        """
        return StaticTokens(*self._sources, *other._sources, now=self._now)

    async def verify(self, token: str) -> Caller:
        """Return whose token it is.

        Raises:
            TokenRefused: It is nobody's.
        """
        self._look_again()
        presented = _digest(token)
        caller = None
        for known in self._known:  # all of them, so that the time tells nothing
            if hmac.compare_digest(known.digest, presented):
                caller = known.caller
        if caller is None:
            reason = "it is none of the tokens that the operator gave out"
            raise TokenRefused(reason)
        return caller

    def _look_again(self) -> None:
        moment = self._now()
        if moment - self._looked_at < 1:  # a look costs a system call for each file
            return
        self._looked_at = moment
        changed = [source for source in self._sources if source.changed()]
        if not changed:
            return
        try:
            for source in changed:
                source.read()
            self._known = _distinct(self._sources)
        except SettingsError as error:
            logger.error("%s; the tokens as they were before stay in use", error)  # noqa: TRY400
        else:
            logger.info("Tokens were read again", extra={"callers": len(self._known)})


def _tables(text: str, source: str) -> dict[str, Any]:
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # The parser's words may hold a piece of the text, so only the place is told.
        place = re.search(r"\(at [a-z0-9, ]+\)", str(error))
        msg = f"{source} is not TOML{f' {place[0]}' if place else ''}; quote texts, one key on a line"
        raise SettingsError(msg) from None
    if not tables:
        msg = f'{source} names no caller; write a table such as [ci] and in it token = "...", {_MAKE_ONE}'
        raise SettingsError(msg)
    return tables


def _callers(tables: dict[str, Any], source: str, folder: Path, files: _Files) -> Sequence[_Known]:
    return [_caller(name, table, source, folder, files) for name, table in tables.items()]


def _caller(name: str, table: Any, source: str, folder: Path, files: _Files) -> _Known:
    if not isinstance(table, dict):
        msg = f"{source}: {name!r} stands in no table; begin one above it, such as [ci]"
        raise SettingsError(msg)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        msg = f"{source}: [{name[:80]!r}] is no name; take 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'"
        raise SettingsError(msg)
    where = f"{source}: [{name}]"
    for key, value in table.items():
        if key not in _KEYS:
            quoted = '; quote a name that has a dot: ["ci.nightly"]' if isinstance(value, dict) else ""
            msg = f"{where} {key[:80]!r} is no key of a caller{quoted or near(key, _KEYS)}"
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
    caller = Caller(name, Access(access), _toolsets(table, where))
    in_clear = "token" in table  # asked first, since it is then replaced
    return _Known(caller, _secret(table, where, folder, files), where, in_clear=in_clear)


def _toolsets(table: dict[str, Any], where: str) -> tuple[str, ...]:
    names = table.get("toolsets", ())
    if names == []:
        msg = f"{where} toolsets names nothing; leave it out to give what the server offers"
        raise SettingsError(msg)
    for name in names:
        if name not in _TOOLSETS:
            msg = f"{where} toolsets: {name[:80]!r} does not exist{near(name, _TOOLSETS)}"
            raise SettingsError(msg)
    return tuple(names)


def _secret(table: dict[str, Any], where: str, folder: Path, files: _Files) -> bytes:
    given = [form for form in _FORMS if form in table]
    if len(given) != 1:
        what = f"has {' and '.join(given)} at once" if given else "has no token"
        msg = f"{where} {what}; give exactly one of {', '.join(_FORMS)}"
        raise SettingsError(msg)
    form, value = given[0], str(table[given[0]])
    if form == "token_sha256":
        if not re.fullmatch(r"[0-9A-Fa-f]{64}", value):
            msg = f"{where} token_sha256 must be 64 hex digits; print them with: printf %s TOKEN | sha256sum"
            raise SettingsError(msg)
        return bytes.fromhex(value)
    if form == "token_file":
        return _checked(files.read(folder / expanded(value), f"{where} {form}").strip(), f"{where} {form}")
    digest = _checked(value, f"{where} {form}")
    table["token_sha256"] = digest.hex()  # a text is kept to be read again, but not its secrets
    del table["token"]
    return digest


def _checked(token: str, where: str) -> bytes:
    """Return the digest of a token that is long enough and fits into a header."""
    if not re.fullmatch(r"[!-~]*", token):
        msg = f"{where}: the token holds white space or other than ASCII characters; {_MAKE_ONE}"
        raise SettingsError(msg)
    if len(token) < _SHORTEST:
        msg = f"{where}: the token has {len(token)} characters and needs at least {_SHORTEST}; {_MAKE_ONE}"
        raise SettingsError(msg)
    return _digest(token)


def _distinct(sources: Iterable[_Source]) -> tuple[_Known, ...]:
    """Return what all sources know, once it is clear whose each token is."""
    digests: dict[bytes, _Known] = {}
    names: dict[str, _Known] = {}
    for known in (known for source in sources for known in source.known):
        if other := digests.get(known.digest):
            msg = f"{known.where}: its token is that of {other.where} too; each needs its own, {_MAKE_ONE}"
            raise SettingsError(msg)
        if other := names.get(known.caller.name):
            msg = f"{known.where}: {other.where} is called {known.caller.name} too; give it another name"
            raise SettingsError(msg)
        digests[known.digest] = names[known.caller.name] = known
    return tuple(digests.values())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _stamp(path: Path) -> _Stamp | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - this is asked all the time
    except (OSError, ValueError):
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode
