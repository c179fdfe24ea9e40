"""What people choose from, as pages show it: the options, and whom to be on the embedded Hub."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from dockerhub_mcp.config import Settings, env_var_for, flag_for
from dockerhub_mcp.sandbox.data.identities import IDENTITIES
from docs.make.marks import in_cell

GROUPS = {
    "Which Hub, and whom to be there": (
        "api_url",
        "username",
        "token_file",
        "docker_credentials",
        "sandbox",
        "sandbox_identity",
    ),
    "What tools may do": ("access", "toolsets", "tools", "exclude_tools", "confirm"),
    "What is kept of changes": ("secrets_dir", "audit_log"),
    "Results": ("results", "max_result_bytes", "cache_ttl"),
    "Time and load towards the Hub": ("timeout", "walk_timeout", "max_concurrency"),
    "Logs": ("log_level", "log_format"),
    "Over the network: where to listen": (
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
    "Over the network: who may call": (
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
        "sessions",
        "session_timeout",
        "max_sessions",
        "max_calls",
        "max_calls_per_caller",
        "drain_delay",
        "grace",
    ),
    "Over the network: numbers for Prometheus": ("metrics", "metrics_token_file"),
}
"""Which options stand together; what is in no group comes last, those for the network apart."""

_REST = {False: "Others", True: "Over the network: others"}
_VARIABLE = re.compile(r" \[(\w+)\]$")


def grouped() -> dict[str, list[dataclasses.Field[Any]]]:
    """Return all settings by the title of their group."""
    settings = {setting.name: setting for setting in dataclasses.fields(Settings)}
    groups = {
        title: [settings.pop(name) for name in names if name in settings] for title, names in GROUPS.items()
    }
    for setting in settings.values():
        groups.setdefault(_REST["web" in setting.metadata], []).append(setting)
    return groups


def as_markdown() -> str:
    """Return a table for each group."""
    parts = []
    for title, settings in grouped().items():
        lines = ["| Option | Variable | Default | Values | Meaning |", "| --- | --- | --- | --- | --- |"]
        lines += [f"| {' | '.join(_cells(setting))} |" for setting in settings]
        parts.append(f"### {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _cells(setting: dataclasses.Field[Any]) -> list[str]:
    words = str(setting.metadata["help"])
    named = _VARIABLE.search(words)
    variable = env_var_for(setting) or (named[1] if named else "")
    meaning = _VARIABLE.sub("", words)
    if meaning.partition(",")[0] not in setting.metadata.get("choices", ()):
        meaning = meaning[:1].upper() + meaning[1:]
    return [
        f"`{_flag(setting)}`",
        f"`{variable}`" if variable else "",
        _default(setting),
        _values(setting),
        in_cell(meaning),
    ]


def _flag(setting: dataclasses.Field[Any]) -> str:
    flag = flag_for(setting.name)
    if isinstance(setting.default, bool):
        return f"{flag}`, `--no-{flag.removeprefix('--')}"
    return f"{flag} {setting.metadata.get('metavar', '')}".rstrip()


def _default(setting: dataclasses.Field[Any]) -> str:
    default = setting.default
    if default in ("", ()):
        return "none"
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _values(setting: dataclasses.Field[Any]) -> str:
    data, default = setting.metadata, setting.default
    if "choices" in data:
        return ", ".join(f"`{choice}`" for choice in data["choices"])
    if isinstance(default, bool):
        return "true or false"
    if "low" in data:
        kind = "whole number" if isinstance(default, int) else "number"
        return f"{kind}, {data['low']:,g} to {_number(data['high'])}"
    if isinstance(default, tuple):
        return "list, comma-separated"
    return {"FILE": "path of a file", "DIR": "path of a directory", "URL": "address"}.get(
        data.get("metavar", ""), "text"
    )


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def identities() -> str:
    """Return a table of the people of the embedded Hub."""
    lines = ["| Name | User name | Secret | Who that is |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{name}` | `{who.username}` | `{who.secret}` | {in_cell(who.note)} |"
        for name, who in IDENTITIES.items()
    ]
    return "\n".join(lines) + "\n"
