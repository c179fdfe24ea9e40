"""Check and read the settings of the store that replicas share."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dockerhub_mcp.bootstrap.secret_values import read_secret_value
from dockerhub_mcp.config import Problem, Settings, SettingsError
from dockerhub_mcp.hub.files import describe_read_error

STORE_URL_ENV = "DOCKERHUB_MCP_STORE_URL"
_SCHEMES = ("redis", "rediss", "unix")
_OPTIONS = ("db", "ssl_ca_certs")
_EXAMPLE = "rediss://:password@valkey.example.com:6379/0"


def has_store(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Tell whether the settings name a store that replicas share."""
    return bool(settings.store_url_file or environment.get(STORE_URL_ENV, "").strip())


def read_store_url(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return the URL of the store; empty without one.

    Raises:
        SettingsError: The file cannot be read or is empty, the URL is set twice, or it cannot be used. The
            messages contain nothing of the URL.
    """
    path = settings.store_url_file
    remedy = f"write a URL such as {_EXAMPLE} into it"
    url = read_secret_value("--store-url-file", path, STORE_URL_ENV, environment, remedy=remedy)
    if url and (flaw := _find_flaw(url)):
        source = f"the URL in {path} (--store-url-file)" if path else STORE_URL_ENV
        msg = f"{source} {flaw}"
        raise SettingsError(msg)
    return url


def list_url_secrets(url: str) -> list[str]:
    """Return the password of a URL, as it is written and decoded; nothing without one."""
    password = urlsplit(url).password or ""
    return [secret for secret in (password, unquote(password)) if secret]


def check_store(settings: Settings, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Report a store that cannot be used, or that needs other settings. It is not contacted."""
    if not has_store(settings, environment):
        return
    source = "--store-url-file" if settings.store_url_file else STORE_URL_ENV
    try:
        read_store_url(settings, environment)
    except SettingsError as error:
        yield Problem(source, str(error))
    if find_spec("redis") is None:
        yield Problem(source, f"{source} needs the Python package redis: pip install 'dockerhub-mcp[store]'")
    if not settings.state_key_file:
        yield Problem(
            "--state-key-file",
            f"{source} needs --state-key-file, whose key seals what the store keeps",
            "make one for all replicas: openssl rand -hex 32 > state.key",
        )
    if settings.plans_dir:
        yield Problem(
            "--plans-dir",
            f"--plans-dir cannot be combined with {source}: clean-up plans are then kept in the store",
            "leave it out",
        )


def _find_flaw(url: str) -> str:
    """Return what is wrong with a URL, as a predicate that quotes nothing of it; empty if nothing is."""
    if not re.fullmatch(r"[!-~]+", url):
        return "contains a space or another character that a URL must escape"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no valid URL; escape the special characters of its password, such as / as %2F"
    if parts.scheme not in _SCHEMES:
        return f"must begin with redis://, rediss:// or unix://, as in {_EXAMPLE}"
    if parts.fragment:
        return "contains #; write it as %23"
    if parts.scheme == "unix":
        if parts.hostname or not parts.path.startswith("/"):
            return "must name a socket by its absolute path, as in unix:///run/valkey.sock"
    elif not parts.hostname or port == 0:
        return f"must name a host, as in {_EXAMPLE}"
    elif not re.fullmatch(r"/?\d*", parts.path):
        return "must have the number of a database as its path, or none"
    return _find_option_flaw(parts)


def _find_option_flaw(parts: SplitResult) -> str:
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            # Any other text may be part of a password that was not escaped.
            shown = f"the option {name}" if re.fullmatch(r"[a-z_]{1,40}", name) else "an option"
            return f"has {shown}, which is not accepted; only {' and '.join(_OPTIONS)} are"
        if name == "db" and not re.fullmatch(r"\d{1,4}", value):
            return "has a db that is no number"
        if name == "ssl_ca_certs":
            if parts.scheme != "rediss":
                return "has ssl_ca_certs, which is for rediss:// only"
            try:
                ssl.create_default_context(cafile=value)
            except (OSError, ValueError) as error:  # an SSLError is an OSError
                no_certificates = isinstance(error, ssl.SSLError)
                reason = "it holds no certificates" if no_certificates else describe_read_error(error)
                return f"has ssl_ca_certs with a file that cannot be used: {reason}"
    return ""
