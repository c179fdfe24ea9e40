"""Read the secrets of the HTTP server: the callers' tokens, the keys of replicas and metrics' token."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from dockerhub_mcp.bootstrap.secret_values import read_secret_value
from dockerhub_mcp.config import Settings, SettingsError
from dockerhub_mcp.hub.auth.credentials import expand_home
from dockerhub_mcp.hub.files import read_file
from dockerhub_mcp.server.http.auth.static_tokens import StaticTokenVerifier
from dockerhub_mcp.server.http.middleware.metrics import METRICS_TOKEN_ENV
from dockerhub_mcp.shared.keys import KeyRing
from dockerhub_mcp.tools.access import Access

AUTH_TOKEN_ENV, AUTH_TOKENS_ENV = "DOCKERHUB_MCP_AUTH_TOKEN", "DOCKERHUB_MCP_AUTH_TOKENS"
PEER_AUTH_TOKEN_ENV = "MCP_AUTH_TOKEN"  # the variable that docker/hub-mcp reads
MIN_KEY_BYTES = 32


def load_static_tokens(settings: Settings, environment: Mapping[str, str]) -> StaticTokenVerifier | None:
    """Load the callers' tokens that the operator configured; None without any.

    Raises:
        SettingsError: A file or variable cannot be used, or two of them contradict each other.
    """
    found = []
    if settings.auth_tokens_file:
        try:
            found.append(StaticTokenVerifier.from_file(expand_home(settings.auth_tokens_file)))
        except SettingsError as error:
            msg = f"--auth-tokens-file: {error}"
            raise SettingsError(msg) from None
    if text := environment.get(AUTH_TOKENS_ENV, "").strip():
        found.append(StaticTokenVerifier.from_toml(text, AUTH_TOKENS_ENV))
    variable, token = find_auth_token(environment)
    if token:
        found.append(StaticTokenVerifier.from_token(token, Access.ADMIN, variable))
    if not found:
        return None
    tokens, *others = found
    for other in others:
        tokens = tokens.merge_with(other)
    return tokens


def find_auth_token(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable of the token that all callers share, and the token; both empty without one.

    Raises:
        SettingsError: This server's variable and that of docker/hub-mcp hold different tokens.
    """
    tokens = {name: environment.get(name, "").strip() for name in (AUTH_TOKEN_ENV, PEER_AUTH_TOKEN_ENV)}
    found = [(name, token) for name, token in tokens.items() if token]
    if len({token for _, token in found}) > 1:
        names = f"{AUTH_TOKEN_ENV} and {PEER_AUTH_TOKEN_ENV}"
        msg = f"{names} are both set, to different tokens; unset one of them"
        raise SettingsError(msg)
    return found[0] if found else ("", "")


def load_state_keys(settings: Settings) -> KeyRing:
    """Return the keys that replicas share, or a new one for this process alone.

    A file of printable ASCII holds one key a line: the first is in use, the others are accepted while keys
    are rotated. Any other file is one key.

    Raises:
        SettingsError: The file cannot be read, or a key is too short.
    """
    path = settings.state_key_file
    if not path:
        return KeyRing([secrets.token_bytes(MIN_KEY_BYTES)])
    try:
        content = read_file(expand_home(path))
    except OSError as error:
        msg = (
            f"--state-key-file names {path}, which cannot be read: {error.strerror}; check the path and its "
            "permissions"
        )
        raise SettingsError(msg) from None
    is_text = re.fullmatch(rb"[\t\n\r -~]*", content) is not None
    lines = [line.strip() for line in content.splitlines()] if is_text else [content.strip()]
    keys = [line for line in lines if line]
    if len(keys) <= 1 and len(content.strip()) < MIN_KEY_BYTES:
        msg = f"--state-key-file must hold {MIN_KEY_BYTES} bytes or more: openssl rand -hex 32 > {path}"
        raise SettingsError(msg)
    for number, line in enumerate(lines, 1):
        if 0 < len(line) < MIN_KEY_BYTES:
            msg = (
                f"--state-key-file: line {number} of {path} has fewer than {MIN_KEY_BYTES} characters; each "
                "line is a key, made with openssl rand -hex 32"
            )
            raise SettingsError(msg)
    return KeyRing(keys)


def read_metrics_token(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the bearer token that `/metrics` requires; empty if it requires none, or without `--metrics`.

    Raises:
        SettingsError: The file cannot be read or is empty, or the token is set twice.
    """
    if not settings.metrics:
        return ""
    path = settings.metrics_token_file
    remedy = f"write the token into it: openssl rand -hex 32 > {path}"
    return read_secret_value("--metrics-token-file", path, METRICS_TOKEN_ENV, environment, remedy=remedy)
