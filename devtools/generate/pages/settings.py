"""Tables of the settings, and of the identities of the sandbox."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from devtools.generate.markdown import escape_cell, format_table
from dockerhub_mcp.config import HTTP_SETTINGS, Settings, env_var_for, flag_for
from dockerhub_mcp.sandbox.data.identities import IDENTITIES

GROUPS = {
    "Docker Hub and authentication": (
        "api_url",
        "username",
        "token_file",
        "docker_credentials",
        "sandbox",
        "sandbox_identity",
        "registry_url",
        "registry_auth_url",
    ),
    "Access control": ("access", "toolsets", "tools", "exclude_tools", "names", "confirm"),
    "Secrets, plans and audit log": ("secrets_dir", "plans_dir", "audit_log"),
    "Results": ("results", "max_result_bytes", "cache_ttl"),
    "Timeouts and concurrency": ("timeout", "walk_timeout", "max_concurrency"),
    "Logging": ("log_level", "log_format", "logs_dir"),
    "HTTP server: listening": (
        "transport",
        "host",
        "port",
        "path",
        "tls_cert",
        "tls_key",
        "allowed_hosts",
        "allowed_origins",
        "forwarded_allow_ips",
    ),
    "HTTP server: authentication": (
        "auth_tokens_file",
        "oauth_issuer",
        "public_url",
        "oauth_audience",
        "oauth_jwks_url",
        "oauth_scopes",
        "identity",
        "max_identities",
    ),
    "HTTP server: sessions, limits and shutdown": (
        "state_key_file",
        "store_url_file",
        "sessions",
        "session_timeout",
        "max_sessions",
        "max_sessions_per_caller",
        "max_calls",
        "max_calls_per_caller",
        "drain_delay",
        "grace",
    ),
    "HTTP server: metrics": ("metrics", "metrics_token_file"),
}
"""The settings of each group; those of no group come last."""

_OTHERS = {False: "Others", True: "HTTP server: others"}
"""The title for settings of no group, by whether they concern the HTTP server."""
_VARIABLE = re.compile(r" \[(\w+)\]$")


def group_settings() -> dict[str, list[dataclasses.Field[Any]]]:
    """Return all settings by the title of their group."""
    settings = {setting.name: setting for setting in dataclasses.fields(Settings)}
    groups = {
        title: [settings.pop(name) for name in names if name in settings] for title, names in GROUPS.items()
    }
    for setting in settings.values():
        groups.setdefault(_OTHERS[setting.name in HTTP_SETTINGS], []).append(setting)
    return groups


def render_settings() -> str:
    """Return a table for each group of settings."""
    header = ("Option", "Variable", "Default", "Values", "Meaning")
    return "\n".join(
        f"### {title}\n\n{format_table(header, map(_build_row, settings))}"
        for title, settings in group_settings().items()
    )


def render_identities() -> str:
    """Return a table of the sandbox's identities."""
    rows = [
        (f"`{name}`", f"`{identity.username}`", f"`{identity.secret}`", escape_cell(identity.note))
        for name, identity in IDENTITIES.items()
    ]
    return format_table(("Identity", "Username", "Secret", "Description"), rows)


def _build_row(setting: dataclasses.Field[Any]) -> list[str]:
    help_text = str(setting.metadata["help"])
    named = _VARIABLE.search(help_text)
    variable = env_var_for(setting) or (named[1] if named else "")
    meaning = _VARIABLE.sub("", help_text)
    if meaning.partition(",")[0] not in setting.metadata.get("choices", ()):
        meaning = meaning[:1].upper() + meaning[1:]
    return [
        f"`{_format_flag(setting)}`",
        f"`{variable}`" if variable else "",
        _format_default(setting),
        _describe_values(setting),
        escape_cell(meaning),
    ]


def _format_flag(setting: dataclasses.Field[Any]) -> str:
    flag = flag_for(setting.name)
    if isinstance(setting.default, bool) or "switch" in setting.metadata:
        return f"{flag}`, `--no-{flag.removeprefix('--')}"
    return f"{flag} {setting.metadata.get('metavar', '')}".rstrip()


def _format_default(setting: dataclasses.Field[Any]) -> str:
    default = setting.default
    if default in ("", ()):
        return "none"
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _describe_values(setting: dataclasses.Field[Any]) -> str:
    metadata, default = setting.metadata, setting.default
    if "choices" in metadata:
        return ", ".join(f"`{choice}`" for choice in metadata["choices"])
    if isinstance(default, bool):
        return "true or false"
    if "low" in metadata:
        kind = "integer" if isinstance(default, int) else "number"
        return f"{kind}, {metadata['low']:,g} to {_format_number(metadata['high'])}"
    if isinstance(default, tuple):
        return "comma-separated list"
    return {"FILE": "path of a file", "DIR": "path of a directory", "URL": "URL"}.get(
        metadata.get("metavar", ""), "text"
    )


def _format_number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
