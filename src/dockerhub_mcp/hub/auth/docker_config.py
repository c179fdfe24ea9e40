"""Docker's own store of logins: what `docker login` wrote into `config.json`, or which program keeps it.

Nothing here reads a file or runs a program. The keys are those that Docker's command line uses: a login to
Docker Hub is kept under `https://index.docker.io/v1/`, whichever way somebody logged in. Beside it a login
through the browser leaves `.../access-token` and `.../refresh-token`. These are for Docker's own sign-in
service, nothing says that the Hub's API takes them, and so they are not looked at.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.transport.urls import is_loopback

HUB_KEY = "https://index.docker.io/v1/"
PREFIX = "docker-credential-"
NOT_FOUND = "credentials not found in native keychain"
"""What a helper writes where it keeps nothing under a key; the protocol has no other sign."""

LOG_IN = "Run `docker login` in a terminal"
_ALSO_THE_HUB = ("index.docker.io", "docker.io", "registry-1.docker.io")
_TOKEN_NAME = "<token>"  # stands for the user name where what is kept is an identity token
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a secret that were kept."""

    name: str
    secret: str = field(repr=False)
    kept_in: str
    """Where, for people."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A credential helper is to be asked.

    Attributes:
        helper: Its name without the prefix, such as `osxkeychain`; no path.
        servers: The keys to ask for, in this order.
    """

    helper: str
    servers: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of its program."""
        return PREFIX + self.helper


@dataclass(frozen=True, slots=True)
class Server:
    """What a login is kept for.

    A login to Docker Hub is for Docker's own address alone. For a Hub on this machine, such as a sandbox,
    only an entry counts that names its very address: `docker login` never writes one with `http://`, so
    somebody meant it.
    """

    keys: tuple[str, ...]
    is_the_hub: bool

    @classmethod
    def of(cls, base_url: str, hub: str) -> Server | None:
        """Return what to look for; None where Docker's store has nothing for the address.

        Args:
            base_url: Where requests go.
            hub: Docker's own address.
        """
        base_url = base_url.strip().rstrip("/")
        if base_url.lower() == hub:
            return cls((HUB_KEY, *_ALSO_THE_HUB), is_the_hub=True)
        return cls((base_url,), is_the_hub=False) if is_loopback(urlsplit(base_url).hostname or "") else None

    def entry(self, entries: Mapping[str, Any]) -> tuple[str, Any] | None:
        """Return the key and the entry of this server; what is written in the usual way comes first."""
        for key in self.keys:
            if key in entries:
                return key, entries[key]
        wanted = {_plain(key) for key in self.keys}
        return next(((key, value) for key, value in entries.items() if _plain(key) in wanted), None)


def look_up(text: str, server: Server, *, named: str) -> Login | Ask | None:
    """Find the login of a server in the text of a `config.json`, in the order that Docker has.

    Args:
        text: The file's content.
        server: Whose login.
        named: How to name the file to people.

    Raises:
        CredentialError: The text is no such file, or the entry cannot be used.
    """
    config = _object(text, named)
    helper = server.entry(_mapping(config, "credHelpers"))
    if helper is not None:
        key, name = helper
        if name:  # an empty one means: not by the helper that is for all others
            servers = (HUB_KEY, key) if server.is_the_hub and key != HUB_KEY else (key,)
            return Ask(_checked_helper(name, named), servers)
    elif server.is_the_hub and config.get("credsStore"):
        return Ask(_checked_helper(config["credsStore"], named), (HUB_KEY,))
    found = server.entry(_mapping(config, "auths"))
    return None if found is None else _of_entry(found[1], named)


def of_answer(text: str, *, program: str) -> Login | None:
    """Read what a helper answered; None where it keeps nothing.

    Raises:
        CredentialError: It is not what a helper answers, or cannot be used.
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    name, secret = (
        (answer.get("Username"), answer.get("Secret")) if isinstance(answer, dict) else (None, None)
    )
    if not isinstance(name, str) or not isinstance(secret, str):
        what = f"{program} answered something that is not the JSON of a credential helper."
        raise CredentialError(what, remedy=check_helper(program))
    if name == _TOKEN_NAME:
        raise _identity_token(program)
    return _usable(name, secret, program)


def check_helper(program: str) -> str:
    """Return what to do about a helper that does not work."""
    return (
        f"Run `{program} list` in a terminal to see why, or leave Docker's login out with "
        "--no-docker-credentials."
    )


def _of_entry(entry: Any, named: str) -> Login | None:
    if not isinstance(entry, dict):
        what = f"The entry for Docker Hub in {named} is not an object."
        raise CredentialError(what, remedy=f"{LOG_IN}, which writes it anew.")
    name, secret = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        name, secret = _decoded(entry["auth"], named)
    if not secret and (entry.get("identitytoken") or entry.get("registrytoken")):
        raise _identity_token(named)
    if not isinstance(name, str) or not isinstance(secret, str):
        return None  # an empty entry says only that a helper has it
    return _usable(name, secret, named)


def _decoded(auth: Any, named: str) -> tuple[str, str]:
    try:
        name, colon, secret = base64.b64decode(str(auth), validate=True).decode().partition(":")
    except ValueError:
        name, colon, secret = "", "", ""
    if not name or not colon:
        what = f"The entry for Docker Hub in {named} has an `auth` that is not base64 of a name and a secret."
        raise CredentialError(what, remedy=f"{LOG_IN}, which writes it anew.")
    return name, secret.strip("\0")


def _usable(name: str, secret: str, kept_in: str) -> Login | None:
    name, secret = name.strip(), secret.strip()
    if not name or not secret:
        return None
    if re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", secret):
        what = f"The login in {kept_in} is a session of Docker's sign-in service, not a password or token."
        why = "The Hub's API exchanges passwords, personal and organization access tokens alone."
        raise CredentialError(what, why=why, remedy=f"{LOG_IN} with a personal access token: -u NAME.")
    return Login(name, secret, kept_in)


def _identity_token(kept_in: str) -> CredentialError:
    what = f"The login in {kept_in} is an identity token, which is for registries; the Hub's API takes none."
    return CredentialError(what, remedy=f"{LOG_IN} with a personal access token: -u NAME.")


def _checked_helper(name: Any, named: str) -> str:
    """Return the name of a helper, which must not lead to another place."""
    if isinstance(name, str) and _HELPER.fullmatch(name):
        return name
    what = f"{named} names a credential helper whose name cannot be one."
    remedy = "A helper's name has letters, digits, dots, dashes and underscores, such as osxkeychain."
    raise CredentialError(what, remedy=remedy)


def _object(text: str, named: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        what = f"{named} is not the JSON object that Docker writes."
        raise CredentialError(what, remedy="Correct it, or leave it out with --no-docker-credentials.")
    return config


def _mapping(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = config.get(name)
    return value if isinstance(value, dict) else {}


def _plain(key: str) -> str:
    """Return a key as it is compared: people and other tools write the same server in several ways."""
    plain = key.strip().lower().removeprefix("https://").rstrip("/")
    return plain.removesuffix("/v1").removesuffix("/v2").rstrip("/")
