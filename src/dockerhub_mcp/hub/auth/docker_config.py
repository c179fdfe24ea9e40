"""The logins in Docker's `config.json`: inline, or a reference to a credential helper.

This module only parses text; it reads no file and runs no program. The keys are those of Docker's command
line, which stores every login to Docker Hub under `https://index.docker.io/v1/`. A login through the browser
stores an access token made for it there, the account's own bearer token under `.../access-token`, and the
token that renews that one under `.../refresh-token`, which only Docker's command line uses.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dockerhub_mcp.hub.auth.secret_checks import check_name, check_secret
from dockerhub_mcp.hub.auth.stored_session import StoredSession, build_session, is_jwt
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.hub.transport.urls import is_loopback

HUB_SERVER_URL = "https://index.docker.io/v1/"
HELPER_PREFIX = "docker-credential-"
NOT_FOUND_MESSAGE = "credentials not found in native keychain"
"""What a helper prints when it has no credentials for a key; the protocol has no other signal."""

LOGIN_HINT = "Run `docker login` in a terminal"
_HUB_ALIASES = ("index.docker.io", "docker.io", "registry-1.docker.io")
_TOKEN_USERNAME = "<token>"  # the username under which Docker stores an identity token
_SESSION_SUFFIX = "/access-token"
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A username and secret that Docker stored.

    Attributes:
        name: The username.
        secret: The password or token.
        location: The file or program that holds them, for messages.
    """

    name: str
    secret: str = field(repr=False)
    location: str


@dataclass(frozen=True, slots=True)
class HelperLookup:
    """A lookup to make with a credential helper.

    Attributes:
        helper: The helper's name without the prefix, such as `osxkeychain`; never a path.
        server_urls: The keys to look up, in this order.
    """

    helper: str
    server_urls: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of the helper's executable."""
        return HELPER_PREFIX + self.helper


@dataclass(frozen=True, slots=True)
class LoginServer:
    """The server that a login is looked up for.

    A login to Docker Hub is used for Docker's own address only. For a Hub on this machine, such as a
    sandbox, an entry must name exactly that address: `docker login` never writes a key with `http://`, so
    such an entry was added on purpose.

    Attributes:
        urls: The keys that the login may be stored under, the usual one first.
        is_docker_hub: Whether this is Docker Hub itself.
    """

    urls: tuple[str, ...]
    is_docker_hub: bool

    @property
    def session(self) -> LoginServer:
        """The key under which the session of a browser login is stored."""
        return LoginServer((f"{self.urls[0].rstrip('/')}{_SESSION_SUFFIX}",), self.is_docker_hub)

    @classmethod
    def from_base_url(cls, base_url: str, docker_hub_url: str) -> LoginServer | None:
        """Return the server of an address; None where no login of Docker's may be used for it.

        Args:
            base_url: The address that requests are sent to.
            docker_hub_url: The address of Docker Hub.
        """
        base_url = base_url.strip().rstrip("/")
        if base_url.lower() == docker_hub_url:
            return cls((HUB_SERVER_URL, *_HUB_ALIASES), is_docker_hub=True)
        return (
            cls((base_url,), is_docker_hub=False) if is_loopback(urlsplit(base_url).hostname or "") else None
        )

    def find_entry(self, entries: Mapping[str, Any]) -> tuple[str, Any] | None:
        """Return the key and the value of this server's entry, preferring keys in Docker's usual form."""
        for key in self.urls:
            if key in entries:
                return key, entries[key]
        wanted = {_normalize_server_url(key) for key in self.urls}
        return next(
            ((key, value) for key, value in entries.items() if _normalize_server_url(key) in wanted), None
        )


def find_login(text: str, server: LoginServer, *, config_name: str) -> StoredLogin | HelperLookup | None:
    """Find a server's login in the text of a `config.json`, in Docker's order of precedence.

    Args:
        text: The content of the file.
        server: The server to look for.
        config_name: The name of the file in error messages.

    Raises:
        CredentialError: The text is not a Docker configuration, or the entry cannot be used.
    """
    config = _parse_config(text, config_name)
    helper = server.find_entry(_get_mapping(config, "credHelpers"))
    if helper is not None:
        key, name = helper
        if name:  # an empty name means that this server does not use the default helper
            servers = (HUB_SERVER_URL, key) if server.is_docker_hub and key != HUB_SERVER_URL else (key,)
            return HelperLookup(_validate_helper_name(name, config_name), servers)
    elif server.is_docker_hub and config.get("credsStore"):
        return HelperLookup(_validate_helper_name(config["credsStore"], config_name), (HUB_SERVER_URL,))
    found = server.find_entry(_get_mapping(config, "auths"))
    return None if found is None else _parse_auth_entry(found[1], config_name)


def find_session(text: str, server: LoginServer, *, config_name: str) -> StoredSession | HelperLookup | None:
    """Find the session of a browser login in the text of a `config.json`, if it holds one.

    Docker's command line keeps it where it keeps the login.

    Args:
        text: The content of the file.
        server: The server that the session signs in to.
        config_name: The name of the file in messages.

    Raises:
        CredentialError: The text is not a Docker configuration.
    """
    config = _parse_config(text, config_name)
    helper = server.find_entry(_get_mapping(config, "credHelpers"))
    program = helper[1] if helper else config.get("credsStore") if server.is_docker_hub else None
    if program:
        return HelperLookup(_validate_helper_name(program, config_name), server.session.urls)
    found = server.session.find_entry(_get_mapping(config, "auths"))
    if found is None or not isinstance(found[1], dict):
        return None
    name, secret = found[1].get("username"), found[1].get("password")
    if found[1].get("auth"):
        name, secret = _decode_auth(found[1]["auth"], config_name)
    return build_session(name, secret, config_name)


def parse_helper_output(text: str, *, program: str) -> StoredLogin | None:
    """Parse the output of a helper's `get`; None where it holds no credentials.

    Args:
        text: The output.
        program: The name of the helper's executable, for error messages.

    Raises:
        CredentialError: The output is not that of a credential helper, or cannot be used.
    """
    try:
        output = json.loads(text)
    except (ValueError, RecursionError):
        output = None
    name, secret = (
        (output.get("Username"), output.get("Secret")) if isinstance(output, dict) else (None, None)
    )
    if not isinstance(name, str) or not isinstance(secret, str):
        what = f"{program} did not return the JSON of a credential helper."
        raise CredentialError(what, remedy=helper_remedy(program))
    if name == _TOKEN_USERNAME:
        raise _identity_token_error(program)
    return _validate_login(name, secret, program)


def helper_remedy(program: str) -> str:
    """Return the remedy for a helper that does not work."""
    return (
        f"Run `{program} list` in a terminal to see why, or leave Docker's login out with "
        "--no-docker-credentials."
    )


def _parse_auth_entry(entry: Any, config_name: str) -> StoredLogin | None:
    if not isinstance(entry, dict):
        what = f"The entry for Docker Hub in {config_name} is not an object."
        raise CredentialError(what, remedy=f"{LOGIN_HINT} to write it again.")
    name, secret = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        name, secret = _decode_auth(entry["auth"], config_name)
    if not secret and (entry.get("identitytoken") or entry.get("registrytoken")):
        raise _identity_token_error(config_name)
    if not isinstance(name, str) or not isinstance(secret, str):
        return None  # an empty entry only records that a helper holds the login
    return _validate_login(name, secret, config_name)


def _decode_auth(auth: Any, config_name: str) -> tuple[str, str]:
    try:
        name, colon, secret = base64.b64decode(str(auth), validate=True).decode().partition(":")
    except ValueError:
        name, colon, secret = "", "", ""
    if not name or not colon:
        what = f"The `auth` for Docker Hub in {config_name} is not base64 of a name and a secret."
        raise CredentialError(what, remedy=f"{LOGIN_HINT} to write it again.")
    return name, secret.strip("\0")


def _validate_login(name: str, secret: str, location: str) -> StoredLogin | None:
    name, secret = name.strip(), secret.strip()
    if not name or not secret:
        return None
    if is_jwt(secret):
        what = f"The login in {location} is a session of Docker's sign-in service, not a password or token."
        why = "Signing in takes a password, or a personal or organization access token."
        raise CredentialError(what, why=why, remedy=f"{LOGIN_HINT} with a personal access token: -u NAME.")
    try:
        check_name(name, f"The user name in {location}")
        check_secret(secret, f"The login in {location}")
    except CredentialError as error:
        raise CredentialError(error.what, remedy=f"{LOGIN_HINT} to write it again.") from None
    return StoredLogin(name, secret, location)


def _identity_token_error(location: str) -> CredentialError:
    what = f"The login in {location} is an identity token, which is for registries, not for the Hub's API."
    return CredentialError(what, remedy=f"{LOGIN_HINT} with a personal access token: -u NAME.")


def _validate_helper_name(name: Any, config_name: str) -> str:
    """Return a helper's name, which must not be a path to another program."""
    if isinstance(name, str) and _HELPER_NAME.fullmatch(name):
        return name
    what = f"{config_name} names a credential helper with an invalid name."
    remedy = "Use letters, digits, dots, dashes and underscores, as in osxkeychain."
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
    """Return a key in a form to compare: tools write the same server in several ways."""
    plain = url.strip().lower().removeprefix("https://").rstrip("/")
    return plain.removesuffix("/v1").removesuffix("/v2").rstrip("/")
