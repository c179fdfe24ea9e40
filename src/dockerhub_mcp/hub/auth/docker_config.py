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

HUB_SERVER_URL = "https://index.docker.io/v1/"
HELPER_PREFIX = "docker-credential-"
NOT_FOUND_MESSAGE = "credentials not found in native keychain"
"""What a helper writes where it keeps nothing under a key; the protocol has no other sign."""

LOGIN_HINT = "Run `docker login` in a terminal"
_HUB_ALIASES = ("index.docker.io", "docker.io", "registry-1.docker.io")
_TOKEN_USERNAME = "<token>"  # stands for the user name where what is kept is an identity token
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A name and a secret that were kept."""

    name: str
    secret: str = field(repr=False)
    location: str
    """Where, for people."""


@dataclass(frozen=True, slots=True)
class HelperLookup:
    """A credential helper is to be asked.

    Attributes:
        helper: Its name without the prefix, such as `osxkeychain`; no path.
        server_urls: The keys to ask for, in this order.
    """

    helper: str
    server_urls: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of its program."""
        return HELPER_PREFIX + self.helper


@dataclass(frozen=True, slots=True)
class LoginServer:
    """What a login is kept for.

    A login to Docker Hub is for Docker's own address alone. For a Hub on this machine, such as a sandbox,
    only an entry counts that names its very address: `docker login` never writes one with `http://`, so
    somebody meant it.
    """

    urls: tuple[str, ...]
    is_docker_hub: bool

    @classmethod
    def from_base_url(cls, base_url: str, docker_hub_url: str) -> LoginServer | None:
        """Return what to look for; None where Docker's store has nothing for the address.

        Args:
            base_url: Where requests go.
            docker_hub_url: Docker's own address.
        """
        base_url = base_url.strip().rstrip("/")
        if base_url.lower() == docker_hub_url:
            return cls((HUB_SERVER_URL, *_HUB_ALIASES), is_docker_hub=True)
        return (
            cls((base_url,), is_docker_hub=False) if is_loopback(urlsplit(base_url).hostname or "") else None
        )

    def find_entry(self, entries: Mapping[str, Any]) -> tuple[str, Any] | None:
        """Return the key and the entry of this server; what is written in the usual way comes first."""
        for key in self.urls:
            if key in entries:
                return key, entries[key]
        wanted = {_normalize_server_url(key) for key in self.urls}
        return next(
            ((key, value) for key, value in entries.items() if _normalize_server_url(key) in wanted), None
        )


def find_login(text: str, server: LoginServer, *, config_name: str) -> StoredLogin | HelperLookup | None:
    """Find the login of a server in the text of a `config.json`, in the order that Docker has.

    Args:
        text: The file's content.
        server: Whose login.
        config_name: How to name the file to people.

    Raises:
        CredentialError: The text is no such file, or the entry cannot be used.
    """
    config = _parse_config(text, config_name)
    helper = server.find_entry(_get_mapping(config, "credHelpers"))
    if helper is not None:
        key, name = helper
        if name:  # an empty one means: not by the helper that is for all others
            servers = (HUB_SERVER_URL, key) if server.is_docker_hub and key != HUB_SERVER_URL else (key,)
            return HelperLookup(_validate_helper_name(name, config_name), servers)
    elif server.is_docker_hub and config.get("credsStore"):
        return HelperLookup(_validate_helper_name(config["credsStore"], config_name), (HUB_SERVER_URL,))
    found = server.find_entry(_get_mapping(config, "auths"))
    return None if found is None else _parse_auth_entry(found[1], config_name)


def parse_helper_output(text: str, *, program: str) -> StoredLogin | None:
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
        raise CredentialError(what, remedy=helper_remedy(program))
    if name == _TOKEN_USERNAME:
        raise _identity_token_error(program)
    return _validate_login(name, secret, program)


def helper_remedy(program: str) -> str:
    """Return what to do about a helper that does not work."""
    return (
        f"Run `{program} list` in a terminal to see why, or leave Docker's login out with "
        "--no-docker-credentials."
    )


def _parse_auth_entry(entry: Any, config_name: str) -> StoredLogin | None:
    if not isinstance(entry, dict):
        what = f"The entry for Docker Hub in {config_name} is not an object."
        raise CredentialError(what, remedy=f"{LOGIN_HINT}, which writes it anew.")
    name, secret = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        name, secret = _decode_auth(entry["auth"], config_name)
    if not secret and (entry.get("identitytoken") or entry.get("registrytoken")):
        raise _identity_token_error(config_name)
    if not isinstance(name, str) or not isinstance(secret, str):
        return None  # an empty entry says only that a helper has it
    return _validate_login(name, secret, config_name)


def _decode_auth(auth: Any, config_name: str) -> tuple[str, str]:
    try:
        name, colon, secret = base64.b64decode(str(auth), validate=True).decode().partition(":")
    except ValueError:
        name, colon, secret = "", "", ""
    if not name or not colon:
        what = f"The entry for Docker Hub in {config_name} has an `auth` that is not base64 of a name and a secret."
        raise CredentialError(what, remedy=f"{LOGIN_HINT}, which writes it anew.")
    return name, secret.strip("\0")


def _validate_login(name: str, secret: str, location: str) -> StoredLogin | None:
    name, secret = name.strip(), secret.strip()
    if not name or not secret:
        return None
    if re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", secret):
        what = f"The login in {location} is a session of Docker's sign-in service, not a password or token."
        why = "The Hub's API exchanges passwords, personal and organization access tokens alone."
        raise CredentialError(what, why=why, remedy=f"{LOGIN_HINT} with a personal access token: -u NAME.")
    return StoredLogin(name, secret, location)


def _identity_token_error(location: str) -> CredentialError:
    what = f"The login in {location} is an identity token, which is for registries; the Hub's API takes none."
    return CredentialError(what, remedy=f"{LOGIN_HINT} with a personal access token: -u NAME.")


def _validate_helper_name(name: Any, config_name: str) -> str:
    """Return the name of a helper, which must not lead to another place."""
    if isinstance(name, str) and _HELPER_NAME.fullmatch(name):
        return name
    what = f"{config_name} names a credential helper whose name cannot be one."
    remedy = "A helper's name has letters, digits, dots, dashes and underscores, such as osxkeychain."
    raise CredentialError(what, remedy=remedy)


def _parse_config(text: str, config_name: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        what = f"{config_name} is not the JSON object that Docker writes."
        raise CredentialError(what, remedy="Correct it, or leave it out with --no-docker-credentials.")
    return config


def _get_mapping(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = config.get(name)
    return value if isinstance(value, dict) else {}


def _normalize_server_url(url: str) -> str:
    """Return a key as it is compared: people and other tools write the same server in several ways."""
    plain = url.strip().lower().removeprefix("https://").rstrip("/")
    return plain.removesuffix("/v1").removesuffix("/v2").rstrip("/")
