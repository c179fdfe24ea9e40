"""Tell references to secrets from secrets, and write them in the syntax of a host."""

from __future__ import annotations

import re

from dockerhub_mcp.hub.auth.secret_checks import check_secret
from dockerhub_mcp.hub.errors import CredentialError
from dockerhub_mcp.install.hosts import Host

_REFERENCE = re.compile(
    r"\$\{[^{}]+\}|\$(?:env:)?[A-Z_][A-Z0-9_]*|\{(?:env|file):[^{}]+\}|%[A-Z_][A-Z0-9_]*%|op://\S+"
)
_VARIABLE_REFERENCE = re.compile(r"\$\{(?:env:)?(\w+)(?::-)?\}|\$(?:env:)?([A-Z_]\w*)|\{env:(\w+)\}|%(\w+)%")
_DEFAULT = re.compile(r"\$\{\w+:-(.+)\}")


def get_default_value(value: str) -> str:
    """Return the default that a reference names for a variable that is not set; empty without one."""
    match = _DEFAULT.fullmatch(value)
    return match[1] if match else ""


def is_reference(value: str) -> bool:
    """Tell whether a value refers to a secret that is elsewhere."""
    return _REFERENCE.fullmatch(value) is not None and not get_default_value(value)


def is_placeholder(value: str) -> bool:
    """Tell whether a value cannot be a secret: nothing, or a text that asks for one."""
    try:
        check_secret(value, "")
    except CredentialError:
        return not is_reference(value)
    return not value


def adapt_reference(host: Host, value: str) -> str:
    """Return a reference as a host expands it; empty if it expands none of this kind."""
    if not host.variable_reference:
        return ""
    if re.fullmatch(host.reference_pattern, value):
        return value
    if match := _VARIABLE_REFERENCE.fullmatch(value):
        return host.variable_reference.format(next(filter(None, match.groups())))
    return "" if value.startswith("op://") else value


def get_variable_name(value: str) -> str:
    """Return the name of the variable that a reference is to; empty if it is to something else."""
    match = _VARIABLE_REFERENCE.fullmatch(value)
    return next(filter(None, match.groups())) if match else ""
